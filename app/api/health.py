"""For those who watch: is the process up, is the installation ready to do its work, and its numbers."""

import hmac
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel

from app.api.doors import ApiDoors, Doors
from app.api.limits import caller_of
from app.api.parameters import no_parameters
from app.api.problems import problems
from app.api.replies import private
from app.domain.alarms import GRAVITY_OF, Alarm, Gravity
from app.store import readiness
from app.store.readiness import Hearing, State
from app.telemetry.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"], dependencies=[Depends(no_parameters)])


class CheckModel(BaseModel):
    """One thing that must be in order."""

    name: str
    ok: bool
    detail: str


class ReadyModel(BaseModel):
    """Whether everything is in order, and each check."""

    ready: bool
    checks: list[CheckModel]


class AliveModel(BaseModel):
    """The process answers."""

    status: str = "ok"


@router.get("/healthz", response_model=AliveModel)
async def answer_alive(request: Request) -> Response:
    """Say that this process is up; nothing else is looked at."""
    return private(request, AliveModel())


@router.get(
    "/readyz",
    response_model=ReadyModel,
    responses={503: {"model": ReadyModel, "description": "Something is not in order."}},
)
async def answer_ready(request: Request, doors: Doors) -> Response:
    """Say whether the database answers with the newest schema, the jobs beat and no source is silent (MO-04)."""
    checks = await _checks(doors)
    ready = all(check.ok for check in checks)
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return private(request, ReadyModel(ready=ready, checks=checks), status)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problems(HTTPStatus.FORBIDDEN)},
)
async def show_metrics(request: Request, doors: Doors) -> Response:
    """Show this process's numbers to Prometheus: from this machine, or with the metrics token as Bearer."""
    if caller_of(request) is not None and not _bears(request, doors.metrics_token):
        raise HTTPException(HTTPStatus.FORBIDDEN, "metrics are for this machine or for the bearer of the metrics token")
    await _gauge(doors)
    return Response(doors.metrics.rendered(), headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE)


async def _gauge(doors: ApiDoors) -> None:
    """Set the gauges to what stands in the database; one that does not answer leaves them as they were."""
    state = await readiness.state(doors.database)
    if state is None:
        return
    metrics = doors.metrics
    for gauge in (metrics.deliveries, metrics.ambiguous, metrics.holds, metrics.queue_age, metrics.heartbeat_age):
        gauge.clear()
    for name in state.holds:
        metrics.holds.labels(name).set(1)
    for beat in state.heartbeats:
        metrics.heartbeat_age.labels(beat.job).set((state.now - beat.beat_at).total_seconds())
    metrics.alarms.clear()
    for alarm in state.alarms:
        metrics.alarms.labels(alarm.name).set(alarm.findings)
    for queue in state.queues:
        metrics.deliveries.labels(queue.kind, queue.state).set(queue.deliveries)
        metrics.ambiguous.labels(queue.kind, queue.state).set(queue.ambiguous)
        if queue.due_since is not None:
            metrics.queue_age.labels(queue.kind).set(max((state.now - queue.due_since).total_seconds(), 0))


async def _checks(doors: ApiDoors) -> list[CheckModel]:
    state = await readiness.state(doors.database)
    if state is None:
        return [CheckModel(name="database", ok=False, detail="does not answer")]
    answering = CheckModel(name="database", ok=True, detail="answers")
    if not state.current:
        return [answering, CheckModel(name="schema", ok=False, detail="is behind; run: keng db upgrade")]
    current = CheckModel(name="schema", ok=True, detail="is current")
    return [answering, current, *_jobs(doors, state), *_sources(doors, state), *_alarms(state)]


def _jobs(doors: ApiDoors, state: State) -> list[CheckModel]:
    if doors.worker_expected and not state.heartbeats:
        return [CheckModel(name="worker", ok=False, detail="no job has run yet")]
    return [
        CheckModel(
            name=f"job {beat.job}",
            ok=beat.is_fresh(state.now),
            detail=f"last finished, or first expected, {_ago(state.now, beat.beat_at)} ago,"
            f" due every {beat.period.total_seconds():.0f} s",
        )
        for beat in state.heartbeats
        if beat.job in doors.jobs
    ]


def _sources(doors: ApiDoors, state: State) -> list[CheckModel]:
    return [
        CheckModel(
            name=f"source {one.source}", ok=not one.is_silent(state.now, doors.silent_after), detail=_heard(one, state)
        )
        for one in state.hearings
        if one.source in doors.sources
    ]


def _alarms(state: State) -> list[CheckModel]:
    """Say which alarms stand; a warning is shown, and is in order."""
    return [
        CheckModel(
            name=f"alarm {one.name}",
            ok=GRAVITY_OF[Alarm(one.name)] is Gravity.WARNING,
            detail=f"stands for {_ago(state.now, one.raised_at)}, findings: {one.findings}; run: keng reconcile",
        )
        for one in state.alarms
    ]


def _heard(one: Hearing, state: State) -> str:
    if one.last_success_at is None:
        return "has never answered soundly"
    return f"last answered soundly {_ago(state.now, one.last_success_at)} ago"


def _ago(now: datetime, then: datetime) -> str:
    return f"{max((now - then).total_seconds(), 0):.0f} s"


def _bears(request: Request, token: str | None) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return token is not None and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), token.encode())
