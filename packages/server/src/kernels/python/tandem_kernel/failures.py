"""What an execution raised, in terms of the user's own code."""

import os
import re
import site
import sys
import sysconfig
import threading
import traceback
import warnings

from tandem_kernel.protocol import MAXIMUM_OUTPUT_BYTES

# Entries of one traceback; of a deep recursion the last ones say enough.
_MAXIMUM_FRAMES = 10

_EXECUTION_FILE = re.compile(r"execution-\d+\.py")


def _foreign_folders():
    paths = sysconfig.get_paths()
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = {paths[name] for name in names} | {own, *site.getsitepackages()}
    return tuple(folder + os.sep for folder in folders | {os.path.realpath(f) for f in folders})


_FOREIGN = _foreign_folders()


def format_exception(error):
    """The text of an exception as Python shows it, without frames of libraries."""
    shown = traceback.TracebackException(type(error), error, error.__traceback__, compact=True)
    _keep_own_frames(shown, set())
    text = "".join(shown.format()).rstrip("\n")
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > MAXIMUM_OUTPUT_BYTES:
        data = data[:MAXIMUM_OUTPUT_BYTES]
    return data.decode("utf-8", "ignore")


def print_exception(heading, error):
    """Tells of an exception that nobody waits for."""
    try:
        print(f"{heading}\n{format_exception(error)}", file=sys.stderr)
    except Exception:
        # User code closed the stream, or put a broken one there.
        pass


def install_hooks():
    """Tells in the same terms of threads that failed, and of what Python warns of."""
    threading.excepthook = _report_thread
    warnings.formatwarning = _format_warning


def _report_thread(arguments):
    if arguments.exc_type is not SystemExit:
        name = arguments.thread.name if arguments.thread else "that is gone"
        print_exception(f"Exception in thread {name}", arguments.exc_value)


def _format_warning(message, category, file_name, line_number, line=None):
    text = f"{category.__name__}: {message}\n"
    # A coroutine that nobody awaits is found wherever it is thrown away.
    return f"{file_name}:{line_number}: {text}" if _is_own(file_name) else text


def _keep_own_frames(shown, seen):
    """Edits the exception and those that it came from."""
    if shown is None or id(shown) in seen:
        return
    seen.add(id(shown))
    shown.stack[:] = [frame for frame in shown.stack if _is_own(frame.filename)]
    # What repeats is one entry, however often it does.
    if len(shown.stack.format()) > _MAXIMUM_FRAMES:
        shown.stack[:] = shown.stack[-_MAXIMUM_FRAMES:]
    _keep_own_frames(shown.__cause__, seen)
    _keep_own_frames(shown.__context__, seen)
    # Groups of exceptions came with Python 3.11.
    for inner in getattr(shown, "exceptions", None) or ():
        _keep_own_frames(inner, seen)


def _is_own(file_name):
    if _EXECUTION_FILE.fullmatch(file_name):
        return True
    return not file_name.startswith(_FOREIGN) and not file_name.startswith("<")
