"""How much one caller may ask: requests a minute for each address (SE-12), and the size of what is sent."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import refuse

A_MINUTE = 60
MOST_CALLERS = 10_000
LONGEST_BODY = 256 * 1024
_COUNTED = "/api/"
_FORWARDED = ("forwarded", "x-real-ip", "via")


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_at: float


class Allowance:
    """A token bucket for each caller: `per_minute` requests, at once or spread. It forgets whom it has not seen longest.

    The addresses of an IPv6 caller's own network (/64) count as one.
    """

    def __init__(self, per_minute: int = A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def give_back(self, caller: str) -> None:
        """Take back that a request was counted."""
        bucket = self._buckets.get(_network(caller))
        if bucket is not None:
            bucket.tokens += 1

    def wait(self, caller: str) -> float:
        """Count one request; return 0 when it is allowed, else the seconds until the next one is."""
        now, key = self._clock(), _network(caller)
        bucket = self._buckets.pop(key, None) or _Bucket(self._per_minute, now)
        rate = self._per_minute / A_MINUTE
        bucket.tokens = min(self._per_minute, bucket.tokens + (now - bucket.filled_at) * rate)
        bucket.filled_at = now
        self._buckets[key] = bucket
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / rate
        bucket.tokens -= 1
        return 0


class Limits:
    """ASGI middleware that refuses long bodies everywhere and, with an allowance, too many requests under `/api/`."""

    def __init__(self, app: ASGIApp, allowance: Allowance | None) -> None:
        self._app = app
        self._allowance = allowance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 429 or 413 in its place."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        # The surfaces count by it how often somebody asks for a mail; None: nobody is counted.
        scope["caller"] = None if self._allowance is None else caller_of(request)
        refusal = self._too_many(request) or _too_long(request.headers.get("content-length"))
        if refusal is not None:
            await (await refuse(request, refusal))(scope, receive, send)
            return
        await self._app(scope, _limited(receive), send)

    def _too_many(self, request: Request) -> HTTPException | None:
        caller = caller_of(request)
        if self._allowance is None or caller is None or not request.scope["path"].startswith(_COUNTED):
            return None
        wait = self._allowance.wait(caller)
        if not wait:
            return None
        after = {"Retry-After": str(math.ceil(wait))}
        return HTTPException(HTTPStatus.TOO_MANY_REQUESTS, "too many requests; try again later", after)


def caller_of(request: Request) -> str | None:
    """Return the address that a request comes from; None for this machine itself.

    Only a proxy on this machine is believed about whom it speaks for, and only the address that it added last.
    """
    host = request.client.host if request.client else ""
    if not is_loopback(host):
        return host
    told = request.headers.getlist("x-forwarded-for")
    if told:
        return told[-1].rpartition(",")[2].strip()
    return "a proxy that does not tell" if any(name in request.headers for name in _FORWARDED) else None


def is_loopback(host: str) -> bool:
    """Say whether an address is one of this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _too_long(length: str | None) -> HTTPException | None:
    if length is None or not length.isdecimal() or int(length) <= LONGEST_BODY:
        return None
    return _too_large()


def _too_large() -> HTTPException:
    return HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"at most {LONGEST_BODY} bytes can be sent")


def _limited(receive: Receive) -> Receive:
    """Count a body that came without its length, and break it off where it gets too long."""
    taken = 0

    async def counting() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LONGEST_BODY:
            raise _too_large()
        return message

    return counting


def _network(caller: str) -> str:
    try:
        address = ip_address(caller)
    except ValueError:
        return caller
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else caller
