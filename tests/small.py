"""A small network, and a small model, for tests of what is done with them."""

import math

import torch

from restore.networks.unet import UNet
from restore.networks.weights import describe, save_weights


def small_unet():
    return UNet(widths=(8, 8), depths=(1, 1))


def write_small_weights(folder, make=small_unet):
    """A weights file of a network that changes whatever it may change, the same in every run."""
    with torch.random.fork_rng(devices=[]):  # layers draw from the global generator
        torch.manual_seed(0)
        network = make()
    generator = torch.Generator().manual_seed(0)
    for parameter in network.head.parameters():
        torch.nn.init.normal_(parameter, std=0.1, generator=generator)
    path = folder / "small.safetensors"
    save_weights(network.state_dict(), describe(network), path)
    return path


def write_small_model(folder):
    """A model as `restore export` writes them: it predicts what lies halfway to the mean colour, tells sigma 0.04."""
    from onnx import TensorProto, helper, numpy_helper

    def tensor(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    nodes = [
        helper.make_node("IsInf", ["sigma"], ["hole"]),
        helper.make_node("Where", ["hole", "mean", "degraded"], ["base"]),
        helper.make_node("Add", ["base", "mean"], ["sum"]),
        helper.make_node("Mul", ["sum", "half"], ["restored"]),
        helper.make_node("AveragePool", ["degraded"], ["pooled"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("ReduceMean", ["pooled", "channel"], ["gray"], keepdims=1),
        helper.make_node("Mul", ["gray", "nothing"], ["zero"]),
        helper.make_node("Add", ["zero", "level"], ["log_sigma"]),
    ]
    constants = {"half": 0.5, "channel": [1], "nothing": 0.0, "level": math.log(0.04)}
    inputs = [tensor("degraded", "n", 3, "h", "w"), tensor("sigma", "n", 1, "h", "w"), tensor("mean", "n", 3, 1, 1)]
    results = [tensor("restored", "n", 3, "h", "w"), tensor("log_sigma", "n", 1, "hh", "ww")]
    arrays = [numpy_helper.from_array(torch.tensor(value).numpy(), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "small", inputs, results, arrays)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    helper.set_model_props(model, {"multiple": "16"})
    path = folder / "small.onnx"
    path.write_bytes(model.SerializeToString())
    return path
