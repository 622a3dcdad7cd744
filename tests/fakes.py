"""Doors that open onto nothing: lists that a test fills and reads."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.domain.attachments import AttachmentState, Document, Reading
from app.domain.deliveries import Accepted, Envelope, HostDown, Outcome
from app.domain.notices import Content
from app.domain.sectors import Classification
from app.domain.symbols import Symbol
from app.domain.visits import Fault, FaultKind, Memory, Page, Payload, Window
from tests.builders import labels


@dataclass
class FakeSource:
    """A source that gives the pages it was told to, visit by visit."""

    visits: list[Sequence[Page]]
    name: str = "eping"
    asked: list[tuple[Window, Memory]] = field(default_factory=list)

    async def visit(self, window: Window, memory: Memory) -> AsyncIterator[Page]:
        self.asked.append((window, memory))
        for page in self.visits.pop(0):
            yield page


@dataclass
class FakeSeeker(FakeSource):
    """A source that can also be asked for one document."""

    held: dict[str, Page] = field(default_factory=dict)
    sought: list[str] = field(default_factory=list)

    async def look_up(self, symbol: Symbol) -> Page:
        self.sought.append(str(symbol))
        return self.held.get(str(symbol), Page())


@dataclass
class FakeDoor:
    """A door that has the documents it was given by link, or the faults; anything else is missing."""

    held: Mapping[str, str | Reading | Fault] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset({"docs.wto.org", "members.wto.org"})
    asked: list[str] = field(default_factory=list)

    def host_of(self, link: str) -> str:
        return link.split("/")[2]

    async def bring(self, link: str) -> Document | Fault:
        self.asked.append(link)
        found = self.held.get(link, Fault(kind=FaultKind.UNSOUND, reason="404"))
        if isinstance(found, Fault):
            return found
        reading = Reading(state=AttachmentState.READ, pages=3, text=found) if isinstance(found, str) else found
        body = f"{link} {reading.text}".encode()
        return Document(
            Payload(hash=hashlib.sha256(body).hexdigest(), media_type="application/pdf", body=body), reading
        )


@dataclass
class FakeSorter:
    """A sorter that finds a sector where its word stands in the title or the products."""

    words: dict[str, str] = field(
        default_factory=lambda: {"textile": "textiles", "shoe": "footwear", "shrimp": "seafood"}
    )
    unsure: set[str] = field(default_factory=set)
    version: str = "test"
    seen: list[Content] = field(default_factory=list)

    def classify(self, content: Content, parent: Content | None = None, annex: str = "") -> Classification:  # noqa: ARG002 - the sorter's signature
        self.seen.append(content)
        text = f"{content.title} {content.products} {parent.products if parent else ''}".casefold()
        found = [sector for word, sector in self.words.items() if word in text]
        return replace(labels(*found, sure=not self.unsure.intersection(found)), taxonomy_version=self.version)


class Killed(BaseException):
    """What a test raises where a process would be killed."""


@dataclass
class FakeMailer:
    """A relay that answers as it was told to, `Accepted` by default, and keeps what it was handed.

    With `dies` the process ends when the message is out and its answer has not been heard.
    """

    answers: list[Outcome] = field(default_factory=list)
    received: list[Envelope] = field(default_factory=list)
    forbidden: int = 0
    dies: bool = False

    async def send(self, envelope: Envelope, before_data: Callable[[], Awaitable[bool]]) -> Outcome | None:
        answer = self.answers.pop(0) if self.answers else Accepted("250 2.0.0 ok")
        if isinstance(answer, HostDown):
            return answer
        if not await before_data():
            self.forbidden += 1
            return None
        self.received.append(envelope)
        if self.dies:
            raise Killed
        return answer

    async def close(self) -> None:
        """Nothing to close."""
