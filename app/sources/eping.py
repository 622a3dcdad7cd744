"""The WTO's ePing search: the keyed API, or the keyless API of the site behind a switch.

`GET {base}/notifications/search` with `language` (1 English, 2 French, 3 Spanish), a window of circulation dates (both
ends included), `page` and `pageSize` (at most 100); the key in the header `Ocp-Apim-Subscription-Key` only. English
pages are the record; French and Spanish ones bring titles where those differ.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from http import HTTPStatus

from app.domain.notices import Content, Record
from app.domain.symbols import Symbol, read_symbols
from app.domain.visits import LONGEST_WISH, Complaint, Fault, FaultKind, Memory, Page, Payload, Window
from app.sources.calendar_dates import read_date
from app.sources.clean import clean_line
from app.sources.codes import Code, read_code_box
from app.sources.drafts import Draft, content_of, listed_names, today_anywhere
from app.sources.eping_contract import CodeItem, Item, NamedItem, Reading, Unsound, read_page
from app.sources.fetch import Answer, Fetcher, fault_of_status

PAGE_SIZE = 100
MOST_PAGES = 1_000

_LANGUAGES = {"en": "1", "fr": "2", "es": "3"}
_KEY_HEADER = "Ocp-Apim-Subscription-Key"
_QUOTA = re.compile(r"replenished in (\d{1,3}):(\d\d):(\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """One sound page of answers before it becomes records."""

    number: int
    payload: Payload
    reading: Reading
    remarks: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(item.id for _, item in self.reading.items)


@dataclass(slots=True)
class _Walk:
    """What is remembered while paging: to stop at the right place and to notice a list that turns in circles."""

    expected: int = 0
    collected: int = 0
    total: int = 0
    keys: set[str] = field(default_factory=set)
    pages: set[tuple[str, ...]] = field(default_factory=set)
    moved: bool = False

    def doubt(self, sheet: _Sheet) -> str | None:
        """Return why a page that is sound in itself cannot be believed here, or take it in and return None."""
        count, total = sheet.reading.count, sheet.reading.total
        if count == 0 and self.collected < total:
            return f"The page is empty although the source counts {total} notices."
        if count > total:
            return f"The page has {count} notices although the source counts {total}."
        if count == 0 and sheet.number == 1 and self.expected > 0:
            return f"The answer is empty although {self.expected} notices of these days are known."
        if sheet.keys and sheet.keys in self.pages:
            return "The page is one that came before: the source turns in circles."
        self.moved |= not self.keys.isdisjoint(sheet.keys) or (sheet.number > 1 and total != self.total)
        self.pages.add(sheet.keys)
        self.keys.update(sheet.keys)
        self.collected += count
        self.total = total
        return None

    @property
    def finished(self) -> bool:
        return self.collected >= self.total


class EpingSource:
    """Visits ePing. Nothing of an answer is believed before it was checked against the question."""

    name = "eping"

    def __init__(
        self,
        fetcher: Fetcher,
        url: str,
        key: str,
        *,
        site_api: bool = False,
        today: Callable[[], date] = today_anywhere,
    ) -> None:
        self._fetcher = fetcher
        self._url = url.rstrip("/") + ("/azureSearch/getAll" if site_api else "/notifications/search")
        self._secrets = {} if site_api else {_KEY_HEADER: key}
        self._order = {"sortBy": "distributionDate", "sortDirection": "desc"} if site_api else {}
        self._today = today

    async def visit(self, window: Window, memory: Memory) -> AsyncIterator[Page]:
        """Bring all notices circulated in `window`, page by page; a page with a fault is the last one.

        A list that moved while it was read (notices added or taken away between two pages) is read once more, so that
        none slips through between the pages (IN-04, F54).
        """
        query = {"distributionDateFrom": window.first.isoformat(), "distributionDateTo": window.last.isoformat()}
        titles: dict[str, str] = {}
        for sweep in (1, 2):
            walk = _Walk(expected=memory.expected)
            async for found in self._walk(query, "en", walk):
                page = found if isinstance(found, Page) else self._page_of(found, window)
                yield page
                if page.fault is not None:
                    return
                titles.update({record.key: record.content.title for record in page.records})
            if not walk.moved:
                break
            yield Page(remarks=(_moved(walk, last=sweep > 1),), total=walk.total)
        if titles:
            async for page in self._title_pages(query, titles):
                yield page

    async def look_up(self, symbol: Symbol) -> Page:
        """Ask for one document by its symbol and return the page that holds it, with others of its measure only.

        The source searches by substring, so `G/TBT/N/EGY/2` also finds EGY/20 to EGY/299: pages are read until the
        document is found. Without it the page has no records.
        """
        query, payload = {"documentSymbol": str(symbol)}, None
        async for found in self._walk(query, "en", _Walk()):
            if isinstance(found, Page):
                return found
            if found.reading.items and not _answers(found, symbol):
                return _rejected(found.payload, "No item has the symbol asked for: the question was ignored.")
            page = self._page_of(found, None)
            records = tuple(record for record in page.records if _is_of_measure(record, symbol))
            if any(str(symbol) in record.content.symbols for record in records):
                return replace(page, records=records, complaints=())
            payload = found.payload
        return Page(payload=payload, remarks=(f"{symbol} was not found.",))

    async def _walk(self, query: Mapping[str, str], language: str, walk: _Walk) -> AsyncIterator[_Sheet | Page]:
        """Page through one question. A `Page` is a fault and the end."""
        for number in range(1, MOST_PAGES + 1):
            sheet = await self._ask(query, language, number)
            if isinstance(sheet, Page):
                yield sheet
                return
            before = walk.total
            if (doubt := walk.doubt(sheet)) is not None:
                yield _rejected(sheet.payload, doubt)
                return
            shrunk = number > 1 and walk.total < before
            remarks = (f"The source counted {before} notices, then {walk.total}.",) if shrunk else ()
            yield replace(sheet, remarks=remarks)
            if walk.finished:
                return
        yield Page(fault=Fault(kind=FaultKind.UNSOUND, reason=f"The list has more than {MOST_PAGES} pages."))

    async def _ask(self, query: Mapping[str, str], language: str, number: int) -> _Sheet | Page:
        params = {
            "language": _LANGUAGES[language],
            **query,
            **self._order,
            "page": str(number),
            "pageSize": str(PAGE_SIZE),
        }
        answer = await self._fetcher.get(self._url, accept="application/json", secrets=self._secrets, params=params)
        if isinstance(answer, Fault):
            return Page(fault=answer)
        fault = _refusal(answer)
        if fault is not None:
            return Page(payload=answer.payload(), fault=fault)
        where = f"page {number}" if language == "en" else f"page {number} ({language})"
        try:
            return _Sheet(number=number, payload=answer.payload(), reading=read_page(answer, where))
        except Unsound as unsound:
            return _rejected(answer.payload(), str(unsound))

    def _page_of(self, sheet: _Sheet, window: Window | None) -> Page:
        """Turn a sheet into records, or reject it where it does not answer the question that was asked."""
        strangers = [item for _, item in sheet.reading.items if window is not None and not _is_within(item, window)]
        if strangers:
            reason = (
                f"Item {strangers[0].id} was circulated on {strangers[0].distribution_date}, outside the days asked for"
            )
            return _rejected(sheet.payload, f"{reason}: the question was ignored.")
        complaints = list(sheet.reading.complaints)
        records: dict[str, Record] = {}
        for position, item in sheet.reading.items:
            content = content_of(_draft(item), today=self._today(), position=position, symbol_field="documentSymbol")
            if isinstance(content, Complaint):
                complaints.append(content)
            else:
                records.setdefault(item.id, _record(item, "en", content, position, sheet.payload))
        repeated = len(sheet.keys) - len(set(sheet.keys))
        return Page(
            payload=sheet.payload,
            records=tuple(records.values()),
            complaints=tuple(complaints),
            remarks=(
                *sheet.remarks,
                *((f"{repeated} records came twice on page {sheet.number}.",) if repeated else ()),
            ),
            total=sheet.reading.total,
        )

    async def _title_pages(self, query: Mapping[str, str], known: Mapping[str, str]) -> AsyncIterator[Page]:
        """Bring the titles in French and Spanish. They are a courtesy of the source: what is wrong is only remarked."""
        for language in ("fr", "es"):
            async for found in self._walk(query, language, _Walk()):
                if isinstance(found, _Sheet):
                    yield Page(payload=found.payload, records=_title_records(found, language, known))
                elif found.fault is not None:
                    yield Page(
                        payload=found.payload, remarks=(f"Titles in {language} are missing: {found.fault.reason}",)
                    )
                    if found.fault.kind in (FaultKind.BUSY, FaultKind.UNREACHABLE):
                        return


def _refusal(answer: Answer) -> Fault | None:
    """Return why an answer is no answer to a search, naming the setting to look at but never the key."""
    fault = fault_of_status(answer)
    if fault is None:
        if answer.status == HTTPStatus.OK:
            return None
        return Fault(kind=FaultKind.UNSOUND, reason=f"The source answered {answer.status} instead of 200.")
    quota = _QUOTA.search(fault.reason)
    if quota is not None:
        wish = timedelta(hours=int(quota[1]), minutes=int(quota[2]), seconds=int(quota[3]))
        return Fault(kind=FaultKind.BUSY, reason=fault.reason, retry_after=min(wish, LONGEST_WISH))
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        hint = "ePing did not accept the key. Check KENG_EPING_KEY: a subscription to the product Standard at the WTO API portal."
        return replace(fault, reason=f"{hint} {fault.reason}")
    return replace(fault, reason=f"{fault.reason} Check KENG_EPING_URL.")


def _rejected(payload: Payload | None, reason: str) -> Page:
    return Page(payload=payload, fault=Fault(kind=FaultKind.UNSOUND, reason=reason))


def _moved(walk: _Walk, *, last: bool) -> str:
    what = f"The list moved while it was read: {walk.total} counted, {len(walk.keys)} seen"
    return f"{what} after reading it twice." if last else f"{what}. It is read once more."


def _is_within(item: Item, window: Window) -> bool:
    """Whether an item answers the window; a date that cannot be read does not say that the window was ignored."""
    day = read_date(item.distribution_date).day
    return day is None or window.first <= day <= window.last


def _answers(sheet: _Sheet, symbol: Symbol) -> bool:
    asked = re.sub(r"\s", "", str(symbol)).casefold()
    return any(asked in re.sub(r"\s", "", item.document_symbol).casefold() for _, item in sheet.reading.items)


def _is_of_measure(record: Record, symbol: Symbol) -> bool:
    base = str(symbol.base)
    return any(printed == base or printed.startswith(base + "/") for printed in record.content.symbols)


def _record(item: Item, language: str, content: Content, position: str, payload: Payload) -> Record:
    return Record(
        source=EpingSource.name,
        key=item.id,
        language=language,
        revision=int(item.id),
        content=content,
        position=position,
        payload_hash=payload.hash,
    )


def _title_records(sheet: _Sheet, language: str, known: Mapping[str, str]) -> tuple[Record, ...]:
    """Return a record with nothing but symbols and title for each known one whose title is another in `language`."""
    records: dict[str, Record] = {}
    for position, item in sheet.reading.items:
        title = clean_line(item.title or item.title_plain or "").text
        symbols = tuple(map(str, read_symbols(item.document_symbol).symbols))
        if title and symbols and known.get(item.id, title) != title:
            content = Content(symbols=symbols, titles=((language, title),))
            records[item.id] = _record(item, language, content, position, sheet.payload)
    return tuple(records.values())


def _draft(item: Item) -> Draft:
    """Say where the fields of an item are. The HTML is read before its plain twin, which lost all that looks like a tag."""
    return Draft(
        symbols=item.document_symbol,
        area=item.area,
        type=item.notification_type or "",
        member_code=item.notifying_member_code or "",
        members=(item.notifying_member,),
        titles={"en": item.title or item.title_plain or ""},
        description=item.description or item.description_plain or "",
        products=item.products_free_text or item.products_free_text_plain or "",
        hs=_codes(item.hs_codes, item.hs_code_text),
        ics=_codes(item.ics_codes, item.ics_code_text),
        objectives=_names(item.objectives),
        keywords=(*_names(item.keywords), *_names(item.sps_keywords)),
        regions=(*_names(item.countries_affected), *_listed_regions(item)),
        all_partners=item.all_trading_partners,
        articles=_articles(item),
        international_standards=_standard_bodies(item),
        conforms_to_standard=True if item.conform_standard_yes else False if item.conform_standard_no else None,
        facilitates_trade=item.trade_facilitating_measure,
        distributed=item.distribution_date,
        deadline=item.comment_deadline_date,
        adoption=item.proposed_adoption_date,
        adoption_text=item.proposed_adoption_date_text or "",
        in_force=item.proposed_entry_into_force_date,
        in_force_text=item.proposed_entry_into_force_date_text or "",
        notice_link=item.link_to_notification or "",
        official_path=item.dol_link or "",
        text_links=item.notified_document_link or "",
    )


def _codes(items: list[CodeItem] | None, text: str | None) -> tuple[Code, ...]:
    if items:
        return tuple(Code(item.code, (item.name or "").partition(" - ")[2] or item.name or "") for item in items)
    return read_code_box(text or "")


def _names(items: list[NamedItem] | None) -> tuple[str, ...]:
    return tuple(item.name or "" for item in items or ())


def _articles(item: Item) -> list[str]:
    """Return the articles of the TBT Agreement whose boxes are ticked (boxes 1 and 3 of the form)."""
    boxes = {
        "2.9.2": item.technical_regulation,
        "2.10.1": item.technical_regulation_urgent,
        "3.2": item.technical_regulation_local_government,
        "5.6.2": item.conformity_assessment_procedure,
        "5.7.1": item.conformity_assessment_procedure_urgent,
        "7.2": item.conformity_assessment_procedure_local_government,
        "other": item.article_other,
    }
    return [article for article, ticked in boxes.items() if ticked]


def _standard_bodies(item: Item) -> list[str]:
    """Return the bodies whose international standard is ticked as relevant (box 8 of the SPS form)."""
    boxes = {
        "Codex Alimentarius Commission": item.codex_alimentarius_commision,
        "World Organisation for Animal Health": item.world_organization_for_animal_health,
        "International Plant Protection Convention": item.international_plant_protection_convention,
    }
    return [body for body, ticked in boxes.items() if ticked]


def _listed_regions(item: Item) -> list[str]:
    boxes = (item.specific_regions_or_countries, item.affected_regions_or_countries)
    return [name for box in boxes for name in listed_names(clean_line(box or "").text)]
