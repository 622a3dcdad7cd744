"""Whose data the bearer of a mailed link may see and change."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request

from app.store import subscriptions
from app.vault.purposes import MANAGE, read_bearer
from app.vault.tokens import verify
from app.web.doors import doors_of


async def bearer_of(request: Request) -> int:
    """Return whose subscriptions the link manages; 404 for any other token, also one from before a change of address."""
    doors = doors_of(request)
    subject = verify(MANAGE, request.path_params["token"], doors.keys)
    if subject is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    async with doors.database.reading() as connection:
        subscriber = await subscriptions.of_bearer(connection, *read_bearer(subject))
    if subscriber is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return subscriber
