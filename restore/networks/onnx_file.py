"""Networks as ONNX files, which other programs run, and which say what network they are of."""

import json
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from restore.errors import UserError
from restore.images.writes import write_whole
from restore.networks.graphs import network_graph
from restore.networks.network import Network
from restore.networks.quantisation import Int8, with_int8_activations, with_int8_weights
from restore.networks.standardisation import mean_colour
from restore.networks.weights import describe
from restore.observation import Observation
from restore.weights.models import INPUTS, LOG_SIGMA, RESTORED, filled, parameters, shipped_graph

OPSET = 20
"""Of the operators that a file is written with."""

AGREES: dict[Int8 | None, float] = {None: 1e-3, "weights": 0.05, "activations": 0.2}
"""By how much, of 1, a file's predictions may differ from the network's at the most, by what of it is in 8 bits: where
one pixel may differ so much, that the mean is hardly another is for `research.int8` to show."""

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


def write_onnx(
    network: Network, path: Path | str, int8: Int8 | None = None, shown: Sequence[Observation] = ()
) -> list[Check]:
    """Write a network as one ONNX file, for any batch, height and width, once it has proved to predict the same.

    Its inputs are `degraded` (n, 3, h, w), `sigma` (n, 1, h, w; infinite in holes) and `mean` (n, 3, 1, 1), the mean
    colour of the visible pixels of the whole image, its output `restored` (n, 3, h, w), where the network predicts all
    pixels, known ones too; with a noise head it has `log_sigma` as well. The fill that networks start from is part of
    it. Its metadata hold the same description as a weights file, and the multiple of pixels that height and width have
    to be of. It takes seconds if the graph comes with the package, and minutes if not.

    Args:
        network: Of any class.
        path: The file to write; replaced if it exists.
        int8: What of it is in integers of 8 bits.
        shown: If activations are, what they are to be seen with.

    Raises:
        UserError: The packages for it are not installed, or the predictions differ.
        WriteError: The place cannot be written.
    """
    _check_installed(*(["onnxruntime"] if int8 is None else ["onnx", "onnxruntime"]))
    graph = shipped_graph(describe(network))
    data = with_weights_of(network, traced_graph(network) if graph is None else graph)
    if int8 == "weights":
        data = with_int8_weights(data)
    elif int8 == "activations":
        data = with_int8_activations(data, [_inputs(observation) for observation in shown])
    checks = list(checked(network, data))
    worst = max(checks, key=lambda check: check.difference)
    if not worst.difference <= AGREES[int8]:
        raise UserError(f"the exported model differs by {worst.difference:.2g} at {worst.size}, {worst.damage}")
    write_whole(data, Path(path), overwrite=True)
    return checks


def with_weights_of(network: Network, graph: bytes) -> bytes:
    """The model that a graph and the weights of a network are."""
    state, used = network.state_dict(), parameters(graph)
    tensors = {name: state[name].detach().cpu().float().numpy() for name in used}
    return filled(graph, tensors, producer=f"restore {version('restore')}")


def traced_graph(network: Network) -> bytes:
    """The graph of a network of any class, without its weights, as `restore.weights.models` has graphs.

    Raises:
        UserError: The packages for it are not installed.
    """
    _check_installed("onnx", "onnxscript", "onnxruntime")
    import onnx
    import onnx_ir
    from onnx_ir.passes import common
    from onnxscript import optimizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it is itself made of
        exported = torch.onnx.export(
            network_graph(network),
            dynamo=True,
            input_names=list(INPUTS),
            output_names=[RESTORED, LOG_SIGMA][: 1 + network.tells_noise],
            opset_version=OPSET,
            verbose=False,
            optimize=False,  # which would fold weights, and name what came of them
        )
    assert exported is not None
    model, state = exported.model, network.state_dict().keys()
    for name, value in list(model.graph.initializers.items()):
        parameter = name.removeprefix("network.")
        if parameter in state:
            del model.graph.initializers[name]
            value.const_value, value.name = None, parameter
            model.graph.inputs.append(value)
    optimizer.optimize(model)
    common.ClearMetadataAndDocStringPass()(model)
    model.producer_name = "restore"
    model.metadata_props.clear()
    model.metadata_props.update({"network": json.dumps(describe(network)), "multiple": str(network.size_rule.multiple)})
    proto = onnx_ir.to_proto(model)
    onnx.checker.check_model(proto)
    data: bytes = proto.SerializeToString(deterministic=True)
    return data


def checked(network: Network, data: bytes) -> Iterator[Check]:
    """Compare what ONNX Runtime makes of a model with what PyTorch makes of its network."""
    import onnxruntime

    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    multiple, generator = network.size_rule.multiple, torch.Generator().manual_seed(0)
    for count, rows, columns in SIZES:
        size = count, rows * multiple, columns * multiple
        for damage, observation in _observations(size, generator).items():
            tensors = dict(
                zip(INPUTS, (observation.degraded, observation.sigma, mean_colour(observation)), strict=True)
            )
            names = [one.name for one in session.get_inputs()]
            found = session.run(None, {name: tensors[name].numpy() for name in names})
            with torch.inference_mode():
                expected = [network.predict(observation, tensors["mean"]).float()]
                expected += [network.log_sigma(observation)] if network.tells_noise else []
            pairs = zip(found, expected, strict=True)
            yield Check(size, damage, max(float(np.abs(one - other.numpy()).max()) for one, other in pairs))


def _check_installed(*packages: str) -> None:
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise UserError(f"{' and '.join(missing)} not installed: pip install 'restore[export]'")


def _inputs(observation: Observation) -> dict[str, np.ndarray]:
    tensors = observation.degraded, observation.sigma, mean_colour(observation)
    return {name: tensor.numpy() for name, tensor in zip(INPUTS, tensors, strict=True)}


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
