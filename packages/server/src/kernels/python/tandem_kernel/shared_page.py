"""The session's page, as Playwright sees it over the kernel's endpoint."""

import asyncio
import sys
import weakref

from playwright.async_api import Error, Page

# Seconds that code waits for a page which another client has just opened or closed.
_CATCH_UP_DEADLINE = 1


class SharedPage:
    """Gives user code the names `browser`, `context` and `page`.

    User code may assign to `page`, and the assignment stays.
    """

    def __init__(self, start_playwright, cdp_url, downloads, names):
        """Connects to nothing yet.

        `downloads` is a folder that the browser sees at the same path.
        """
        # Whether user code runs at the moment.
        self.executing = False
        self._start_playwright = start_playwright
        self._cdp_url = cdp_url
        self._downloads = downloads
        self._names = names
        self._playwright = None
        self._browser = None
        self._context = None
        self._crashed = set()
        self._settling = set()
        # Pages of the browser that Playwright does not show, such as one that never answered.
        self._unseen = 0
        self._pages_changed = asyncio.Event()
        self._target_ids = weakref.WeakKeyDictionary()
        # The tab that the session's code worked on last, as far as this kernel knows.
        self._last_tab = None

    async def connect(self):
        """Makes a connection, also in place of one that was lost."""
        if self._playwright is None:
            self._playwright = await self._start_playwright()
            # Playwright's API does not say when it lost its driver.
            self._playwright._impl_obj._connection.on("close", self._forget_playwright)
        browser = await self._playwright.chromium.connect_over_cdp(
            self._cdp_url, artifacts_dir=self._downloads
        )
        context = browser.contexts[0] if browser.contexts else await browser.new_context()
        page = context.pages[0] if context.pages else await context.new_page()
        self._browser = browser
        self._context = context
        self._crashed.clear()
        self._unseen = 0
        self._names.update(browser=browser, context=context, page=page)
        for opened in context.pages:
            self._watch(opened)
        context.on("page", self._welcome)
        context.on("dialog", self._settle_dialog)

    async def ensure_open(self, pages, tab):
        """Gives user code a page that is open, if the one it had is closed or has crashed.

        `pages` is how many the browser has; Playwright may not have heard of all.
        `tab` is the target id of the one that code of another kernel has gone to, if any.
        """
        # User code closed the browser, as it does by habit, or the driver was lost.
        if self._playwright is None or not self._browser.is_connected():
            await self.connect()
            tab = tab or self._last_tab
            self._last_tab = None
        elif len(self._context.pages) != pages - self._unseen:
            await self._catch_up(pages)
        if tab is not None and tab != self._last_tab:
            await self._go_to(tab)
        page = self._names.get("page")
        if not isinstance(page, Page):
            return
        crashed = page in self._crashed
        if not crashed and not page.is_closed():
            return
        usable = [other for other in self._context.pages if other not in self._crashed]
        self._names["page"] = usable[-1] if usable else await self._context.new_page()
        if crashed:
            print("The page had crashed: page is another one now.", file=sys.stderr)
            # Playwright cannot navigate it any more.
            self._settle(page.close())

    async def tab(self):
        """Gives the target id of `page`, if that is one that other kernels have as well."""
        try:
            page = self._names.get("page")
            if not isinstance(page, Page) or page not in self._context.pages:
                return None
            self._last_tab = await self._target_id(page) or self._last_tab
            return self._last_tab
        except Exception:
            # The browser or the driver was lost; the next execution has others.
            return None

    async def _go_to(self, tab):
        self._last_tab = tab
        for page in self._context.pages:
            if await self._target_id(page) == tab:
                self._names["page"] = page

    async def _target_id(self, page):
        """Playwright does not say it, but the browser does. None for a page that does not answer."""

        async def ask():
            session = await page.context.new_cdp_session(page)
            answer = await session.send("Target.getTargetInfo")
            self._target_ids[page] = answer["targetInfo"]["targetId"]
            await session.detach()

        if page not in self._target_ids:
            try:
                await asyncio.wait_for(ask(), _CATCH_UP_DEADLINE)
            except (Error, asyncio.TimeoutError):
                pass
        return self._target_ids.get(page)

    async def _catch_up(self, pages):
        """Waits for news of the pages that others opened and closed before."""

        async def known():
            while len(self._context.pages) != pages - self._unseen:
                self._pages_changed.clear()
                await self._pages_changed.wait()

        try:
            await asyncio.wait_for(known(), _CATCH_UP_DEADLINE)
        except asyncio.TimeoutError:
            # It is not waited for a second time.
            self._unseen = pages - len(self._context.pages)

    def _forget_playwright(self):
        self._playwright = None

    def _welcome(self, page):
        self._watch(page)
        self._pages_changed.set()

    def _watch(self, page):
        page.on("crash", self._remember_crash)
        page.on("close", self._note_close)

    def _note_close(self, page):
        self._pages_changed.set()

    def _remember_crash(self, page):
        self._crashed.add(page)

    def _settle_dialog(self, dialog):
        """Dismisses a dialog that nobody else takes.

        Playwright does so at once when nobody listens, which would take it
        from another client of the session. So this kernel listens, and
        dismisses only while its own code runs and does not listen itself.
        """
        page = dialog.page
        own = 1
        listeners = _dialog_listeners(self._context) + (_dialog_listeners(page) if page else 0)
        if not self.executing or listeners > own:
            return
        self._settle(dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())

    def _settle(self, coroutine):
        """Lets it run; that it fails tells nothing new."""

        async def run():
            try:
                await coroutine
            except Error:
                pass

        task = asyncio.ensure_future(run())
        # The loop itself holds tasks weakly.
        self._settling.add(task)
        task.add_done_callback(self._settling.discard)


def _dialog_listeners(emitter):
    """Playwright's API does not say who listens."""
    return len(emitter._impl_obj.listeners("dialog"))
