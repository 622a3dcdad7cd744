"""The door to an OpenID Connect issuer: where it is asked, what a code is worth, and which keys it signs with."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from app.domain.networks import is_loopback
from app.domain.visits import Fault, FaultKind
from app.sources.fetch import Answer, Fetcher, Limits

LIMITS = Limits(connect=5.0, silence=5.0, total=10.0, body=256 * 1024, redirects=2)
"""How far an issuer is trusted, while somebody waits for their page."""
KEPT = 3600.0
"""Seconds after which the issuer is asked once more where its doors are and which keys it has."""
BRAKE = 60.0
"""Seconds between two requests for its keys on account of a key that nobody knows: anybody may name one."""

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_ERROR_CODE = re.compile(r"[a-z_]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where an issuer's doors are (OpenID Connect Discovery 1.0), and whether it takes our secret in a header."""

    authorization: str
    token: str
    keys: str
    basic: bool


class IdentityProvider:
    """One issuer, and this installation as its client. Failure is a value; no code, token or secret stands in its reason."""

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        issuer: str,
        client: str,
        secret: str,
        clock: Callable[[], float] = time.monotonic,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.issuer = issuer
        self.client = client
        self._secret = secret
        self._fetcher = fetcher
        self._clock = clock
        self._close = close
        self._turn = asyncio.Lock()
        self._places: tuple[float, _Places] | None = None
        self._keys: tuple[float, Sequence[Mapping[str, Any]]] | None = None

    async def authorization_endpoint(self) -> str | Fault:
        """Return where people are sent to sign in."""
        places = await self._found()
        return places if isinstance(places, Fault) else places.authorization

    async def redeem(self, code: str, verifier: str, return_to: str) -> str | Fault:
        """Return the ID token that a code is worth (RFC 6749 section 4.1.3); it is asked for once."""
        places = await self._found()
        if isinstance(places, Fault):
            return places
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": return_to,
            "code_verifier": verifier,
            "client_id": self.client,
        }
        secrets = {"Authorization": self._credentials()} if places.basic else {}
        if not places.basic:
            fields["client_secret"] = self._secret
        body = urlencode(fields).encode()
        answer = await self._fetcher.post_once(places.token, media_type=_FORM, body=body, secrets=secrets)
        return answer if isinstance(answer, Fault) else _id_token(answer)

    async def keys(self, wanted: str) -> Sequence[Mapping[str, Any]] | Fault:
        """Return the issuer's public keys (RFC 7517), asked for anew when the `wanted` one is not among those at hand."""
        async with self._turn:
            known = self._keys
            age = self._clock() - known[0] if known else KEPT
            missing = known is not None and wanted not in [key.get("kid") for key in known[1]]
            if known is not None and age < (BRAKE if missing and wanted else KEPT):
                return known[1]
            fetched = await self._fetched_keys()
            if not isinstance(fetched, Fault):
                self._keys = (self._clock(), fetched)
            return fetched

    async def close(self) -> None:
        """Let go of the connections."""
        if self._close is not None:
            await self._close()

    async def _found(self) -> _Places | Fault:
        async with self._turn:
            return await self._looked_up()

    async def _looked_up(self) -> _Places | Fault:
        if self._places is not None and self._clock() - self._places[0] < KEPT:
            return self._places[1]
        answer = await self._fetcher.get(self.issuer.rstrip("/") + "/.well-known/openid-configuration", accept=_JSON)
        if isinstance(answer, Fault):
            return answer
        places = self._read(_object(answer))
        if not isinstance(places, Fault):
            self._places = (self._clock(), places)
        return places

    def _read(self, said: Mapping[str, Any] | Fault) -> _Places | Fault:
        if isinstance(said, Fault):
            return said
        if said.get("issuer") != self.issuer:
            return _unsound("The issuer names itself otherwise than KENG_OIDC_ISSUER does.")
        named = [said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
        sound = [url for url in named if isinstance(url, str) and self._is_safe(url)]
        if len(sound) < len(named):
            return _unsound("The issuer names no safe address for one of its doors.")
        ways = said.get("token_endpoint_auth_methods_supported")
        basic = not isinstance(ways, list) or "client_secret_basic" in ways or "client_secret_post" not in ways
        return _Places(authorization=sound[0], token=sound[1], keys=sound[2], basic=basic)

    async def _fetched_keys(self) -> Sequence[Mapping[str, Any]] | Fault:
        places = await self._looked_up()
        if isinstance(places, Fault):
            return places
        answer = await self._fetcher.get(places.keys, accept=f"application/jwk-set+json, {_JSON}")
        said = answer if isinstance(answer, Fault) else _object(answer)
        if isinstance(said, Fault):
            return said
        keys = said.get("keys")
        if not isinstance(keys, list):
            return _unsound("The issuer's keys are no key set.")
        return [key for key in keys if isinstance(key, dict)]

    def _is_safe(self, url: str) -> bool:
        """Say whether an address that the issuer names may be asked: by HTTPS, or on this machine where the issuer is."""
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return False
        plain = parts.scheme == "http" and self.issuer.startswith("http://") and _is_here(host)
        odd = parts.username is not None or parts.fragment or not url.isprintable() or " " in url
        return bool(host) and (parts.scheme == "https" or plain) and not odd

    def _credentials(self) -> str:
        """Return client and secret as a header takes them (RFC 6749 section 2.3.1)."""
        pair = f"{quote_plus(self.client)}:{quote_plus(self._secret)}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _id_token(answer: Answer) -> str | Fault:
    said = _object(answer)
    if answer.status == HTTPStatus.OK:
        token = None if isinstance(said, Fault) else said.get("id_token")
        if isinstance(token, str) and token:
            return token
        return _unsound("The issuer gave no ID token for the code.")
    code = None if isinstance(said, Fault) else said.get("error")
    named = code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else "no reason"
    reason = f"The issuer took no code: it answered {answer.status} with {named}."
    return Fault(kind=FaultKind.REFUSED, reason=reason)


def _object(answer: Answer) -> Mapping[str, Any] | Fault:
    """Return the JSON object of an answer, whatever its status says; a Fault when it is none."""
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return _unsound(f"The issuer answered {answer.status} with something that is no JSON object.")
    return said


def _is_here(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or is_loopback(host)


def _unsound(reason: str) -> Fault:
    return Fault(kind=FaultKind.UNSOUND, reason=reason)
