"""Peers to compare with on the same damaged images, at settings that do them justice.

All but `push-pull` need packages of others: `restore[peers]` installs them, except `bm3d`, whose licence is
non-commercial. A new one is a class, and a line in `PEERS`.
"""

import logging
from collections.abc import Sequence

from restore.errors import UserError, check_known
from restore.evaluation.peers.denoisers import BM3D, NonLocalMeans, PublishedFFDNet, TotalVariation, Wavelet
from restore.evaluation.peers.fills import Biharmonic, NavierStokes, PushPull, Telea
from restore.evaluation.peers.peer import Peer

__all__ = ["PEERS", "Peer", "peers_named"]

_logger = logging.getLogger(__name__)

PEERS: Sequence[Peer] = [
    PushPull(),
    Telea(),
    NavierStokes(),
    Biharmonic(),
    NonLocalMeans(),
    Wavelet(),
    TotalVariation(),
    BM3D(),
    PublishedFFDNet(),
]


def peers_named(names: Sequence[str]) -> list[Peer]:
    """Peers by name, in that order.

    Args:
        names: Of `PEERS`; or `all` alone, for those that can be used here. A line is logged for each of the others.

    Raises:
        UserError: There is none of a name, or it cannot be used here.
    """
    known = {peer.name: peer for peer in PEERS}
    missing = {peer.name: reason for peer in PEERS if (reason := peer.unavailable()) is not None}
    if list(names) == ["all"]:
        for reason in missing.values():
            _logger.info("%s", reason)
        return [peer for peer in PEERS if peer.name not in missing]
    check_known("peer", names, known)
    if not missing.keys().isdisjoint(names):
        raise UserError("; ".join(missing[name] for name in names if name in missing))
    return [known[name] for name in names]
