"""The machine surface as one router, and what an application needs to answer as it promises."""

from http import HTTPStatus

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.api import documentation, health, notices, reference, subscriptions
from app.api.documentation import describe
from app.api.doors import ApiDoors

_PATHS = ("/api/", "/openapi.json", "/healthz", "/readyz", "/metrics")
