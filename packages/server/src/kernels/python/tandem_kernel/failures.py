"""What an execution raised, in terms of the user's own code."""

import os
import re
import site
import sys
import sysconfig
import traceback

from tandem_kernel.protocol import MAXIMUM_OUTPUT_BYTES

# Frames of one traceback; of a deep recursion the last ones say enough.
_MAXIMUM_FRAMES = 20

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
    print(f"{heading}\n{format_exception(error)}", file=sys.stderr)


def _keep_own_frames(shown, seen):
    """Edits the exception and those that it came from."""
    if shown is None or id(shown) in seen:
        return
    seen.add(id(shown))
    own = [frame for frame in shown.stack if _is_own(frame.filename)]
    shown.stack[:] = own[-_MAXIMUM_FRAMES:]
    _keep_own_frames(shown.__cause__, seen)
    _keep_own_frames(shown.__context__, seen)
    # Groups of exceptions came with Python 3.11.
    for inner in getattr(shown, "exceptions", None) or ():
        _keep_own_frames(inner, seen)


def _is_own(file_name):
    if _EXECUTION_FILE.fullmatch(file_name):
        return True
    return not file_name.startswith(_FOREIGN) and not file_name.startswith("<")
