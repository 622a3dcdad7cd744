"""The living page: every part that pages are built from, in every state, in both languages. It is no route of Kẻng."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.i18n.dates import days_left_phrase, short_date
from app.web import dress, pages
from app.web.timeline import Happening, ShownChange
from app.web.views import Badge, Ground, Line, Sorting
from tests.design.words import ENGLISH, VIETNAMESE
from tests.texts.samples import TODAY

ADDRESS = "/gallery"
_HERE = Path(__file__).parent
_WORDS = {"vi": VIETNAMESE, "en": ENGLISH}


def application() -> Starlette:
    """Return an application that shows the living page under the policy of real pages, and dresses it."""
    return Starlette(
        routes=[Route(ADDRESS, _show), Route(f"/en{ADDRESS}", _show), *dress.routes()],
    )


def gallery(language: str) -> str:
    """Return the living page in one language."""
    own = pages._environment(language)  # noqa: SLF001 - the one environment that pages are rendered with
    assert own.loader is not None
    environment = own.overlay(loader=ChoiceLoader([own.loader, FileSystemLoader(_HERE)]))
    frame = {"banner": "", "personal": False, "here": "#", "other_language": pages.address(ADDRESS, _other(language))}
    return environment.get_template("gallery.html").render(**frame, **_states(language))


async def _show(request: Request) -> Response:
    language = pages.language_of(request)
    return HTMLResponse(gallery(language), headers={"Content-Security-Policy": pages.POLICY})


def _other(language: str) -> str:
    return "vi" if language == "en" else "en"


def _states(language: str) -> dict[str, Any]:
    words = _WORDS[language]
    badges = [_badge(left, language) for left in (45, 5, 0, -3, None)]
    lines = [_line(number, badge, words) for number, badge in enumerate(badges)]
    return {
        "words": words,
        "badges": badges,
        "lines": lines,
        "columns": [(words["notice"], False), (words["when"], False), (words["left"], True), (words["told"], True)],
        "rows": [
            ["G/TBT/N/USA/2211", short_date(TODAY, language), 45, 1280],
            ["G/SPS/N/EU/922/Add.1", short_date(TODAY - timedelta(days=2), language), 5, 7],
        ],
        "pairs": [(words["sector"], words["textiles"]), (words["when"], short_date(TODAY, language))],
        "labels": [_sorting(words, grounds=6), _sorting(words, grounds=0)],
        "pieces": [SimpleNamespace(fate=fate, text=text) for fate, text in words["pieces"]],
        "events": _events(words, language),
    }


def _badge(left: int | None, language: str) -> Badge:
    deadline = None if left is None else TODAY + timedelta(days=left)
    sentence = days_left_phrase(deadline, TODAY, language)
    if deadline is None or left is None or left < 0:
        return Badge("", "", sentence, "", "done")
    words = _WORDS[language]
    unit = words["days" if left != 1 else "day_one"]
    return Badge(
        str(left),
        unit,
        sentence,
        f"{words['until']}: {short_date(deadline, language)}",
        "urgent" if left < 8 else "open",
    )


def _line(number: int, badge: Badge, words: dict[str, Any]) -> Line:
    return Line(
        ref=f"G/TBT/N/USA/{2211 + number}",
        headline=words["headline"],
        title="Standard for the Flammability of Clothing Textiles; Notice of Proposed Rulemaking",
        title_language="en",
        symbols=f"G/TBT/N/USA/{2211 + number}",
        kind=words["kind"],
        day="06/11/2026",
        badge=badge,
    )


def _sorting(words: dict[str, Any], *, grounds: int) -> Sorting:
    found = Ground(words["products"], "Clothing Textiles", "G/TBT/N/USA/2211", "textiles/strong/en/clothing", 90)
    return Sorting(words["textiles"], "", 95, (found,) * grounds)


def _events(words: dict[str, Any], language: str) -> list[Happening]:
    moved = ShownChange(
        label=words["until"],
        before=short_date(TODAY, language),
        after=short_date(TODAY + timedelta(days=30), language),
        note="",
    )
    first = Happening(
        day=short_date(TODAY, language),
        kind=words["notified"],
        ref="G/TBT/N/USA/2211",
        because="",
        digest=False,
        changes=(),
    )
    second = Happening(
        day=short_date(TODAY + timedelta(days=9), language),
        kind=words["moved"],
        ref="G/TBT/N/USA/2211/Add.1",
        because=words["because"],
        digest=False,
        changes=(moved,),
    )
    return [first, second]
