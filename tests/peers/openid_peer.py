"""An OpenID Connect issuer on a real loopback socket: discovery, keys, sign-in page, codes and signed ID tokens.

It keeps the protocol (PKCE, client secret, a code once) and does wrong what a test asks of it. Use it as
`async with OpenIdPeer(clock) as issuer:`; whoever opens its sign-in page is `person`, at once or by a button.
"""

import base64
import hashlib
import hmac
import html
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote_plus, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.peers.http_peer import HttpPeer, Reply, Request

CLIENT = "keng"
SECRET = "a secret: of the peer & nobody else"

Forge = Callable[[dict[str, Any]], str]


@cache
def rsa_key(name: str = "first") -> RSAKey:
    """A key pair of one's own for each name; making one takes a tenth of a second."""
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"})


@cache
def ec_key(name: str = "curve") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig"})


@dataclass
class OpenIdPeer:
    """The issuer. `person` are the claims of who signs in, `changed` what is put in its tokens besides, None: left out.

    `key` signs, `shown` are the keys that it publishes. `forge` makes the token instead; `token_reply` answers instead.
    """

    clock: Callable[[], datetime]
    person: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: RSAKey | ECKey = field(default_factory=rsa_key)
    alg: str = "RS256"
    shown: list[RSAKey | ECKey] = field(default_factory=lambda: [rsa_key()])
    forge: Forge | None = None
    token_reply: Reply | None = None
    asks_first: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _peer: HttpPeer = field(init=False)

    def __post_init__(self) -> None:
        self._peer = HttpPeer(self._answer)

    async def __aenter__(self) -> Self:
        await self._peer.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._peer.__aexit__(kind, error, trace)

    @property
    def url(self) -> str:
        return self._peer.url

    def asked(self, path: str) -> list[Request]:
        """The requests for one of its doors."""
        return [one for one in self._peer.requests if one.path == path]

    def _answer(self, request: Request) -> Reply:
        doors: Mapping[str, Callable[[Request], Reply]] = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": self._keys,
            "/authorize": self._authorize,
            "/elsewhere": self._authorize,
            "/token": self._token,
            "/nothing": lambda _: Reply(status=204),  # a browser that is led here stays where it is
        }
        door = doors.get(request.path)
        return door(request) if door else Reply(status=404)

    def _discovery(self, _: Request) -> Reply:
        doors = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return _json({"issuer": self.url, **{name: self.url + path for name, path in doors.items()}, **self.metadata})

    def _keys(self, _: Request) -> Reply:
        return _json({"keys": [key.as_dict(private=False) for key in self.shown]})

    def _authorize(self, request: Request) -> Reply:
        asked = request.query
        if self.asks_first and request.path != "/elsewhere":
            # As an issuer does that leaves the proof to another one: by a redirect to another origin.
            away = f"http://localhost:{self._peer.port}/elsewhere?{urlencode(asked)}"
            return Reply(status=302, headers={"Location": away})
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert (asked["code_challenge_method"], asked["scope"]) == ("S256", "openid email")
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.url})}"
        if self.asks_first:
            page = f'<!DOCTYPE html><title>Issuer</title><p><a href="{html.escape(back)}">That is me</a>'
            return Reply(headers={"Content-Type": "text/html"}, body=page.encode())
        return Reply(status=302, headers={"Location": back})

    def _token(self, request: Request) -> Reply:
        if self.token_reply is not None:
            return self.token_reply
        form = dict(parse_qsl(request.body.decode()))
        known = self.codes.pop(form["code"], None)
        if not self._is_client(request, form):
            return _json({"error": "invalid_client"}, 401)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        if known is None or known["code_challenge"] != challenge.decode():
            return _json({"error": "invalid_grant", "error_description": f"no such code: {form['code']}"}, 400)
        assert form["redirect_uri"] == known["redirect_uri"]
        return _json({"access_token": "unused", "token_type": "Bearer", "id_token": self._signed(known["nonce"])})

    def _is_client(self, request: Request, form: Mapping[str, str]) -> bool:
        if "client_secret" in form:
            return form["client_secret"] == SECRET
        client, _, secret = base64.b64decode(request.headers["authorization"].partition(" ")[2]).decode().partition(":")
        return (unquote_plus(client), unquote_plus(secret)) == (CLIENT, SECRET)

    def _signed(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims = {"iss": self.url, "aud": CLIENT, "nonce": nonce, "iat": now, "exp": now + 300, **self.person}
        kept = {name: value for name, value in {**claims, **self.changed}.items() if value is not None}
        if self.forge is not None:
            return self.forge(kept)
        return jwt.encode({"alg": self.alg, "kid": self.key.kid, **self.header}, kept, self.key, [self.alg])


def unsigned(claims: dict[str, Any]) -> str:
    """A token that nobody signed."""
    return f"{_part({'alg': 'none'})}.{_part(claims)}."


def signed_with_the_public_key(claims: dict[str, Any]) -> str:
    """A token under a shared key that everybody knows: the issuer's public one."""
    public = rsa_key().as_pem(private=False)
    body = f"{_part({'alg': 'HS256', 'kid': 'first'})}.{_part(claims)}"
    tag = base64.urlsafe_b64encode(hmac.digest(public, body.encode(), "sha256")).rstrip(b"=")
    return f"{body}.{tag.decode()}"


def _part(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _json(value: Mapping[str, Any], status: int = 200) -> Reply:
    return Reply(status=status, headers={"Content-Type": "application/json"}, body=json.dumps(value).encode())
