import torch

from restore.data.crops import Crops, DamagedCrops
from restore.data.supervision import Paired
from restore.observation import Observation, composite
from restore.training.proof import prove
from restore.training.told import found_level

from .conftest import Shapes, tiny_network, tiny_task


class Shots(Shapes):
    """Two noisy images of each scene, one below the other."""

    def __getitem__(self, index):
        noise = 0.1 * torch.randn(6, self.size, self.size, generator=torch.Generator().manual_seed(100 + index))
        return super().__getitem__(index).repeat(2, 1, 1) + noise


def test_each_state_is_told_the_level_that_it_finds_itself():
    task = tiny_task(tiny_network(noise_widths=[4, 4, 4]))
    with torch.no_grad():
        for parameter in task.network.parameters():  # what has learned nothing changes nothing, whatever it is told
            parameter += 0.05 * torch.randn_like(parameter)
    before = {name: value.clone() for name, value in task.network.state_dict().items()}
    head = [name for name in before if name.startswith("noise") and name.endswith("bias")][-1]
    after = {**before, head: before[head] + 1}
    crops = DamagedCrops(Crops(Shots(1), 32, centred=True), Paired(are_shots=True))
    degraded = crops[0].degraded[None]
    levels, expected = [], []
    for state in (before, after):
        task.network.load_state_dict(state)
        task.network.eval()
        level = found_level(task.network, Observation(degraded, crops[0].sigma[None]))
        told = Observation(degraded, level)
        with torch.no_grad():
            expected.append(composite(task.network(told), told)[0].clamp(0, 1))
        levels.append(level.mean())
    assert levels[1] > 1.5 * levels[0]
    proof = prove(task, Paired(are_shots=True), crops, before, after)
    assert torch.equal(proof.shown[1], expected[0])
    assert torch.equal(proof.shown[2], expected[1])
    assert not torch.equal(*expected)
