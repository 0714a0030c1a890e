from tests.training.conftest import *  # noqa: F403  (the same tiny trainings)
