"""Standard streams that write at once."""

import fcntl
import io
import os
import sys

from tandem_kernel.descriptors import write_fully

# Above what user code can be expected to count on.
_FIRST_OWN_DESCRIPTOR = 100


class _Descriptor(io.RawIOBase):
    """A standard descriptor as a binary stream without a buffer."""

    def __init__(self, descriptor, name):
        self._descriptor = descriptor
        self.name = name

    def fileno(self):
        return self._descriptor

    def writable(self):
        return True

    def write(self, data):
        if self.closed:
            raise ValueError("write to closed file")
        write_fully(self._descriptor, data)
        return memoryview(data).nbytes


class StandardStreams:
    """Gives `sys.stdout` and `sys.stderr` no buffer.

    What a killed execution printed last would be lost in it, and the output of
    programs that the code starts would overtake it.
    """

    def __init__(self):
        # User code may close descriptors 1 and 2; the fences still have to get through.
        self._fence_descriptors = [
            fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, _FIRST_OWN_DESCRIPTOR) for number in (1, 2)
        ]
        self.ensure_open()

    def ensure_open(self):
        """Opens again what an execution closed."""
        for number, descriptor in zip((1, 2), self._fence_descriptors):
            if not _is_open(number):
                os.dup2(descriptor, number)
        if _is_closed(sys.stdin):
            sys.stdin = open(os.devnull, encoding="utf-8")
        for number, name in ((1, "stdout"), (2, "stderr")):
            if not isinstance(getattr(sys, f"__{name}__").buffer, _Descriptor) or _is_closed(
                getattr(sys, name)
            ):
                stream = _open(number, f"<{name}>")
                setattr(sys, name, stream)
                setattr(sys, f"__{name}__", stream)

    def write_fence(self, fence):
        """Marks the end of an execution's output in both streams."""
        for stream in (sys.stdout, sys.stderr):
            try:
                # User code may have put a stream of its own there, with a buffer.
                stream.flush()
            except Exception:
                pass
        for descriptor in self._fence_descriptors:
            write_fully(descriptor, fence)


def _open(number, name):
    return io.TextIOWrapper(
        _Descriptor(number, name),
        encoding="utf-8",
        # Texts of pages may hold halves of characters.
        errors="backslashreplace",
        newline="\n",
        write_through=True,
    )


def _is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def _is_closed(stream):
    return stream is None or getattr(stream, "closed", False)
