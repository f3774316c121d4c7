"""Runs code as an interactive interpreter does: what it defines stays."""

import __future__

import ast
import builtins
import inspect
import linecache
import sys
import textwrap
import types

from tandem_kernel.failures import format_exception

_FUTURE_FLAGS = [getattr(__future__, name).compiler_flag for name in __future__.all_feature_names]


class Outcome:
    """How an execution ended: with an exit code, or with the text of what it raised."""

    def __init__(self, exit_code=0, error=None):
        self.exit_code = exit_code
        self.error = error


class Evaluator:
    """Holds the names of user code, and runs one execution at a time in them."""

    def __init__(self):
        # User code is the program: what pickles or looks up its own names finds them.
        module = types.ModuleType("__main__")
        module.__builtins__ = builtins
        sys.modules["__main__"] = module
        sys.argv[:] = [""]
        self.names = module.__dict__
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    async def evaluate(self, code, file_name):
        """Runs code to its end, with whatever it awaits.

        `file_name` is how tracebacks call it.
        """
        try:
            compiled = self._compile(code, file_name)
            if compiled.co_flags & inspect.CO_COROUTINE:
                await eval(compiled, self.names)
            else:
                exec(compiled, self.names)
        except SystemExit as error:
            return _exit(error.code)
        except BaseException as error:
            return Outcome(1, format_exception(error))
        return Outcome()

    def _compile(self, code, file_name):
        try:
            compiled = self._compile_as_is(code, file_name)
        except IndentationError:
            # Code that was cut out of something is often indented as a whole.
            dedented = textwrap.dedent(code)
            if dedented == code:
                raise
            compiled = self._compile_as_is(dedented, file_name)
        for flag in _FUTURE_FLAGS:
            self._flags |= compiled.co_flags & flag
        return compiled

    def _compile_as_is(self, code, file_name):
        # Tracebacks and inspect show lines of the code from there.
        lines = [line + "\n" for line in code.splitlines()]
        linecache.cache[file_name] = (len(code), None, lines, file_name)
        return compile(code, file_name, "exec", self._flags, dont_inherit=True)


def _exit(code):
    """What sys.exit means, without the end of the process."""
    if code is None:
        return Outcome(0)
    if isinstance(code, int):
        return Outcome(code & 0xFF)
    return Outcome(1, str(code))
