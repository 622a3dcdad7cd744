"""RSS and Atom feeds: warnings from other sources than the WTO's notifications, and the WTO's own news.

A feed is asked for conditionally (RFC 9110, 13.1), checked by a parser that refuses document types, entities and
inclusions (F59), and only then handed to feedparser, as bytes.
"""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import date
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError

import feedparser
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.domain.errors import invalid
from app.domain.notices import Record
from app.domain.visits import Complaint, Fault, FaultKind, Memory, Page, Payload, Window
from app.sources.clean import clean_line
from app.sources.drafts import Draft, content_of, today_anywhere
from app.sources.fetch import Answer, Fetcher, fault_of_status

MOST_ITEMS = 2_000

_ACCEPT = "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8"
_KEY_CHARACTERS = 200
_XINCLUDE = "{http://www.w3.org/2001/XInclude}"
_RASFF_REFERENCE = re.compile(r"\b(20\d\d\.\d{4,5})\b")
_TBT_OR_SPS_LINK = re.compile(r"/(?:tbt|sps)_", re.IGNORECASE)
_TBT_OR_SPS_WORDS = re.compile(r"\b(?:TBT|SPS)\b|technical barriers to trade|sanitary and phytosanitary", re.IGNORECASE)
_TAKEN = ("eping", "eping-xlsx", "file")  # names of other sources
_FEED_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed to visit. `takes` says by title and link which items matter; `reference` finds an item's own number."""

    name: str
    url: str
    member: str = ""
    takes: Callable[[str, str], bool] = lambda title, link: True  # noqa: ARG005 - every item, unless a preset chooses
    reference: re.Pattern[str] | None = None


def _is_about_tbt_or_sps(title: str, link: str) -> bool:
    return bool(_TBT_OR_SPS_LINK.search(link) or _TBT_OR_SPS_WORDS.search(title))


PRESETS = {
    feed.name: feed
    for feed in (
        Feed(
            name="wto-news",
            url="https://www.wto.org/library/rss/latest_news_e.xml",
            takes=_is_about_tbt_or_sps,
        ),
        Feed(
            name="rasff",
            url="https://webgate.ec.europa.eu/rasff-window/backend/public/consumer/rss/all/en/",
            member="EU",
            reference=_RASFF_REFERENCE,
        ),
        Feed(
            name="federal-register",
            url=(
                "https://www.federalregister.gov/api/v1/documents.rss?conditions[type][]=PRORULE"
                "&conditions[agencies][]=food-and-drug-administration"
                "&conditions[agencies][]=animal-and-plant-health-inspection-service"
                "&conditions[agencies][]=food-safety-and-inspection-service"
                "&conditions[agencies][]=consumer-product-safety-commission"
            ),
            member="USA",
        ),
        Feed(
            name="fda-recalls",
            url="https://www.fda.gov/about-fda/contact-fda/stay-informed/rss-feeds/food-safety-recalls/rss.xml",
            member="USA",
        ),
    )
}


def feed_of(words: str) -> Feed:
    """Return the feed written as a preset's name or as `name=url`; a preset with an address is read from there.

    Raises `AppError` (invalid) for anything else.
    """
    name, equals, url = (part.strip() for part in words.partition("="))
    preset = PRESETS.get(name)
    if preset is not None and not equals:
        return preset
    if not is_free_name(name) or not _is_web_address(url):
        known = ", ".join(PRESETS)
        raise invalid("feed", f"{words!r} is neither one of {known} nor written as name=url.", field="KENG_FEEDS")
    return Feed(name=name, url=url) if preset is None else replace(preset, url=url)


def is_free_name(name: str) -> bool:
    """Say whether a feed, or warnings entered by hand, may bear a name: those of the WTO's notices and of files may not."""
    return bool(_FEED_NAME.fullmatch(name)) and name not in _TAKEN


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


class FeedSource:
    """Visits one feed. A feed holds what it holds: the window asked for does not narrow it."""

    def __init__(self, fetcher: Fetcher, feed: Feed, *, today: Callable[[], date] = today_anywhere) -> None:
        self.name = feed.name
        self._fetcher = fetcher
        self._feed = feed
        self._today = today

    async def visit(self, window: Window, memory: Memory) -> AsyncIterator[Page]:  # noqa: ARG002 - feeds know no window
        """Bring the feed as one page: its items, or that nothing changed since, or what is wrong with it."""
        conditions = {"If-None-Match": memory.etag, "If-Modified-Since": memory.last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        answer = await self._fetcher.get(self._feed.url, accept=_ACCEPT, headers=headers)
        yield Page(fault=answer) if isinstance(answer, Fault) else self._page(answer, memory)

    def _page(self, answer: Answer, memory: Memory) -> Page:
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return Page(unchanged=True, etag=memory.etag, last_modified=memory.last_modified)
        payload = answer.payload()
        fault = fault_of_status(answer)
        if fault is not None:
            return Page(payload=payload, fault=fault)
        etag, last_modified = (_validator(answer, name) for name in ("etag", "last-modified"))
        if memory.body_hash == payload.hash:
            return Page(unchanged=True, etag=etag, last_modified=last_modified)
        reason = _unsoundness(answer)
        parsed = (
            None
            if reason
            else feedparser.parse(
                BytesIO(answer.body), response_headers={"content-type": answer.headers.get("content-type", "")}
            )
        )
        if parsed is not None and not parsed.version:
            reason = "The answer is XML but no feed."
        elif parsed is not None and not parsed.entries and (memory.expected or memory.body_hash):
            reason = "The feed is empty although it had items before."
        if parsed is None or reason:
            return Page(payload=payload, fault=Fault(kind=FaultKind.UNSOUND, reason=reason))
        return self._read(parsed, payload, etag, last_modified)

    def _read(self, parsed: Any, payload: Payload, etag: str, last_modified: str) -> Page:
        records: dict[str, Record] = {}
        complaints: list[Complaint] = []
        language = str(parsed.feed.get("language", "en"))[:2].lower()
        for number, entry in enumerate(parsed.entries[:MOST_ITEMS], start=1):
            found = self._record(entry, f"item {number}", language if language.isalpha() else "en", payload)
            if isinstance(found, Complaint):
                complaints.append(found)
            elif found is not None:
                records.setdefault(found.key, found)
        return Page(
            payload=payload,
            records=tuple(records.values()),
            complaints=tuple(complaints),
            remarks=(f"Only the first {MOST_ITEMS} items were read.",) if len(parsed.entries) > MOST_ITEMS else (),
            total=len(parsed.entries),
            etag=etag,
            last_modified=last_modified,
        )

    def _record(self, entry: Any, position: str, language: str, payload: Payload) -> Record | Complaint | None:
        title, link = str(entry.get("title", "")), str(entry.get("link", ""))
        if not self._feed.takes(clean_line(title).text, link):
            return None
        key = self._key(entry, f"{title} {entry.get('summary', '')}")
        if not key:
            return Complaint(position=position, field="guid", reason="The item has neither a guid nor a link.")
        draft = Draft(
            members=(self._feed.member,) if self._feed.member else (),
            titles={language: title},
            description=str(entry.get("summary", "")),
            distributed=_published(entry),
            notice_link=link,
            warning=True,
            own_words=True,
        )
        content = content_of(draft, today=self._today(), position=position, symbol_field="title")
        if isinstance(content, Complaint):
            return content
        return Record(
            source=self.name,
            key=key,
            language=language,
            revision=0,
            content=content,
            position=position,
            payload_hash=payload.hash,
        )

    def _key(self, entry: Any, words: str) -> str:
        """Return the item's own number where its source has one, else its guid or link, hashed where that is too long."""
        reference = self._feed.reference.search(words) if self._feed.reference else None
        if reference is not None:
            return reference[1]
        name = clean_line(str(entry.get("id", "") or entry.get("link", "")), 10 * _KEY_CHARACTERS).text
        return name if len(name) <= _KEY_CHARACTERS else sha256(name.encode()).hexdigest()


def _validator(answer: Answer, name: str) -> str:
    """Return a header to repeat at the next visit, if it has a length that anybody would repeat."""
    value = answer.headers.get(name, "")
    return value if len(value) <= _KEY_CHARACTERS else ""


def _unsoundness(answer: Answer) -> str:
    """Return why an answer is no document to parse, or nothing. Only well-formed XML without any DTD is handed on."""
    if not answer.body.strip():
        return "The answer is empty."
    if answer.media_type == "text/html":
        return "The answer is an HTML page, not a feed."
    try:
        root: Element = fromstring(answer.body, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        return f"The feed has a document type or entities and was not read: {type(error).__name__}."
    except (ParseError, ValueError, LookupError) as error:
        return f"The answer is not whole XML: {error}."
    if any(isinstance(element.tag, str) and element.tag.startswith(_XINCLUDE) for element in root.iter()):
        return "The feed includes other documents and was not read."
    return ""


def _published(entry: Any) -> object:
    """Return the day of publication in the feed's own offset (RFC 2822 or ISO 8601), else the words that stood there."""
    stated = str(entry.get("published", "") or entry.get("updated", "")).strip()
    try:
        return parsedate_to_datetime(stated).date()
    except (ValueError, OverflowError):
        return stated
