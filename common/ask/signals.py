"""Signals that are handled at once, even while the main thread waits for a key."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator

UNNOTICED = 0.1  # seconds after which a signal is sent once more


@contextlib.contextmanager
def handling(handlers: dict[int, Callable]) -> Iterator[None]:
    """Signal -> handler, which runs at once even while the main thread waits for a key.

    Python runs handlers between its own steps: a signal that comes after the last step before a
    wait would itself wait, for the next key. Python also writes each signal into a pipe, at once.
    A handler empties the pipe; a thread sends again what is left in it, which ends the wait.
    """
    unhandled, arrive = os.pipe()
    for end in (unhandled, arrive):
        os.set_blocking(end, False)
    main, over = threading.get_ident(), threading.Event()

    def remind() -> None:
        while not over.is_set():
            select.select([unhandled], [], [])
            over.wait(UNNOTICED)
            with contextlib.suppress(BlockingIOError):
                signal.pthread_kill(main, os.read(unhandled, 1)[0])

    def emptying(handler: Callable) -> Callable:
        def handle(number: int, frame: object) -> None:
            with contextlib.suppress(BlockingIOError):
                os.read(unhandled, 4096)
            handler(number, frame)

        return handle

    before = {number: signal.signal(number, emptying(h)) for number, h in handlers.items()}
    descriptor = signal.set_wakeup_fd(arrive, warn_on_full_buffer=False)
    thread = threading.Thread(target=remind, daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
        over.set()
        os.write(arrive, b"\0")
        thread.join()
        os.close(unhandled)
        os.close(arrive)
