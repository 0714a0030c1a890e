from tests.apps.dashboard.conftest import *  # noqa: F403  (the same runs)
