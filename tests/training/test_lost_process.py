"""Errors of processes that speak to each other are told from all others."""

import pytest
import torch

from restore.training.lost_process import lost_process


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            RuntimeError("[gloo/transport/tcp/pair.cc:545] Read error: Connection reset by peer"),
            "another process",
        ),
        (RuntimeError("[gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:1"), "another process"),
        (torch.distributed.DistNetworkError("cannot connect to host:29400\nat some line"), "host:29400"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), None),
        (RuntimeError("gloo: tensors of another size"), None),
    ],
)
def test_what_the_others_meet_is_one_line(error, reason):
    said = lost_process(error)
    assert (said is None) == (reason is None)
    assert reason is None or (reason in said and "\n" not in said)
