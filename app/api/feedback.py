"""Handing in what came back: the relay's own door for bounces and complaints, for whoever has its token."""

import asyncio
import hmac
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.api.doors import Doors
from app.api.problems import problems
from app.api.replies import private
from app.domain.errors import unavailable
from app.flow.feedback import Effect, take_in

LONGEST_RECIPIENT = 320
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "One message as it came, headers and all; the beginning is enough.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

router = APIRouter(tags=["feedback"])


class FeedbackParameters(BaseModel):
    """Whom a message was delivered to."""

    model_config = ConfigDict(extra="forbid")

    recipient: Annotated[
        str,
        Field(
            max_length=LONGEST_RECIPIENT,
            description="The address that the message was delivered to; left out, its own headers are asked.",
        ),
    ] = ""


class EffectModel(BaseModel):
    """What a message that was handed in did."""

    effect: Effect


@router.post(
    "/feedback",
    response_model=EffectModel,
    openapi_extra=_BODY,
    responses=problems(
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
)
async def hand_in(
    request: Request,
    doors: Doors,
    asked: Annotated[FeedbackParameters, Query()],
    authorization: Annotated[str | None, Header()] = None,
) -> Response:
    """Take in one message that came back. Handing it in again does nothing more; 503 asks to hand it in later."""
    feedback = doors.feedback
    if feedback is None or not _bears(authorization, feedback.token):
        challenge = {"WWW-Authenticate": "Bearer"}
        raise HTTPException(HTTPStatus.UNAUTHORIZED, "send the feedback token as Bearer", challenge)
    # A + that was not written as %2B arrives as a blank, and no return path holds one.
    recipient = asked.recipient.replace(" ", "+")
    mail = await asyncio.to_thread(feedback.read, await request.body(), recipient)
    effect = await take_in(feedback.desk, mail, "http")
    doors.metrics.feedback.labels("http", effect.value).inc()
    if effect is Effect.TOO_SOON:
        raise unavailable("too-soon", "the mail that it tells of is being handed over; hand it in again in a minute")
    return private(request, EffectModel(effect=effect))


def _bears(authorization: str | None, token: str) -> bool:
    scheme, _, given = (authorization or "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
