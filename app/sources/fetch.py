"""The one polite HTTP client: bounded, patient, and never surprised by what a server answers.

Every limit of IN-01 is kept here: seconds to connect, seconds in all, bytes after inflation, redirects. Failure is a
value: a caller gets an `Answer` or a `Fault`, never an exception of the HTTP library.
"""

import asyncio
import json
import re
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, NoReturn, Protocol

import httpx
import stamina

from app.domain.visits import LONGEST_WISH, Fault, FaultKind, Payload
from app.sources.allowed_hosts import ForbiddenAddressError, InsideAddressError
from app.sources.excerpts import excerpt_of, hidden_in

_JSON = "application/json"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PLAIN_ENCODINGS = frozenset({"", "identity"})
_GZIP_ENCODINGS = frozenset({"gzip", "x-gzip"})
_GZIP_WINDOW = zlib.MAX_WBITS | 16
_MEDIA_TYPE_CHARACTERS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a server is trusted: seconds, bytes and counts.

    `tries` is the number of requests for one question; two keep a source that is down under ten requests an hour
    (IN-02). `patience` is the longest `Retry-After` that is waited for within one visit.
    """

    connect: float = 10.0
    silence: float = 30.0
    total: float = 120.0
    body: int = 20 * 1024 * 1024
    redirects: int = 5
    tries: int = 2
    patience: float = 30.0
    spacing: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered, the body inflated. Header names are in lower case.

    `excerpt` is the beginning of the body as one printable line for the operator, without the key.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    excerpt: str

    @property
    def media_type(self) -> str:
        """The declared media type in lower case, without parameters; empty when none was declared."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()[:_MEDIA_TYPE_CHARACTERS]

    @property
    def charset(self) -> str:
        """The declared charset in lower case; empty when none was declared."""
        declared = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", self.headers.get("content-type", ""), re.IGNORECASE)
        return declared[1].lower() if declared else ""

    def payload(self) -> Payload:
        """Return the raw bytes, named by their SHA-256, as they are kept."""
        return Payload(hash=sha256(self.body).hexdigest(), media_type=self.media_type, body=self.body)


class Gate(Protocol):
    """What says whether a place may be asked at all, before every request and after every redirect."""

    async def admit(self, scheme: str, host: str, port: int | None) -> str:
        """Return the IP address to connect to; ForbiddenAddressError when it must not be asked, OSError without one."""


@dataclass(frozen=True, slots=True)
class _Question:
    """What is sent: the headers, and the body of what is posted. `secrets` stand in no reason, excerpt or log."""

    headers: Mapping[str, str]
    secrets: tuple[str, ...]
    body: bytes | None = None

    @property
    def method(self) -> str:
        return "GET" if self.body is None else "POST"


class _Failure(Exception):  # noqa: N818 - it carries a fault between two functions of this module and never leaves it
    """An exchange that came to nothing. `again` is False, True, or the seconds to wait before asking once more."""

    def __init__(self, fault: Fault, *, again: bool | float) -> None:
        super().__init__(fault.reason)
        self.fault = fault
        self.again = again

    def without(self, secrets: Iterable[str]) -> "_Failure":
        """Return the same failure with no secret in its reason: reasons are logged and kept."""
        return _Failure(replace(self.fault, reason=hidden_in(self.fault.reason, secrets)), again=self.again)


def open_client(limits: Limits | None = None, *, keep_connections: bool = True) -> httpx.AsyncClient:
    """Build the client that all doors share. Proxies and credentials of the environment are not looked at.

    A door with a gate keeps no connections: they would be known by their IP address, which two hosts may share.
    """
    kept = limits or Limits()
    pool = httpx.Limits() if keep_connections else httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(
        limits=pool,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(kept.silence, connect=kept.connect),
        headers={"User-Agent": "Keng (TBT/SPS alerts)"},
    )


class Fetcher:
    """Asks servers politely: one pace per host, few tries, bounded answers.

    A redirect must stay on its host; with a `gate` it may lead wherever the gate lets it.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        limits: Limits | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        gate: Gate | None = None,
    ) -> None:
        self._client = client
        self._gate = gate
        self._limits = limits or Limits()
        self._sleep = sleep
        self._turns: dict[str, asyncio.Lock] = {}
        self._free_at: dict[str, float] = {}

    async def get(
        self,
        url: str,
        *,
        accept: str,
        headers: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        hidden: str = "",
    ) -> Answer | Fault:
        """Ask for `url`; `accept` is sent exactly as given.

        An `Answer` may have any status but those that ask for patience (429, 5xx) and redirects: see
        `fault_of_status`. `secrets` are headers whose values (the key) appear in no reason, excerpt or log, and
        neither does `hidden`, where they hold the key and more.
        """
        kept = secrets or {}
        asked = {"Accept": accept, "Accept-Encoding": "gzip", **(headers or {}), **kept}
        return await self._answer(url, _Question(asked, (*kept.values(), hidden)), params)

    async def post_document(
        self, url: str, document: Mapping[str, Any], *, secrets: Mapping[str, str] | None = None, hidden: str = ""
    ) -> Answer | Fault:
        """Send a JSON document to `url` and ask for one back; otherwise as `get`, but no redirect is followed.

        It may arrive as often as there are tries. `hidden` may also be a secret in the document.
        """
        body = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
        return await self._answer(url, _posted(_JSON, body, secrets, hidden))

    async def post_once(
        self, url: str, *, media_type: str, body: bytes, secrets: Mapping[str, str] | None = None
    ) -> Answer | Fault:
        """Send `body` to `url` once and ask for JSON: it may have done its work though no answer came.

        No redirect is followed. `secrets` are as for `get`.
        """
        return await self._answer(url, _posted(media_type, body, secrets), tries=1)

    async def _answer(
        self, url: str, question: _Question, params: Mapping[str, str] | None = None, tries: int | None = None
    ) -> Answer | Fault:
        try:
            target = httpx.URL(url, params=dict(params)) if params else httpx.URL(url)
            async for attempt in stamina.retry_context(
                on=_again,
                attempts=tries or self._limits.tries,
                timeout=None,
                wait_initial=0.5,
                wait_max=5.0,
                wait_jitter=0.5,
            ):
                with attempt:
                    return await self._exchange(target, question)
        except _Failure as failure:
            return failure.fault
        except httpx.InvalidURL as error:
            return Fault(kind=FaultKind.REFUSED, reason=f"The address of the source is not a URL: {error}.")
        raise AssertionError("stamina ended without an answer or an error")

    async def _exchange(self, url: httpx.URL, question: _Question) -> Answer:
        """Bring one answer within the total time.

        A server that let the whole time pass is not asked again at once: the pause between visits is for that.
        """
        try:
            async with asyncio.timeout(self._limits.total):
                return await self._follow(url, question)
        except TimeoutError:
            _fail(FaultKind.UNREACHABLE, f"{url.host} took longer than {self._limits.total:g} seconds.")
        except _Failure as failure:
            raise failure.without(question.secrets) from None

    async def _follow(self, url: httpx.URL, question: _Question) -> Answer:
        for _ in range(self._limits.redirects + 1):
            answer = await self._ask(url, question)
            if answer.status not in _REDIRECTS:
                return answer
            if question.body is not None:
                _fail(FaultKind.REFUSED, f"{url.host} redirected what was posted to it.")
            url = _redirected(url, answer.headers.get("location", ""), anywhere=self._gate is not None)
        return _fail(FaultKind.REFUSED, f"{url.host} redirected more than {self._limits.redirects} times.")

    async def _ask(self, url: httpx.URL, question: _Question) -> Answer:
        await self._take_turn(url.host)
        target, added, extensions = await self._placed(url)
        try:
            headers = {**question.headers, **added}
            async with self._client.stream(
                question.method, target, headers=headers, content=question.body, extensions=extensions
            ) as response:
                body = await self._read(response)
        except httpx.UnsupportedProtocol:
            _fail(FaultKind.REFUSED, "The address of the source must begin with https:// or http://.")
        except (httpx.LocalProtocolError, UnicodeEncodeError):  # their own words would quote the header, and so the key
            _fail(FaultKind.REFUSED, "The request could not be written: a header or the address holds a bad character.")
        except httpx.RequestError as error:
            reason = f"{url.host} did not answer: {type(error).__name__} {error}".strip()
            _fail(FaultKind.UNREACHABLE, f"{reason}.", again=True)
        answer = Answer(
            url=str(url),
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=body,
            excerpt=hidden_in(excerpt_of(body), question.secrets),
        )
        self._raise_for_patience(answer, url.host)
        return answer

    async def _placed(self, url: httpx.URL) -> tuple[httpx.URL, dict[str, str], dict[str, Any]]:
        """Return the address to connect to, and the headers and options that keep the host's name in the request."""
        if self._gate is None:
            return url, {}, {}
        try:
            place = await self._gate.admit(url.scheme, url.host, url.port)
        except InsideAddressError as refusal:
            _fail(FaultKind.UNREACHABLE, str(refusal))
        except ForbiddenAddressError as refusal:
            _fail(FaultKind.REFUSED, str(refusal))
        except OSError as error:
            _fail(FaultKind.UNREACHABLE, f"{url.host} has no address: {error}.", again=True)
        return url.copy_with(host=place), {"Host": url.netloc.decode("ascii")}, {"sni_hostname": url.host}

    async def _take_turn(self, host: str) -> None:
        """Wait until `host` may be asked again; calls to one host leave at least `spacing` seconds between them."""
        clock = asyncio.get_running_loop().time
        async with self._turns.setdefault(host, asyncio.Lock()):
            wait = self._free_at.get(host, 0.0) - clock()
            if wait > 0:
                await self._sleep(wait)
            self._free_at[host] = max(self._free_at.get(host, 0.0), clock()) + self._limits.spacing

    async def _read(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("content-encoding", "").strip().lower()
        if encoding not in _PLAIN_ENCODINGS | _GZIP_ENCODINGS:
            _fail(FaultKind.UNSOUND, f"{response.url.host} packed its answer in a way not asked for: {encoding!r}.")
        inflater = _Inflater(self._limits.body) if encoding in _GZIP_ENCODINGS else None
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += inflater.feed(chunk) if inflater else chunk
            if len(body) > self._limits.body:
                _fail(FaultKind.UNSOUND, f"The answer is larger than {self._limits.body} bytes.", oversize=True)
        if inflater and not inflater.complete:
            _fail(FaultKind.UNSOUND, "The packed answer ends in the middle.", again=True)
        return bytes(body)

    def _raise_for_patience(self, answer: Answer, host: str) -> None:
        if answer.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            wish = retry_after(answer.headers.get("retry-after", ""), datetime.now(UTC))
            again: bool | float = answer.status == HTTPStatus.SERVICE_UNAVAILABLE
            if wish is not None:
                again = wish.total_seconds() if wish.total_seconds() <= self._limits.patience else False
            reason = f"{host} is busy and answered {answer.status}: {answer.excerpt}"
            _fail(FaultKind.BUSY, reason, again=again, wish=wish)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            _fail(FaultKind.UNREACHABLE, f"{host} answered {answer.status}: {answer.excerpt}", again=True)


def fault_of_status(answer: Answer) -> Fault | None:
    """Return why an answer's status is not a success, or None for 2xx and 304 (not modified)."""
    if answer.status // 100 == HTTPStatus.OK // 100 or answer.status == HTTPStatus.NOT_MODIFIED:
        return None
    reason = f"The source answered {answer.status}: {answer.excerpt}"
    return Fault(kind=FaultKind.REFUSED, reason=reason)


def retry_after(value: str, now: datetime) -> timedelta | None:
    """Read a `Retry-After` header (RFC 9110, 10.2.3): seconds or an HTTP date, at most six hours; None when neither."""
    wish: timedelta | None = None
    if re.fullmatch(r"\d{1,9}", value.strip()):
        wish = timedelta(seconds=int(value))
    else:
        with suppress(ValueError):
            moment = parsedate_to_datetime(value)
            wish = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return None if wish is None else min(max(wish, timedelta(0)), LONGEST_WISH)


class _Inflater:
    """Inflates gzip step by step and never makes more than `limit` bytes, whatever the stream promises (F58)."""

    def __init__(self, limit: int) -> None:
        self._room = limit
        self._stream = zlib.decompressobj(_GZIP_WINDOW)
        self._begun = False

    @property
    def complete(self) -> bool:
        """Whether the stream reached its end, or never began."""
        return self._stream.eof or not self._begun

    def feed(self, chunk: bytes) -> bytes:
        made = bytearray()
        try:
            while chunk:
                self._begun = True
                if self._stream.eof:  # RFC 1952, 2.2: a file may be several members on end
                    self._stream = zlib.decompressobj(_GZIP_WINDOW)
                made += self._stream.decompress(chunk, self._room - len(made) + 1)
                if len(made) > self._room:
                    _fail(FaultKind.UNSOUND, "The answer is larger than allowed once it is unpacked.", oversize=True)
                chunk = self._stream.unused_data
        except zlib.error:
            _fail(FaultKind.UNSOUND, "The packed answer cannot be unpacked.")
        self._room -= len(made)
        return bytes(made)


def _again(error: Exception) -> bool | float:
    return error.again if isinstance(error, _Failure) else False


def _fail(
    kind: FaultKind,
    reason: str,
    *,
    again: bool | float = False,
    wish: timedelta | None = None,
    oversize: bool = False,
) -> NoReturn:
    raise _Failure(Fault(kind=kind, reason=reason, retry_after=wish, oversize=oversize), again=again)


def _posted(media_type: str, body: bytes, secrets: Mapping[str, str] | None, hidden: str = "") -> _Question:
    kept = secrets or {}
    said = {"Accept": _JSON, "Accept-Encoding": "gzip", "Content-Type": media_type, **kept}
    return _Question(said, (*kept.values(), hidden), body)


def _redirected(url: httpx.URL, location: str, *, anywhere: bool) -> httpx.URL:
    """Return where a redirect leads if that is the same host, so that the key never goes to another one.

    With `anywhere` somebody else says whether the place may be asked.
    """
    try:
        target = url.join(location)
    except httpx.InvalidURL:
        _fail(FaultKind.REFUSED, f"{url.host} redirected to something that is not a URL.")
    same_door = (target.scheme, target.port) == (url.scheme, url.port)
    upgraded = (url.scheme, target.scheme) == ("http", "https")
    if location and anywhere:
        return target
    if not location or target.host != url.host or not (same_door or upgraded):
        _fail(FaultKind.REFUSED, f"{url.host} redirected to another place: {target.scheme}://{target.host}.")
    return target
