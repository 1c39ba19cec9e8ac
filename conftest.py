"""What all tests share: property tests judge answers, never the speed of a busy machine."""

import contextlib
import os
import signal

from hypothesis import HealthCheck, settings

settings.register_profile(
    "here",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=bool(os.environ.get("CI")),
)
settings.load_profile("here")

# A shell starts background jobs with Ctrl-C ignored, and so would start all that the tests start.
with contextlib.suppress(ValueError):  # not in the main thread
    signal.signal(signal.SIGINT, signal.default_int_handler)
