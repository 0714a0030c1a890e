"""Weight files of strangers: safetensors whose headers lie, networks that cannot be, numbers that are none, pickles."""

import json
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from research.strangers.breaking import BREAKS, NUMBERS, Generator, pick
from restore.networks.unet import UNet
from restore.networks.weights import describe

KINDS = ("broken", "header length", "header", "description", "values", "other people's", "index", "pickle")


def small_network() -> UNet:
    """A network that changes whatever it may change."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = UNet(widths=(8, 8), depths=(1, 1))
        torch.nn.init.normal_(network.head.weight, std=0.1)
    return network.eval()


def safetensors_of(network: UNet) -> bytes:
    """Its weights file."""
    held = {name: value.contiguous() for name, value in network.state_dict().items()}
    return bytes(save(held, {"network": json.dumps(describe(network))}))


def write_tensors_file(generator: Generator, whole: bytes, folder: Path, secret: Path) -> tuple[Path, str]:
    """A weights file that is not right.

    Args:
        generator: Draws what is wrong.
        whole: One that is.
        folder: Where to write.
        secret: What must not be read.

    Returns:
        The file, and what was done to it.
    """
    kind, path = str(generator.choice(KINDS)), folder / "w.safetensors"
    (length,) = struct.unpack_from("<Q", whole)
    header, values = json.loads(whole[8 : 8 + length]), whole[8 + length :]
    match kind:
        case "broken":
            kind = str(generator.choice(list(BREAKS)))
            data = BREAKS[kind](generator, whole)
        case "header length":
            told = pick(generator, [*NUMBERS, length - 1, length + 1, len(whole), 2**40, 2**63, 2**64 - 1])
            data = struct.pack("<Q", told) + whole[8:]
        case "header":
            data = _packed(_wrong_header(generator, header), values)
        case "description":
            header["__metadata__"]["network"] = _wrong_description(generator, header["__metadata__"]["network"])
            data = _packed(json.dumps(header), values)
        case "values":
            floats = np.frombuffer(values, np.float32).copy()
            wrong = float(generator.choice([np.nan, np.inf, -np.inf, 1e38, 1e-42]))
            share = float(generator.choice([1e-4, 0.1, 1]))
            floats[generator.random(len(floats)) < share] = wrong
            data = whole[: 8 + length] + floats.tobytes()
        case "other people's":
            held = {f"model.layers.{index}.weight": torch.rand(8, 8).to(torch.bfloat16) for index in range(3)}
            data = save(held, {"format": "pt"} if generator.random() < 0.5 else None)
        case "index":
            path = folder / "w.safetensors.index.json"
            where = str(generator.choice([str(secret), f"../{secret.name}", path.name, "", "\0", "/dev/zero"]))
            described = header["__metadata__"] if generator.random() < 0.5 else {}
            listing: Any = {"metadata": described, "weight_map": {"head.weight": where}}
            data = str(
                generator.choice([json.dumps(listing), "[" * 100000, "{}", '{"metadata": 1, "weight_map": 2}'])
            ).encode()
        case _:
            path = folder / str(generator.choice(["w.safetensors", "w.ckpt", "w.pt"]))
            data = pickle.dumps(_Harm(secret))
    path.write_bytes(data)
    return path, f"weights: {kind}"


class _Harm:
    """Reads what must not be read, wherever it is unpickled."""

    def __init__(self, secret: Path) -> None:
        self.secret = secret

    def __reduce__(self) -> Any:
        return Path.read_bytes, (self.secret,)


def _packed(header: str, values: bytes) -> bytes:
    text = header.encode()
    return struct.pack("<Q", len(text)) + text + values


def _wrong_header(generator: Generator, header: dict[str, Any]) -> str:
    """JSON that lies about what follows, or that is none."""
    name = str(generator.choice([key for key in header if key != "__metadata__"]))
    entry = header[name]
    match int(generator.integers(9)):
        case 0:
            entry["dtype"] = str(generator.choice(["F16", "F64", "I8", "BOOL", "F8_E4M3", "C64", "X", ""]))
        case 1:
            entry["shape"] = pick(generator, [[], [0], [-1], [2**40, 2**40], [1] * 100, [1.5], "8", None])
        case 2:
            entry["data_offsets"] = pick(generator, [[0, 0], [-4, 4], [4, 0], [0, 2**63], [0, 4], [], [0]])
        case 3:
            header["extra"] = {"dtype": "F32", "shape": [2**20, 2**20], "data_offsets": [0, 2**42]}
        case 4:
            header["extra"] = entry
        case 5:
            header["__metadata__"] = pick(generator, [None, {}, {"network": 1}, [], "x"])
        case 6:
            del header[name]
        case 7:
            return str(generator.choice(["[" * 100000, '{"a":' * 100000, "{", "null", "", "\0" * 100]))
        case _:
            header["x" * 10**6] = entry
    return json.dumps(header)


def _wrong_description(generator: Generator, described: str) -> str:
    """A network that there is not, cannot be, or would fill all memory."""
    network = json.loads(described)
    match int(generator.integers(6)):
        case 0:
            network["class"] = pick(
                generator, [None, 1, "os.system", "RestorationNetwork", "MaskedAutoencoder", "Network"]
            )
        case 1:
            widths = [[], [0], [-8, 8], [10**9, 10**9], [30000, 30000], ["8"], None, [8] * 5000, [8.5], {}, [2**70]]
            network["arguments"]["widths"] = pick(generator, widths)
        case 2:
            depths = [[], [-1, 1], [10**9, 1], [10**5, 1], [1], ["1", "1"], None, [1.5, 1]]
            network["arguments"]["depths"] = pick(generator, depths)
        case 3:
            network["arguments"] |= {
                str(generator.choice(["encoder_weights", "head", "x", "self"])): "http://192.0.2.1/w"
            }
        case 4:
            network["version"] = pick(generator, [None, 0, 3, "2", 2.0, [], 10**400])
        case _:
            return str(generator.choice(["[" * 100000, "null", "", "{", "[]", '{"class": "UNet"}']))
    return json.dumps(network)
