"""Peers to compare with on the same damaged images, at settings that do them justice.

All but `push-pull` need packages of others: `restore[peers]` installs them, except `bm3d`, whose licence is
non-commercial, and those fills that say so when they are asked for. A new one is a class, and a line in `PEERS`.
"""

import logging
import math
from collections.abc import Sequence

from restore.errors import UserError, check_known
from restore.evaluation.peers.denoisers import BM3D, NonLocalMeans, PublishedFFDNet, SubImages, TotalVariation, Wavelet
from restore.evaluation.peers.fills import Biharmonic, NavierStokes, PatchMatch, PushPull, Telea
from restore.evaluation.peers.gmic import Gmic
from restore.evaluation.peers.peer import Peer, SigmaMapDenoiser
from restore.evaluation.peers.xphoto import FrequencySelective, ShiftMap

__all__ = ["PEERS", "Peer", "peers_named"]

_logger = logging.getLogger(__name__)

PEERS: Sequence[Peer] = [
    PushPull(),
    Telea(),
    NavierStokes(),
    Biharmonic(),
    PatchMatch(3),
    PatchMatch(7),
    FrequencySelective("fast"),
    FrequencySelective("best"),
    ShiftMap(),
    Gmic(),
    NonLocalMeans(),
    Wavelet(),
    TotalVariation(),
    BM3D(),
    PublishedFFDNet(),
    SubImages(BM3D),
    SubImages(PublishedFFDNet, refined=True),
]


def peers_named(names: Sequence[str]) -> list[Peer]:
    """Peers by name, in that order.

    Args:
        names: Of `PEERS`; or `all` alone, for those that can be used here. A line is logged for each of the others.
            With a colon and a number, as in `bm3d:1.5`, sigma is multiplied by that before a denoiser is told.

    Raises:
        UserError: There is none of a name, it cannot be used here, or it cannot be told such a sigma.
    """
    known = {peer.name: peer for peer in PEERS}
    missing = {peer.name: reason for peer in PEERS if (reason := peer.unavailable()) is not None}
    if list(names) == ["all"]:
        for reason in missing.values():
            _logger.info("%s", reason)
        return [peer for peer in PEERS if peer.name not in missing]
    asked = [name.partition(":") for name in names]
    check_known("peer", [name for name, _, _ in asked], known)
    reasons = dict.fromkeys(missing[name] for name, _, _ in asked if name in missing)
    if reasons:
        raise UserError("; ".join(reasons))
    return [_scaled(known[name], scale) if colon else known[name] for name, colon, scale in asked]


def _scaled(peer: Peer, scale: str) -> Peer:
    if not isinstance(peer, SigmaMapDenoiser):
        raise UserError(f"{peer.name} is told no sigma, so none can be multiplied by {scale}")
    try:
        number = float(scale)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise UserError(f"sigma is multiplied by a number above 0, as in {peer.name}:1.5, not by {scale!r}")
    return peer.scaled(number)
