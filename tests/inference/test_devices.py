import pytest
import torch

from restore.errors import UserError
from restore.inference.devices import usable_device
from restore.inference.memory import full_memory_is_a_memory_error
from restore.inference.restorer import Restorer
from restore.networks import UNet


def test_the_processor_can_be_used():
    assert usable_device("cpu") == usable_device(torch.device("cpu")) == torch.device("cpu")


@pytest.mark.parametrize(
    "device",
    [
        "foo",
        "",
        "meta",
        "cuda:99",
        "vulkan",
        pytest.param("mps", marks=pytest.mark.skipif(torch.backends.mps.is_available(), reason="works")),
        pytest.param("cuda", marks=pytest.mark.skipif(torch.cuda.is_available(), reason="works")),
    ],
)
def test_what_cannot_compute_is_refused_in_one_line_when_a_restorer_is_made(device):
    with pytest.raises(UserError, match=f"the device '{device}' cannot be used: ") as caught:
        Restorer(UNet(widths=(4, 4), depths=(1, 1)), device)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 200
    assert "; this machine has cpu" in message


def test_a_full_memory_is_a_memory_error_that_names_the_way_out():
    with pytest.raises(MemoryError, match="a smaller tile needs less"), full_memory_is_a_memory_error():
        torch.empty(2**50)
    with pytest.raises(MemoryError), full_memory_is_a_memory_error():
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1 TiB.")


def test_a_network_without_memory_is_a_memory_error_of_its_restorer():
    network = UNet(widths=(4, 4), depths=(1, 1))
    network.detail.register_forward_pre_hook(lambda *_: torch.empty(2**50))
    with pytest.raises(MemoryError):
        Restorer(network).denoise(torch.rand((3, 8, 8), generator=torch.Generator().manual_seed(0)), 0.1)


def test_other_errors_of_pytorch_stay_what_they_are():
    with pytest.raises(RuntimeError, match="must match"), full_memory_is_a_memory_error():
        torch.ones(2) + torch.ones(3)
