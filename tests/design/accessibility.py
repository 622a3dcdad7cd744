"""What axe-core finds wrong with a page, as a browser shows it to people and to assistive programs."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

STANDARD = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
EVERY_RULE = (*STANDARD, "best-practice")
_AXE = Path(__file__).parent / "axe" / "axe.min.js"
_ASK = """rules => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then(found => found.violations)"""


async def faults(page: Page, rules: tuple[str, ...] = EVERY_RULE) -> list[str]:
    """Return each breach of WCAG 2.2 AA and, but for mails, of good practice: its weight, its rule, and where it is."""
    await page.evaluate(_program())
    violations: list[dict[str, Any]] = await page.evaluate(_ASK, list(rules))
    return [
        f"{one['impact']} {one['id']}: {node['target']} {node['html']}" for one in violations for node in one["nodes"]
    ]


async def overflows(page: Page) -> bool:
    """Say whether the page is wider than its window, so that it would have to be pushed sideways (1.4.10)."""
    wider: bool = await page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return wider


@cache
def _program() -> str:
    return _AXE.read_text(encoding="utf-8")
