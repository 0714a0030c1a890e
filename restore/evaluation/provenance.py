"""What a report has to say about how it came about."""

import hashlib
import platform
from typing import Any

import torch
from torch import nn

from restore.inference.restorer import Restorer
from restore.versions import versions

PROTOCOL = (
    "RGB in [0, 1], whole images, all with the same damage for all methods. Noise: not clipped; sigma is told to all "
    "methods but those marked blind. Holes: known to all methods. What is known exactly stays as it was. Results are "
    "clipped to [0, 1]. Scores are taken of each image, then averaged; seconds are medians. PSNR and SSIM (Gaussian "
    "window of 11 pixels, windows within the image only) as usual; with `_hole` over the hole only, with `_damaged` "
    "over all that is not known exactly. The seam score is 0 where the border of the hole cannot be told from the "
    "truth's: see docs/scorecard.md."
)


def provenance(restorer: Restorer) -> dict[str, Any]:
    """The protocol, the network, the machine and the versions, as plain JSON values."""
    device = restorer.device
    return {
        "protocol": PROTOCOL,
        "weights_sha256": fingerprint(restorer.network),
        "network": type(restorer.network).__name__,
        "parameters": sum(parameter.numel() for parameter in restorer.network.parameters()),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        "threads": torch.get_num_threads(),
        "platform": platform.platform(),
        "versions": versions(),
    }


def fingerprint(network: nn.Module) -> str:
    """SHA-256 of all tensors of a network, by name and value, however the file is cut that they came from."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
