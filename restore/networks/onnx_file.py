"""Networks as ONNX files, which other programs run, and which say what network they are of."""

import io
import json
import warnings
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.export import ExportedProgram

from restore.errors import UserError
from restore.images.writes import write_whole
from restore.networks.graphs import noise_graph, prediction_graph
from restore.networks.network import Network
from restore.networks.standardisation import mean_colour
from restore.networks.weights import describe
from restore.observation import Observation

OPSET = 20
"""Of the operators that a file is written with."""

AGREES = 1e-3
"""By how much, of 1, a file's predictions may differ from the network's at the most."""

SIZES = ((1, 1, 2), (2, 5, 3), (1, 9, 12))
"""Batches, and heights and widths in multiples of what the network takes, at which a new file is checked."""


@dataclass(frozen=True)
class Check:
    """How a file's predictions compare with those of the network that it was made of.

    Args:
        size: Batch, height and width.
        damage: What the observation held.
        difference: The largest, of 1.
    """

    size: tuple[int, int, int]
    damage: str
    difference: float


def write_onnx(network: Network, path: Path | str) -> list[Check]:
    """Write a network as one ONNX file, for any batch, height and width, once it has proved to predict the same.

    Its inputs are `degraded` (n, 3, h, w), `sigma` (n, 1, h, w; infinite in holes) and `mean` (n, 3, 1, 1), the mean
    colour of the visible pixels of the whole image, its output `restored` (n, 3, h, w), where the network predicts all
    pixels, known ones too. The fill that networks start from is part of it. Its metadata hold the same description as a
    weights file, the multiple of pixels that height and width have to be of, and the graph of the noise head.

    Args:
        network: Of any class.
        path: The file to write; replaced if it exists.

    Raises:
        UserError: The packages for it are not installed, or the predictions differ.
        WriteError: The place cannot be written.
    """
    missing = [name for name in ("onnx", "onnxscript", "onnxruntime") if find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)} not installed: pip install 'restore[export]'")
    metadata = {
        "network": json.dumps(describe(network)),
        "multiple": str(network.size_rule.multiple),
        "producer": f"restore {version('restore')}",
    }
    if network.tells_noise:
        noise = _model(noise_graph(network), ["degraded", "sigma"], "log_sigma", {})
        metadata["noise"] = b64encode(noise).decode()
    data = _model(prediction_graph(network), ["degraded", "sigma", "mean"], "restored", metadata)
    checks = list(_checked(network, data))
    worst = max(checks, key=lambda check: check.difference)
    if not worst.difference <= AGREES:
        raise UserError(f"the exported model differs by {worst.difference:.2g} at {worst.size}, {worst.damage}")
    write_whole(data, Path(path), overwrite=True)
    return checks


def _model(program: ExportedProgram, inputs: list[str], output: str, metadata: dict[str, str]) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it is itself made of
        exported = torch.onnx.export(
            program, dynamo=True, input_names=inputs, output_names=[output], opset_version=OPSET, verbose=False
        )
    assert exported is not None
    exported.model.metadata_props.update(metadata)
    exported.model.producer_name = "restore"
    buffer = io.BytesIO()
    import onnx

    onnx.save(exported.model_proto, buffer)
    return buffer.getvalue()


def _checked(network: Network, data: bytes) -> Iterator[Check]:
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    multiple, generator = network.size_rule.multiple, torch.Generator().manual_seed(0)
    for count, rows, columns in SIZES:
        size = count, rows * multiple, columns * multiple
        for damage, observation in _observations(size, generator).items():
            tensors = {"degraded": observation.degraded, "sigma": observation.sigma, "mean": mean_colour(observation)}
            names = [one.name for one in session.get_inputs()]
            (found,) = session.run(None, {name: tensors[name].numpy() for name in names})
            with torch.inference_mode():
                expected = network.predict(observation, tensors["mean"]).float()
            yield Check(size, damage, float(np.abs(found - expected.numpy()).max()))


def _observations(size: tuple[int, int, int], generator: torch.Generator) -> dict[str, Observation]:
    count, height, width = size
    images: Float[Tensor, "n 3 h w"] = torch.rand((count, 3, height, width), generator=generator)
    hole = torch.zeros(count, 1, height, width, dtype=torch.bool)
    hole[..., height // 4 : height // 2, width // 4 : -(width // 4)] = True
    noisy = torch.full((count, 1, height, width), 0.1)
    return {
        "holes": Observation.hide(images, hole),
        "noise": Observation(images, noisy),
        "holes and noise": Observation(images.masked_fill(hole, 0), noisy.masked_fill(hole, torch.inf)),
    }
