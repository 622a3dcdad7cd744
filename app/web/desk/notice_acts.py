"""What staff do on the page of one notice: each a form with one intention, each by a flow, each back to the same page."""

from collections.abc import Awaitable

from starlette.requests import Request
from starlette.responses import Response

from app.domain.boxes import Box
from app.domain.errors import AppError, Kind, conflict, invalid
from app.domain.facets import Importance
from app.domain.sectors import Facet
from app.flow import classify, materiality, queue, rethread, review, translate
from app.flow.translate import Seen
from app.web.desk.gate import caller
from app.web.desk.holders import chosen_holder
from app.web.desk.notice import ALERT, BOXES, MEASURE, notice_page, view_of
from app.web.desk.notice_views import Clash
from app.web.doors import doors_of
from app.web.forms import choice, filled, number_of
from app.web.session import go_to

_CORRECTED = (Facet.SECTOR, Facet.THEME, Facet.IMPORTANCE)
_INSTEAD = "instead"
_CLASHES = {"text-newer", "original-newer", "text-long", "text-unprintable"}


async def write_box(request: Request) -> Response:
    """Save the Vietnamese of a box; over a newer text of somebody else nothing is saved, and both are shown."""
    form, session = await filled(request), caller(request)
    seen, text = seen_in(form), form.get("text", "")
    doing = translate.write(doors_of(request).database, ref_of(request), seen, text, session.account_id, session.actor)
    return await back_to_page(request, BOXES, "written", doing, Clash(seen.box, text))


async def confirm_box(request: Request) -> Response:
    """Confirm the Vietnamese that somebody else wrote for a box."""
    session, seen = caller(request), seen_in(await filled(request))
    doing = translate.confirm(doors_of(request).database, ref_of(request), seen, session.account_id, session.actor)
    return await back_to_page(request, BOXES, "confirmed", doing)


async def correct_label(request: Request) -> Response:
    """Give a label, alone where it takes the place of all others, take it away, or set the importance; sort anew at once."""
    doors, form = doors_of(request), await filled(request)
    facet = Facet(choice(form, "facet", _CORRECTED))
    known = {
        Facet.SECTOR: [one.id for one in doors.taxonomy.sectors],
        Facet.THEME: [one.id for one in doors.taxonomy.themes],
        Facet.IMPORTANCE: [one.value for one in Importance],
    }[facet]
    label, role = form.get("label", ""), choice(form, "role", ("primary", "related", "none", _INSTEAD))
    because, actor = form.get("because", "").strip(), caller(request).actor

    async def correct() -> None:
        database, ref = doors.database, ref_of(request)
        if role == _INSTEAD and facet is Facet.SECTOR:
            await review.replace_sectors(database, ref, label, because, actor, known)
        else:
            await review.correct(database, ref, {label: role}, because, actor, known, facet=facet)
        await classify.sort_at_once(database, doors.sorter(), ref)

    return await back_to_page(request, BOXES, "corrected", correct())


async def assign(request: Request) -> Response:
    """Put the notice into the hands of a unit or a colleague, or into nobody's."""
    form, session, database = await filled(request), caller(request), doors_of(request).database
    chosen = form.get("holder", "").replace("\0", "")

    async def give() -> None:
        if not chosen:
            raise invalid("no-such-holder", "choose a unit of the ministry or a colleague", field="holder")
        outcome = await queue.assign(
            database, [ref_of(request)], chosen_holder(chosen, session.account_id), session.actor
        )
        if not outcome.done:
            raise conflict("same-holder", f"{ref_of(request)}: in these hands already")

    return await back_to_page(request, view_of(request), "assigned", give())


async def release(request: Request) -> Response:
    """Let the alert go out that waits."""
    doing = review.release(doors_of(request).database, ref_of(request), caller(request).actor)
    return await back_to_page(request, ALERT, "released", doing)


async def decide_materiality(request: Request) -> Response:
    """Decide whether the last change is worth an alert at once."""
    form, actor = await filled(request), caller(request).actor
    at_once = choice(form, "when", ("at_once", "digest")) == "at_once"
    database, because = doors_of(request).database, form.get("because", "").strip()
    doing = materiality.decide(database, ref_of(request), material=at_once, because=because, actor=actor)
    return await back_to_page(request, ALERT, "decided", doing)


async def merge(request: Request) -> Response:
    """Let this notice's measure and that of another be one."""
    form, database = await filled(request), doors_of(request).database
    other, because = form.get("other", "").strip(), form.get("because", "").strip()
    doing = rethread.merge(database, ref_of(request), other, because, caller(request).actor)
    return await back_to_page(request, MEASURE, "merged", doing)


async def split(request: Request) -> Response:
    """Give this notice a measure apart."""
    because = (await filled(request)).get("because", "").strip()
    doing = rethread.split(doors_of(request).database, ref_of(request), because, caller(request).actor)
    return await back_to_page(request, MEASURE, "split", doing)


async def back_to_page(
    request: Request, view: str, code: str, doing: Awaitable[object], typed: Clash | None = None
) -> Response:
    """Do something and lead back to the page, which says that it was done; or show the page with why it was not."""
    try:
        await doing
    except AppError as error:
        if error.kind is Kind.MISSING:
            raise
        clash = typed if error.code in _CLASHES else None
        return await notice_page(request, view, refused=error, clash=clash)
    return go_to(request, f"/desk/notices/{ref_of(request)}", f"view={view}&done={code}")


def seen_in(form: dict[str, str]) -> Seen:
    """Return what a form says that its reader saw of a box."""
    box = Box(choice(form, "box", tuple(Box)))
    return Seen(box, number_of(form.get("number", "")), form.get("original", ""))


def ref_of(request: Request) -> str:
    """Return the notice that a request is about."""
    ref: str = request.path_params["ref"]
    return ref
