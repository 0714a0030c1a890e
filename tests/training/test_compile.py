import pytest
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging

from restore.errors import UserError
from restore.training import Compile

from .conftest import tiny_data, tiny_network, tiny_task


# torch's compiler itself looks at the gradients of what is no leaf.
@pytest.mark.filterwarnings("ignore:The .grad attribute of a Tensor that is not a leaf")
def test_compiling_changes_neither_the_result_nor_the_names(trainer):
    task, compiled = (tiny_task(tiny_network(noise_widths=[4, 4, 4])) for _ in range(2))
    for one, callbacks in ((task, []), (compiled, [Compile(backend="eager"), EMAWeightAveraging(decay=0.0)])):
        trainer(max_steps=2, num_sanity_val_steps=0, enable_checkpointing=False, callbacks=callbacks).fit(
            one, tiny_data()
        )
    assert compiled.network.detail._compiled_call_impl is not None
    assert compiled.network.noise_head._compiled_call_impl is not None
    assert list(compiled.network.state_dict()) == list(task.network.state_dict())
    for name, value in task.network.state_dict().items():
        torch.testing.assert_close(value, compiled.network.state_dict()[name])


def test_a_backend_that_cannot_compile_is_one_line(trainer):
    with pytest.raises(UserError, match=r"torch\.compile does not work here .*no_such_backend"):
        trainer(max_steps=1, enable_checkpointing=False, callbacks=[Compile(backend="no_such_backend")]).fit(
            tiny_task(), tiny_data()
        )
