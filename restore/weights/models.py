"""ONNX models as bytes: graphs that come with the package, filled with the weights of a file, without PyTorch.

A graph is an ONNX model in which every parameter of the network is an input of the parameter's name: it holds no
weights, and is of use for every file of the same architecture. Field numbers are those of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from restore.weights.wire import Field, bytes_field, fields, first, number_field, text_field

INPUTS = ("degraded", "sigma", "mean")
"""Of every model. What else is an input of a graph is a parameter."""

RESTORED, LOG_SIGMA = "restored", "log_sigma"
"""Outputs of models; the second only of those of networks with a noise head."""

GRAPH, METADATA = 7, 14
"""Fields of a model."""

NODE, INITIALIZER, INPUT, OUTPUT, VALUE = 1, 5, 11, 12, 13
"""Fields of a graph."""

FLOAT = 1
"""What ONNX calls numbers in single precision."""


def is_model(path: Path | str) -> bool:
    """Whether a file is an ONNX model, by its name."""
    return Path(path).suffix.lower() == ".onnx"


def shipped_graph(description: Any) -> bytes | None:
    """The graph of the networks that a weights file describes, if it comes with the package.

    Args:
        description: From `restore.networks.weights.describe`, or what a file has for it.
    """
    return next((graph for known, graph in _shipped() if known == description), None)


@cache
def _shipped() -> list[tuple[Any, bytes]]:
    places = [place for place in files("restore.weights").iterdir() if place.name.endswith(".onnx.gz")]
    graphs = [gzip.decompress(place.read_bytes()) for place in places]
    return [(json.loads(metadata(graph)["network"]), graph) for graph in graphs]


def metadata(model: bytes) -> dict[str, str]:
    """What a model says of itself.

    Raises:
        ValueError: These bytes are no model.
    """
    said = {}
    for entry in (field.message for field in fields(model) if field.number == METADATA):
        key, value = first(entry, 1), first(entry, 2)
        said["" if key is None else key.text] = "" if value is None else value.text
    return said


def outputs(model: bytes) -> list[str]:
    """The names of what a model computes.

    Raises:
        ValueError: These bytes are no model.
    """
    return [_name(field) for field in _graph(model) if field.number == OUTPUT]


def parameters(graph: bytes) -> dict[str, tuple[int, ...]]:
    """The names and shapes of what a graph has to be filled with.

    Raises:
        ValueError: These bytes are no graph.
    """
    inputs = {_name(field): _shape(field) for field in _graph(graph) if field.number == INPUT}
    return {name: shape for name, shape in inputs.items() if name not in INPUTS}


def filled(graph: bytes, tensors: Mapping[str, np.ndarray], **notes: str) -> bytes:
    """The model that a graph and weights are.

    Args:
        graph: As `shipped_graph` has it.
        tensors: Those that the graph has as parameters, of any floating type.
        notes: Further metadata.

    Raises:
        ValueError: These are others, or of other shapes.
    """
    if {name: values.shape for name, values in tensors.items()} != parameters(graph):
        raise ValueError("the tensors are not those of the graph")
    pieces: list[bytes | memoryview] = []
    for field in fields(graph):
        pieces += bytes_field(GRAPH, *_with_weights(field.message, tensors)) if field.number == GRAPH else [field.whole]
    for key, value in notes.items():
        pieces += bytes_field(METADATA, text_field(1, key), text_field(2, value))
    return b"".join(pieces)


def only(model: bytes, output: str) -> bytes:
    """A model with one output, and nothing that this one does not need.

    Args:
        model: Each of whose nodes computes from inputs, weights and nodes before it, as ONNX has it.
        output: Its name.

    Raises:
        ValueError: These bytes are no model, or it has no such output.
    """
    kept, needed = set(), {output}
    inside = list(_graph(model))
    if output not in outputs(model):
        raise ValueError(f"the model has no output {output}")
    for place in range(len(inside) - 1, -1, -1):
        if inside[place].number != NODE:
            continue
        parts = [part for part in fields(inside[place].message) if part.number in (1, 2)]
        if any(part.number == 2 and part.text in needed for part in parts):
            kept.add(place)
            needed |= {part.text for part in parts if part.number == 1}

    def is_kept(place: int, field: Field) -> bool:
        if field.number == NODE:
            return place in kept
        if field.number == INITIALIZER:
            return _name(field, 8) in needed
        if field.number in (INPUT, OUTPUT):
            return _name(field) in needed
        return field.number != VALUE  # shapes of what may no longer be there

    pieces = [field.whole for place, field in enumerate(inside) if is_kept(place, field)]
    others = [field.whole for field in fields(model) if field.number != GRAPH]
    return b"".join([*others, *bytes_field(GRAPH, *pieces)])


def _graph(model: bytes) -> Iterator[Field]:
    graph = first(model, GRAPH)
    if graph is None:
        raise ValueError("no graph")
    return fields(graph.message)


def _with_weights(graph: memoryview, tensors: Mapping[str, np.ndarray]) -> Iterator[bytes | memoryview]:
    for field in fields(graph):
        if field.number != INPUT or (name := _name(field)) in INPUTS:
            yield field.whole
            continue
        yield from bytes_field(INITIALIZER, *_tensor(name, tensors[name]))


def _tensor(name: str, values: np.ndarray) -> list[bytes | memoryview]:
    raw = np.ascontiguousarray(values, "<f4").reshape(-1).view(np.uint8).data
    shape = [number_field(1, size) for size in values.shape]
    return [*shape, number_field(2, FLOAT), text_field(8, name), *bytes_field(9, raw)]


def _name(field: Field, number: int = 1) -> str:
    found = first(field.message, number)
    return "" if found is None else found.text


def _shape(field: Field) -> tuple[int, ...]:
    """That of an input whose sizes are numbers."""
    shape = first(field.message, 2, 1, 2)
    sizes = [] if shape is None else [first(size.message, 1) for size in fields(shape.message)]
    return tuple(size.value if size is not None and isinstance(size.value, int) else 0 for size in sizes)
