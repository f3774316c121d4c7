"""Ends this kernel with all that it started when the server is gone."""

import fcntl
import os
import select
import signal
import threading

from tandem_kernel.protocol import LIFELINE_DESCRIPTOR


def die_with_server():
    """Waits for the end of a pipe that only the server holds.

    Linux sends the signal by itself, even while a single long operation keeps
    every thread of the interpreter from running. Elsewhere a thread does.
    """
    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(LIFELINE_DESCRIPTOR, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(LIFELINE_DESCRIPTOR, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(LIFELINE_DESCRIPTOR, fcntl.F_GETFL)
        fcntl.fcntl(LIFELINE_DESCRIPTOR, fcntl.F_SETFL, flags | os.O_ASYNC)
    # Also for a server that was gone before the signal was asked for.
    threading.Thread(target=_wait, name="lifeline", daemon=True).start()


def _wait():
    # Not by reading, during which Linux sends no signal. Nothing is ever written to it.
    select.select([LIFELINE_DESCRIPTOR], [], [])
    os.killpg(os.getpgrp(), signal.SIGKILL)
