"""Every page of the desk with its states: who sees it, where it is, and what is done there before it is looked at."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

import pyotp
from playwright.async_api import Browser, Page

from app.demo.desk_work import ASSIGNED, IN_REVIEW, PUBLISHED
from app.domain.access import Role
from tests.design.demo import NEWCOMERS, PREFIXES, Demo, enter, window

Act = Callable[[Page, Demo, str], Awaitable[None]]
Windows = Mapping[Role | None, Page]
PASSWORD = "ngựa đúng pin ghim vàng"

FILES = frozenset(
    {
        "/desk/figures.csv",
        "/desk/taxonomy/file",
        *(f"/desk/texts/{{number}}/file.{form}" for form in ("docx", "form", "html", "pdf", "txt")),
    }
)
"""What hands out a file and is no page."""
WITH_AN_ISSUER = frozenset({"/sign-in/openid/return", "/sign-in/openid/code"})
"""What there is only beside an issuer, which the demo has none of: `test_openid_in_a_browser.py` looks at it."""


@dataclass(frozen=True, slots=True)
class View:
    """A page in one state: the route that it belongs to, who looks (None for nobody), and what they do there first."""

    name: str
    route: str
    role: Role | None
    path: str
    act: Act | None = None


async def _sign_in_wrong(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("#email").fill("ai-do@mau.example")
    await page.locator("#password").fill("một câu đoán sai")
    await page.locator("#code").fill("000000")
    await _press(page)


async def _ask_link(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("#email").fill("ai-do@mau.example")
    await _press(page)


async def _invited(page: Page, demo: Demo, language: str) -> None:
    await page.goto(f"{demo.site}{PREFIXES[language]}{demo.invitations[NEWCOMERS[language]]}")


async def _taken_up(page: Page, demo: Demo, language: str) -> None:
    await _invited(page, demo, language)
    secret = (await page.locator("main code").first.inner_text()).replace(" ", "")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("#code").fill(pyotp.TOTP(secret).now())
    await _press(page)
    await page.context.clear_cookies()


async def _wrong_link(page: Page, demo: Demo, language: str) -> None:
    await _invited(page, demo, language)
    await page.locator("#password").fill("mật khẩu mật khẩu")
    await page.locator("#code").fill("000000")
    await _press(page)


async def _assign_nothing(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("main button[formaction*=assign]").click()


async def _open_all(page: Page, _demo: Demo, _language: str) -> None:
    await page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")


async def _open_menu(page: Page, _demo: Demo, _language: str) -> None:
    await page.evaluate("document.querySelector('nav details').open = true")


async def _wrong_password(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("#standing").fill("không phải mật khẩu này")
    await page.locator("#password").fill(PASSWORD)
    await page.locator("form[action$=password] button").click()


async def _begin_nothing(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("#ref").fill("G/TBT/N/XXX/1")
    await _press(page)


async def _name_nothing(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("#key").fill("Hội Mới")
    await page.locator("#name_vi").fill("Hội mới")
    await _press(page)


async def _say_wrong(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("#key").fill("2026.1234")
    await page.locator("#title").fill("Đài Loan tăng kiểm tra hàng dệt")
    await _press(page)


async def _ask_twins(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("#who").fill("VITAS")
    await _press(page)


async def _break_rules(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("#body").fill("version: 1\nsectors: []\n")
    await _press(page)


async def _try_rules(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("main button[formaction$=try]").click()


async def _discard_unreasoned(page: Page, _demo: Demo, _language: str) -> None:
    await page.locator("#because").fill(" ")
    await page.locator("form[action$=discard] button").click()


async def _press(page: Page) -> None:
    await page.locator("main button.main").first.click()


EDITOR, APPROVER, KEEPER = Role.EDITOR, Role.APPROVER, Role.ADMINISTRATOR
NOTICE, TEXT = "/desk/notices/{ref:path}", "/desk/texts/{number}"

VIEWS = (
    View("sign-in", "/sign-in", None, "/sign-in"),
    View("sign-in-wrong", "/sign-in", None, "/sign-in", _sign_in_wrong),
    View("forgotten", "/sign-in/forgotten", None, "/sign-in/forgotten"),
    View("forgotten-asked", "/sign-in/forgotten", None, "/sign-in/forgotten", _ask_link),
    View("invitation", "/sign-in/link/{token}", None, "/sign-in", _invited),
    View("invitation-wrong", "/sign-in/link/{token}", None, "/sign-in", _wrong_link),
    View("link-gone", "/sign-in/link/{token}", None, "/sign-in/link/x"),
    View("queue", "/desk", EDITOR, "/desk"),
    View("queue-menu", "/desk", EDITOR, "/desk?tab=unsure", _open_menu),
    View("queue-filtered", "/desk", EDITOR, "/desk?tab=orphan&area=SPS&sort=age"),
    View("queue-mine", "/desk", EDITOR, "/desk?tab=mine"),
    View("queue-empty", "/desk", EDITOR, "/desk?area=TBT&member=VNM"),
    View("queue-read-only", "/desk", KEEPER, "/desk"),
    View("queue-refused", "/desk/queue/assign", EDITOR, "/desk", _assign_nothing),
    View("queue-release-again", "/desk/queue/release", EDITOR, "/desk/queue/release?tab=unsure"),
    View("queue-set-aside-again", "/desk/queue/set-aside", EDITOR, "/desk/queue/set-aside?tab=contradictory"),
    View("notice-at-desk", NOTICE, EDITOR, f"/desk/notices/{PUBLISHED}"),
    View("notice-opened", NOTICE, APPROVER, f"/desk/notices/{PUBLISHED}", _open_all),
    View("notice-urgent", NOTICE, EDITOR, "/desk/notices/G/TBT/N/USA/9001"),
    View("notice-measure", NOTICE, EDITOR, "/desk/notices/G/TBT/N/TPKM/9001/Add.1?view=measure"),
    View("notice-versions", NOTICE, EDITOR, "/desk/notices/G/TBT/N/CHN/1587?view=measure"),
    View("notice-alert", NOTICE, EDITOR, f"/desk/notices/{PUBLISHED}?view=alert"),
    View("notice-alert-waiting", NOTICE, EDITOR, f"/desk/notices/{ASSIGNED}?view=alert"),
    View("texts", "/desk/texts", EDITOR, "/desk/texts"),
    View("texts-in-review", "/desk/texts", APPROVER, "/desk/texts?state=in_review"),
    View("texts-empty", "/desk/texts", EDITOR, "/desk/texts?state=withdrawn"),
    View("text-new", "/desk/texts/new", EDITOR, f"/desk/texts/new?kind=letter&ref={quote(IN_REVIEW, safe='')}"),
    View("text-new-wrong", "/desk/texts/new", EDITOR, "/desk/texts/new", _begin_nothing),
    View("text-published", TEXT, APPROVER, "/desk/texts/1"),
    View("text-letter", TEXT, EDITOR, "/desk/texts/2"),
    View("text-in-review", TEXT, APPROVER, "/desk/texts/3"),
    View("text-with-faults", TEXT, EDITOR, "/desk/texts/4"),
    View("text-approved", TEXT, APPROVER, "/desk/texts/5"),
    View("text-glass", TEXT, APPROVER, "/desk/texts/6"),
    View("text-corrected", TEXT, EDITOR, "/desk/texts/7"),
    View("warnings", "/desk/warnings", EDITOR, "/desk/warnings"),
    View("warning-new", "/desk/warnings/new", EDITOR, "/desk/warnings/new"),
    View("warning-new-wrong", "/desk/warnings/new", EDITOR, "/desk/warnings/new", _say_wrong),
    View("warning-own", "/desk/warnings/{number}", EDITOR, "/desk/warnings/{warning}"),
    View("warning", "/desk/warnings/{number}", APPROVER, "/desk/warnings/{warning}"),
    View("warning-refused", "/desk/warnings/{number}", APPROVER, "/desk/warnings/{warning}", _discard_unreasoned),
    View("warning-edit", "/desk/warnings/{number}/edit", EDITOR, "/desk/warnings/{warning}/edit"),
    View("recipients", "/desk/recipients", EDITOR, "/desk/recipients"),
    View("recipients-found", "/desk/recipients", EDITOR, "/desk/recipients?q=vitas"),
    View("recipients-empty", "/desk/recipients", EDITOR, "/desk/recipients?q=zzz"),
    View("recipient", "/desk/recipients/{key}", EDITOR, "/desk/recipients/vitas_textile"),
    View("recipient-unverified", "/desk/recipients/{key}", EDITOR, "/desk/recipients/vicofa", _open_all),
    View("recipient-bare", "/desk/recipients/{key}", EDITOR, "/desk/recipients/vama"),
    View("recipient-new", "/desk/recipients/_new", EDITOR, "/desk/recipients/_new"),
    View("recipient-new-wrong", "/desk/recipients/_new", EDITOR, "/desk/recipients/_new", _name_nothing),
    View("recipient-edit", "/desk/recipients/{key}/edit", EDITOR, "/desk/recipients/vasep/edit"),
    View("taxonomy", "/desk/taxonomy", KEEPER, "/desk/taxonomy"),
    View("taxonomy-edit", "/desk/taxonomy/edit", KEEPER, "/desk/taxonomy/edit"),
    View("taxonomy-faults", "/desk/taxonomy/edit", KEEPER, "/desk/taxonomy/edit", _break_rules),
    View("taxonomy-tried", "/desk/taxonomy/edit", KEEPER, "/desk/taxonomy/edit", _try_rules),
    View("people", "/desk/people", KEEPER, "/desk/people"),
    View("people-opened", "/desk/people", KEEPER, "/desk/people", _open_all),
    View("account", "/desk/account", EDITOR, "/desk/account"),
    View("account-wrong", "/desk/account", EDITOR, "/desk/account", _wrong_password),
    View("register", "/desk/register", EDITOR, "/desk/register"),
    View("register-notice", "/desk/register", EDITOR, f"/desk/register?notice={PUBLISHED}"),
    View("register-found", "/desk/register", EDITOR, f"/desk/register?notice={PUBLISHED}&organisation=lefaso"),
    View("register-untold", "/desk/register", EDITOR, f"/desk/register?notice={PUBLISHED}&organisation=vasep"),
    View("register-twins", "/desk/register", EDITOR, "/desk/register", _ask_twins),
    View("register-unknown", "/desk/register", EDITOR, "/desk/register?notice=G/TBT/N/USA/99"),
    View("figures", "/desk/figures", EDITOR, "/desk/figures"),
    View("figures-wrong", "/desk/figures", EDITOR, "/desk/figures?from=2026-03-01&to=2026-01-01"),
    View("health", "/desk/health", KEEPER, "/desk/health"),
    View("health-visits", "/desk/health/visits", EDITOR, "/desk/health/visits"),
    View("health-undecided", "/desk/health/undecided", KEEPER, "/desk/health/undecided"),
    View("health-suppressions", "/desk/health/suppressions", KEEPER, "/desk/health/suppressions"),
    View("refused", "/desk/people", EDITOR, "/desk/people"),
    View("desk-not-found", "/desk/texts/{number}", EDITOR, "/desk/texts/999"),
    View("recovery-codes", "/sign-in/link/{token}", None, "/sign-in", _taken_up),
)


async def enter_all(browser: Browser, demo: Demo) -> Windows:
    """Let everybody of the desk sign in, once, for a code holds once; and open a window for whoever is not in."""
    roles = (EDITOR, APPROVER, KEEPER)
    return {None: await window(browser), **{role: await enter(browser, demo, role) for role in roles}}


async def walk(windows: Windows, demo: Demo, language: str) -> AsyncIterator[tuple[View, Page]]:
    """Show every view in a language, one after the other."""
    warning = await _number_of_warning(windows[EDITOR], demo)
    for view in VIEWS:
        page = windows[view.role]
        path = view.path.replace("{warning}", warning)
        await page.set_viewport_size({"width": 1280, "height": 900})
        await page.goto(f"{demo.site}{PREFIXES[language]}{path}")
        if view.act is not None:
            await view.act(page, demo, language)
            await page.wait_for_load_state()
        yield view, page


async def _number_of_warning(page: Page, demo: Demo) -> str:
    await page.goto(f"{demo.site}/desk/warnings")
    href = await page.locator("main .labels a").first.get_attribute("href")
    return str(href).rpartition("/")[2]
