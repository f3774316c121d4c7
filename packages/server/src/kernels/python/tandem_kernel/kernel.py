"""Answers the host's commands, for as long as there is a host."""

import asyncio
import os

from tandem_kernel.control import Control
from tandem_kernel.driver import PlaywrightStarter
from tandem_kernel.evaluator import Evaluator, Outcome
from tandem_kernel.failures import format_exception, install_hooks, print_exception
from tandem_kernel.lifeline import die_with_server
from tandem_kernel.streams import StandardStreams


class _Kernel:
    def __init__(self, loop):
        self._loop = loop
        self._pid = os.getpid()
        self._streams = StandardStreams()
        self._evaluator = Evaluator()
        self._page = None
        self._task = None
        # Whoever listens is gone; the server ends the rest.
        self._control = Control(loop, self._receive, lambda: os._exit(1))
        self._playwright = PlaywrightStarter()
        self._begun = loop.create_task(self._playwright.begin())

    def _receive(self, message):
        answer = self._connect if message["type"] == "connect" else self._execute
        # The loop itself holds tasks weakly.
        self._task = self._loop.create_task(answer(message))

    async def _connect(self, message):
        try:
            await self._begun
            # Without Playwright it cannot be imported, and that has to be said.
            from tandem_kernel.shared_page import SharedPage

            self._page = SharedPage(
                self._playwright.start,
                message["cdpUrl"],
                message["downloads"],
                self._evaluator.names,
            )
            await self._page.connect()
            # For programs that user code starts.
            os.environ["CDP_URL"] = message["cdpUrl"]
        except Exception as error:
            text = str(error).replace(message["cdpUrl"], "the endpoint of this kernel")
            self._control.send({"type": "failed", "error": text[:1_000]})
            os._exit(1)
        self._control.send({"type": "ready"})

    async def _execute(self, message):
        outcome = await self._run(message)
        if os.getpid() != self._pid:
            # Code that forked comes here twice, and only one of them is the kernel.
            os._exit(outcome.exit_code)
        tab = await self._page.tab()
        # The fence goes the way of the output, so that it arrives after all of it.
        self._streams.write_fence(message["fence"].encode())
        whereabouts = {} if tab is None else {"tab": tab}
        if outcome.error is not None:
            self._control.send({"type": "threw", "error": outcome.error, **whereabouts})
        elif outcome.exit_code:
            self._control.send(
                {"type": "completed", "exitCode": outcome.exit_code, **whereabouts}
            )
        else:
            self._control.send({"type": "completed", **whereabouts})

    async def _run(self, message):
        self._page.executing = True
        try:
            self._streams.ensure_open()
            await self._page.ensure_open(message["pages"], message.get("tab"))
            file_name = f"execution-{message['sequence']}.py"
            return await self._evaluator.evaluate(message["code"], file_name)
        except Exception as error:
            return Outcome(1, format_exception(error))
        finally:
            self._page.executing = False


def _report(loop, context):
    """What user code leaves behind must not end the kernel, nor fill its output with frames."""
    error = context.get("exception")
    if isinstance(error, Exception):
        print_exception(context["message"], error)
    else:
        loop.default_exception_handler(context)


def run(lifeline):
    """Does not return."""
    if lifeline:
        die_with_server()
    install_hooks()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(_report)
    kernel = _Kernel(loop)  # noqa: F841
    while True:
        try:
            loop.run_forever()
        except (KeyboardInterrupt, SystemExit) as error:
            # Raised by a task or a callback, not by the execution itself.
            print_exception("A task ended with:", error)
