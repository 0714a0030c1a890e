"""What an ONNX file from anywhere may hold to be run: one plain graph, which ends, and reads no other file."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from restore.errors import FileError

INPUTS = {"degraded", "sigma", "mean"}
"""Of the models that `restore export` writes; that of a noise head has the first two."""

MOST = 256
"""Pixels of which height and width may have to be multiples."""


def check_contents(data: bytes, path: Path) -> None:
    """Refuse what `restore export` never writes, before any of it is run.

    That is loops and branches, which may never end, functions, operators of other programs, weights in other files,
    which may be any file of this machine, and other inputs than ours.

    Args:
        data: The file.
        path: What errors call it.

    Raises:
        FileError: It holds one of these, or is no ONNX file.
    """
    import onnx

    try:
        model = onnx.ModelProto.FromString(data)
    except Exception as error:  # the decoder's own, which is no part of this package
        raise FileError(path, "is no ONNX model that can be run") from error
    nodes, kinds = model.graph.node, onnx.AttributeProto
    attributes = [attribute for node in nodes for attribute in node.attribute]
    foreign = {
        "weights in other files": any(map(_is_elsewhere, _tensors(model.graph, attributes))),
        "loops or branches": any(one.type in {kinds.GRAPH, kinds.GRAPHS} or one.HasField("g") for one in attributes),
        "operators of other programs": bool(model.functions)
        or any(node.domain not in {"", "ai.onnx"} for node in nodes),
        "other inputs": not {one.name for one in model.graph.input} <= INPUTS,
    }
    if held := " and ".join(name for name, is_held in foreign.items() if is_held):
        raise FileError(path, f"is no model that `restore export` wrote: it has {held}")


def _tensors(graph: Any, attributes: Iterable[Any]) -> Iterator[Any]:
    """All of a graph without graphs within it."""
    yield from graph.initializer
    sparse = list(graph.sparse_initializer)
    for attribute in attributes:
        yield attribute.t
        yield from attribute.tensors
        sparse += [attribute.sparse_tensor, *attribute.sparse_tensors]
    for one in sparse:
        yield from (one.values, one.indices)


def _is_elsewhere(tensor: Any) -> bool:
    return bool(tensor.data_location) or bool(tensor.external_data)
