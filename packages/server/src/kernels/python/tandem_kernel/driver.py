"""Starts Playwright, with its driver on its way while the library is still being imported."""

import asyncio


class PlaywrightStarter:
    """Starts Playwright, and starts it again when its driver was lost.

    The driver and the library each take a tenth of a second or more to load,
    and a second core does the one during the other. Where the library would
    start its driver in another way than expected, it starts its own.
    """

    def __init__(self):
        self._create = asyncio.create_subprocess_exec
        self._command = None
        # Waits for the library to ask for it.
        self._early = None
        self._running = None

    async def begin(self):
        """Begins to start the driver, and imports the library meanwhile."""
        try:
            from playwright._impl._driver import compute_driver_executable, get_driver_env

            self._command = (*compute_driver_executable(), "run-driver")
            self._early = await self._create(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=32768,
                env=get_driver_env(),
            )
            import playwright.async_api  # noqa: F401
        except Exception:
            # The library says better what is wrong.
            pass

    async def start(self):
        """Gives a running Playwright. The one that it gave before ends."""
        from playwright.async_api import async_playwright

        _kill(self._running)
        self._running = None
        asyncio.create_subprocess_exec = self._adopt_or_create
        try:
            return await async_playwright().start()
        finally:
            asyncio.create_subprocess_exec = self._create
            _kill(self._early)
            self._early = None

    async def _adopt_or_create(self, *command, **options):
        if self._early is not None and command == self._command:
            self._running, self._early = self._early, None
        else:
            self._running = await self._create(*command, **options)
        return self._running


def _kill(process):
    if process is not None and process.returncode is None:
        process.kill()
