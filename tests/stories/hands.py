"""Two hands at a real browser: one points and clicks, one has a keyboard and nothing else. A story is told to either."""

from abc import ABC, abstractmethod

from playwright.async_api import Locator, Page

MOST_STOPS = 250
"""Presses of Tab after which a thing counts as out of reach; the longest page of the desk has fewer places to stop at."""

_HAS_FOCUS = "one => one === document.activeElement"
_IS_BEHIND = """one => document.activeElement !== document.body
    && Boolean(one.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING)"""
_IS_FAR = "one => document.activeElement === document.body && one.closest('main') !== null"
_SHOWS_FOCUS = """one => {
    const style = getComputedStyle(one), place = one.getBoundingClientRect();
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const inside = place.bottom > 0 && place.right > 0 && place.top < innerHeight && place.left < innerWidth;
    return one.matches(":focus-visible") && ring && inside;
}"""
_CHOSEN = "one => one.selectedOptions[0].label"


class Hand(ABC):
    """What a person does with a page: follow or press something, open something, write, choose from a list, tick."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, what: Locator) -> None:
        """Follow a link or press a button, and wait until the page that it leads to is there."""
        # The way along the skip link is a navigation too, but loads no page.
        async with self.page.expect_event("load"):
            await self.touch(what)

    @abstractmethod
    async def touch(self, what: Locator) -> None:
        """Press what leads to no other page."""

    @abstractmethod
    async def write(self, field: Locator, text: str) -> None:
        """Write a text into a field, in the place of what stands there."""

    @abstractmethod
    async def choose(self, field: Locator, option: str) -> None:
        """Choose from a list by what the option says."""

    async def _type(self, text: str) -> None:
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.type(text)


class Pointer(Hand):
    """A hand with a mouse."""

    async def touch(self, what: Locator) -> None:
        await what.click()

    async def write(self, field: Locator, text: str) -> None:
        await field.click()
        await self._type(text)

    async def choose(self, field: Locator, option: str) -> None:
        await field.select_option(label=option)  # its list is drawn by the system, where no pointer of a test reaches


class Keyboard(Hand):
    """A hand that has no mouse: it gets everywhere by Tab, sees where it is, and fails where it does not."""

    async def touch(self, what: Locator) -> None:
        await self._reach(what)
        ticks = await what.evaluate("one => one.type === 'checkbox'")
        await self.page.keyboard.press("Space" if ticks else "Enter")

    async def write(self, field: Locator, text: str) -> None:
        await self._reach(field)
        await self._type(text)

    async def choose(self, field: Locator, option: str) -> None:
        await self._reach(field)
        await self.page.keyboard.press("Home")
        for _ in range(await field.locator("option").count()):
            if await field.evaluate(_CHOSEN) == option:
                return
            await self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {option} in {field}")

    async def _reach(self, what: Locator) -> None:
        """Move the focus to something, by the skip link where the page just opened; it must be seen there (2.4.7, 2.4.11)."""
        if await what.evaluate(_IS_FAR):
            await self._skip()
        step = "Shift+Tab" if await what.evaluate(_IS_BEHIND) else "Tab"
        for _ in range(MOST_STOPS):
            if await what.evaluate(_HAS_FOCUS):
                break
            await self.page.keyboard.press(step)
        else:
            raise AssertionError(f"{step} does not lead to {what} on {self.page.url}")
        assert await what.evaluate(_SHOWS_FOCUS), f"nobody sees that the focus is at {what} on {self.page.url}"

    async def _skip(self) -> None:
        """Go past the head of the page by its first link."""
        link = self.page.locator("a.skip")
        await self.page.keyboard.press("Tab")
        assert await link.evaluate(_HAS_FOCUS), f"the skip link is not the first stop of {self.page.url}"
        assert await link.evaluate(_SHOWS_FOCUS), f"nobody sees the skip link of {self.page.url}"
        await self.page.keyboard.press("Enter")
