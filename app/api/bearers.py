"""Who asks: the subscriber whose manage token a request bears."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, HTTPException

from app.api.doors import Doors
from app.store import subscriptions
from app.vault.purposes import MANAGE, read_bearer
from app.vault.tokens import verify


async def _subscriber(doors: Doors, authorization: Annotated[str | None, Header()] = None) -> int | None:
    """Return the subscriber whose manage token the request bears; None when it bears none that holds."""
    scheme, _, token = (authorization or "").partition(" ")
    subject = verify(MANAGE, token.strip(), doors.desk.keys) if scheme.lower() == "bearer" else None
    if subject is None:
        return None
    async with doors.database.reading() as connection:
        return await subscriptions.of_bearer(connection, *read_bearer(subject))


OptionalBearer = Annotated[int | None, Depends(_subscriber)]


def _bearer(subscriber: OptionalBearer) -> int:
    """Return the subscriber, or answer 401."""
    if subscriber is None:
        challenge = {"WWW-Authenticate": "Bearer"}
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "send the token of a manage link as Bearer", challenge)
    return subscriber


Bearer = Annotated[int, Depends(_bearer)]
