"""Quality as a function of pose: the same things restored wherever and however they lie."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from restore.evaluation.battery import Setting, Task
from restore.evaluation.methods import OURS, Method, methods_of, restored_by
from restore.evaluation.peers import DENOISERS, FILLS
from restore.evaluation.robustness.moves import POSITION, STILL, Move
from restore.evaluation.robustness.subjects import Subject, came_from_sight, stays_in_sight
from restore.inference.restorer import Restorer
from restore.metrics import psnr
from restore.observation import Observation
from restore.pose import Pose

LEAST = 0.05
"""Share of the damaged pixels that an image must have in common with the image in no pose; of fewer, chance decides."""


@dataclass(frozen=True)
class PoseScore:
    """What a method came to on one image in one pose.

    Args:
        method: Its name.
        subject: The image's name.
        setting: The damage's name.
        follows: Whether the damage moved with the image; if not, it stayed where it was in the frame.
        sweep: One of `SWEEPS`.
        move: The pose.
        psnr: Of what was damaged, in dB: over the hole where there is one. NaN where the hole left the frame, or
            covers it.
        change: The same, less that of the same things in the image in no pose: only what both images show counts,
            and nothing close to a border of either. NaN where the damage hides other things than there, or where hardly
            anything is left to compare.
        interpolation: PSNR in dB that warping the image there and back would leave; infinite where it is not warped.
    """

    method: str
    subject: str
    setting: str
    follows: bool
    sweep: str
    move: Move
    psnr: float
    change: float
    interpolation: float


@dataclass(frozen=True)
class _Restored:
    """A damaged image, and what was made of it."""

    observation: Observation
    image: Float[Tensor, "1 3 s s"]
    restored: Float[Tensor, "1 3 s s"]

    @property
    def damaged(self) -> Bool[Tensor, "1 1 s s"]:
        """The hole, or everything where there is none."""
        hole = self.observation.hole
        return hole if bool(hole.any()) else torch.ones_like(hole)

    def psnr(self, shown: Bool[Tensor, "1 1 s s"] | None = None) -> float:
        """Of what was damaged, among the pixels that are shown."""
        return float(psnr(self.restored, self.image, self.damaged if shown is None else self.damaged & shown))

    def change(self, moved: "_Restored", pose: Pose) -> float:
        """How much better the same things came out in a pose; NaN where too few of them can be compared."""
        size = self.image.shape[-1]
        before, after = stays_in_sight(pose, size), came_from_sight(pose, size)
        if (self.damaged & before).sum() < LEAST * self.damaged.sum():
            return math.nan
        return moved.psnr(after) - self.psnr(before)


def judged(restorers: Mapping[str, Restorer], task: Task, against: Sequence[str] = ()) -> dict[str, Method]:
    """Restorers, and peers that do the same task, as `score_poses` takes them.

    Args:
        restorers: At least one, by name.
        task: What they are to do.
        against: Names of peers.

    Raises:
        ValueError: None of the peers does this task.
    """
    ours = {name: methods_of(task, restorer, [])[OURS] for name, restorer in restorers.items()}
    some = methods_of(task, next(iter(restorers.values())), against)
    peers = {name: some[name] for name in against if name in some and name not in ours}
    if against and not peers:
        kind, able = ("fills holes", FILLS) if task == "hole" else ("removes noise", DENOISERS)
        raise ValueError(f"none of these peers {kind}: {', '.join(against)}; there are {', '.join(able)}")
    return {**ours, **peers}


def score_poses(
    methods: Mapping[str, Method],
    subjects: Iterable[Subject],
    setting: Setting,
    sweeps: Mapping[str, Sequence[Move]],
    follows: bool,
    seed: int = 0,
) -> Iterator[PoseScore]:
    """Restore every image in every pose.

    Args:
        methods: By name; from `judged`.
        subjects: The images.
        setting: The damage; that of an image in no pose is what `restore.evaluation.scorecard` would do to it.
        sweeps: The poses, by the name of their sweep.
        follows: Whether a hole moves with the image. Noise never does: it is of the camera.
        seed: With a subject's index and the setting it fixes the damage.
    """
    for subject in subjects:
        image = subject.posed(STILL.pose)
        start = setting.damage(image, seed, subject.index)
        still = {name: _Restored(start, image, restored_by(name, method, start)) for name, method in methods.items()}
        for sweep, moves in sweeps.items():
            for move in moves:
                pose = move.pose
                posed = subject.posed(pose)
                if follows and setting.task == "hole":
                    observation = Observation.hide(posed, pose.transform(start).hole)
                else:
                    observation = setting.damage(posed, seed, subject.index)
                interpolation = subject.interpolation(pose)
                is_paired = follows or setting.task == "noise"
                if setting.task == "hole" and (observation.hole.all() or not observation.hole.any()):
                    for name in methods:  # what was visible left the frame, or what was hidden
                        yield PoseScore(
                            name, subject.name, setting.name, follows, sweep, move, math.nan, math.nan, interpolation
                        )
                    continue
                for name, method in methods.items():
                    moved = still[name]
                    if move != STILL:
                        moved = _Restored(observation, posed, restored_by(name, method, observation))
                    change = still[name].change(moved, pose) if is_paired else math.nan
                    yield PoseScore(
                        name, subject.name, setting.name, follows, sweep, move, moved.psnr(), change, interpolation
                    )


def psnr_drop(scores: Iterable[PoseScore]) -> float:
    """The best pose minus the worst, in dB, over the mean change of the images.

    Scales are left out, and poses at which not all images have a change. NaN where nothing is left.

    Args:
        scores: Of one method.
    """
    means = [mean for sweep, mean in mean_changes(scores) if sweep in POSITION]
    return max(means, default=math.nan) - min(means, default=math.nan)


def poses_compared(scores: Iterable[PoseScore]) -> tuple[int, int]:
    """At how many poses all images have a change, as the drop needs it, and how many there are without scales."""
    scores = [score for score in scores if score.sweep in POSITION]
    return len(mean_changes(scores)), len({(score.sweep, score.move) for score in scores})


def mean_changes(scores: Iterable[PoseScore]) -> list[tuple[str, float]]:
    """The mean over the images of the change at each pose that has one for all of them, with the pose's sweep."""
    groups: dict[tuple[str, Move], list[float]] = {}
    for score in scores:
        groups.setdefault((score.sweep, score.move), []).append(score.change)
    return [(sweep, fmean(changes)) for (sweep, _), changes in groups.items() if all(math.isfinite(c) for c in changes)]
