"""Processes that a test forks, which cost no import of TensorFlow; they do only what needs none of its threads."""

import contextlib
import os
import signal
import traceback


def fork(work):
    """Run a function in a process of its own, which ends with it. Return its id."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        work()
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def kill(process):
    """Kill a process as by kill -9 and wait until it is gone."""
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


@contextlib.contextmanager
def holding(make):
    """A process that has made something, and holds it until it is killed, at the latest at the end. Yields its id."""
    ready, tell = os.pipe()

    def work():
        held = make()
        os.write(tell, b".")
        while held is not None:
            signal.pause()

    process = fork(work)
    os.close(tell)
    try:
        assert os.read(ready, 1) == b"."
        yield process
    finally:
        os.close(ready)
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            kill(process)
