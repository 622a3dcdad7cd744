"""The machine surface as a whole: its addresses, and what an application needs to answer them as promised."""

from fastapi import APIRouter, FastAPI, Request

from app.api import documentation, feedback, health, notices, reference, subscriptions
from app.api.doors import ApiDoors

_ADDRESSES = ("/api/", "/openapi.json", "/healthz", "/readyz", "/metrics")


def attach(app: FastAPI, doors: ApiDoors) -> None:
    """Add every address of this surface to an application."""
    app.state.api = doors
    versioned = APIRouter(prefix="/api/v1")
    for part in (notices, reference, subscriptions, feedback):
        versioned.include_router(part.router)
    for router in (versioned, health.router, documentation.router):
        app.include_router(router)
    documentation.describe(app)


def is_ours(request: Request) -> bool:
    """Say whether an address belongs to this surface, also where nothing stands at it."""
    path: str = request.scope["path"]
    return path.startswith(_ADDRESSES)
