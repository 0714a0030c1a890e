"""The files of a report, and what it has to say about how it came about."""

import hashlib
import io
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from PIL import Image
from torch import nn

from restore.images.writes import write_folder
from restore.inference.restorer import Restorer
from restore.plain import as_json, shown
from restore.versions import versions

FILES = ("scores.csv", "contact_sheet.png", "table.md", "summary.json")
"""Of a scorecard."""

PROTOCOL = (
    "RGB in [0, 1], whole images, all with the same damage for all methods. Noise that is drawn: not clipped; sigma is "
    "told to all methods but those marked blind. Real noise: as it came; nobody is told sigma. Holes: known to all "
    "methods. What is known exactly stays as it was. Results are clipped to [0, 1]. Scores are taken of each image, "
    "then averaged; seconds are medians. PSNR and SSIM (Gaussian window of 11 pixels, windows within the image only) "
    "as usual; with `_hole` over the hole only, with `_damaged` over all that is not known exactly. The seam score is "
    "0 where the border of the hole cannot be told from the truth's, liveliness 1 where as much goes on in it; the "
    "perceptual distance is shift-tolerant LPIPS, where installed: see docs/scorecard.md."
)


def write_report(
    folder: Path, scores: pd.DataFrame, means: pd.DataFrame, tables: str, sheet: Image.Image, facts: Mapping[str, Any]
) -> None:
    """Write the `FILES` of a scorecard; its means go into the summary, with facts that are plain JSON values."""
    png = io.BytesIO()
    sheet.save(png, "PNG")
    summary = as_json({**facts, "means": means.to_dict("records")})
    contents = (as_csv(scores), png.getvalue(), f"{tables}\n".encode(), summary)
    write_folder(folder, dict(zip(FILES, contents, strict=True)))


def as_csv(table: pd.DataFrame) -> bytes:
    """A file with the names of the columns as its head; numbers have six digits, and NaN is empty."""
    text: str = table.to_csv(index=False, float_format="%.6g")
    return shown(text).encode()


def provenance(restorer: Restorer) -> dict[str, Any]:
    """The protocol, the network and what runs it, the machine and the versions, as plain JSON values."""
    device, network = restorer.device, _network(restorer)
    return {
        "protocol": PROTOCOL,
        "weights_sha256": weights_hash(restorer),
        "network": "a model" if network is None else type(network).__name__,
        "parameters": None if network is None else sum(parameter.numel() for parameter in network.parameters()),
        "backend": type(restorer.backend).__name__,
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
        "threads": torch.get_num_threads(),
        "platform": platform.platform(),
        "versions": versions(),
    }


def weights_hash(restorer: Restorer) -> str:
    """The `fingerprint` of its network; of an ONNX model, which has none in PyTorch, the SHA-256 of the file."""
    network = _network(restorer)
    if network is not None:
        return fingerprint(network)
    path: Path = vars(restorer.backend)["path"]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _network(restorer: Restorer) -> nn.Module | None:
    network: nn.Module | None = getattr(restorer.backend, "network", None)
    return network


def fingerprint(network: nn.Module) -> str:
    """SHA-256 of all tensors of a network, by name and value, however the file is cut that they came from."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
