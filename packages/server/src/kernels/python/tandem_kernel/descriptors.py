"""Bytes to and from descriptors that others may have set not to block."""

import os
import select


def write_fully(descriptor, data):
    """Writes all of it, waiting while the reader is behind."""
    view = memoryview(data).cast("B")
    while view:
        try:
            view = view[os.write(descriptor, view) :]
        except BlockingIOError:
            select.select([], [descriptor], [])


def read_some(descriptor, size):
    """What has arrived: empty bytes at the end, None when there is nothing yet."""
    try:
        return os.read(descriptor, size)
    except BlockingIOError:
        return None
    except OSError:
        return b""
