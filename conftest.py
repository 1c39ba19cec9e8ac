"""What all tests share: property tests judge answers, never the speed of a busy machine; and the
longest tests begin first, so that no worker waits at the end for another's."""

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

LONGEST = (  # about a minute and more
    "test_rooms_like_others_train_and_pass_all_tests",
    "test_a_reproduced_room_has_a_golden_run_and_passes_the_tests_of_all_rooms",
    "test_suite_passes_and_notices_every_bug",
    "test_pipeline_runs_once_and_then_only_what_changed",
)


def pytest_collection_modifyitems(items):
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.name.partition("[")[0], len(LONGEST)))
