"""The command line: `restore COMMAND …`."""

import sys
from collections.abc import Sequence

TRAINING = {
    "fit": "Train a network: pretraining, restoration, or fine-tuning.",
    "validate": "Measure a checkpoint on the validation images.",
    "test": "Measure a checkpoint on the test images.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 all done, 1 something failed, 2 unusable arguments."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments and arguments[0] in TRAINING:
        return train(arguments)
    return 0


def train(arguments: list[str]) -> int:
    """Run `fit`, `validate` or `test` through LightningCLI.

    Lightning is imported here, so that the other commands start without it.
    """
    from lightning.pytorch.cli import LightningCLI

    from restore.data.module import RestorationData
    from restore.training.callbacks import LogConfig
    from restore.training.modules import RestorationTask

    LightningCLI(
        RestorationTask,
        RestorationData,
        subclass_mode_model=True,
        auto_configure_optimizers=False,
        save_config_callback=LogConfig,
        seed_everything_default=0,
        args=arguments,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
