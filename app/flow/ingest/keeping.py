"""Keep records: they become notices, versions, measures and events, many at once and the same in any order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from app.domain.events import Telling, silence_of
from app.domain.intake import Cluster, cluster, components, compose, diff, fingerprint, material, names_of, vanished
from app.domain.measures import event_of
from app.domain.notices import Content, Record, content_to_json
from app.domain.symbols import base_symbols, parse_symbol
from app.store import deadlines, events, merging, notices, threads
from app.store.database import Connection
from app.store.notices import StoredNotice


@dataclass(frozen=True, slots=True)
class Policy:
    """What is told of what comes in; `since` is the first day that counts as recent, `today` is the day in Viet Nam."""

    telling: Telling
    since: date
    today: date


@dataclass(frozen=True, slots=True)
class Kept:
    """How many notices were added, how many say something else than before, and how old the news was, in seconds."""

    added: int = 0
    changed: int = 0
    lags: tuple[float, ...] = ()

    def plus(self, other: "Kept") -> "Kept":
        """Return both counts together."""
        return Kept(self.added + other.added, self.changed + other.changed, self.lags + other.lags)


@dataclass(slots=True)
class _Draft:
    """One notice as the new records leave it, beside how it stood before."""

    ref: str
    content: Content
    records: list[Record]
    stored: StoredNotice | None
    measure_id: int = 0
    notice_id: int = 0

    @property
    def changed(self) -> bool:
        return self.stored is None or fingerprint(self.content) != self.stored.fingerprint

    @property
    def version(self) -> int:
        return 1 if self.stored is None else self.stored.version + self.changed

    @property
    def bases(self) -> tuple[str, ...]:
        """The names of the measure: its base symbols, or the ref of a warning."""
        symbols = [symbol for symbol in map(parse_symbol, self.content.symbols) if symbol is not None]
        return tuple(map(str, base_symbols(symbols))) or (self.ref,)


async def keep(
    connection: Connection, batch: Sequence[Record], policy: Policy, now: datetime, pull_id: int | None
) -> Kept:
    """Keep a batch of records inside the caller's transaction; what is recorded already changes nothing."""
    await notices.serialise_intake(connection)
    fresh = await notices.unseen(connection, batch)
    if not fresh:
        return Kept()
    drafts = await _drafts(connection, fresh)
    await _settle_measures(connection, drafts, now)
    await _write(connection, drafts, now, pull_id)
    await _write_events(connection, [draft for draft in drafts if draft.changed], policy, now)
    moved = sorted({draft.measure_id for draft in drafts if draft.changed})
    await threads.settle(connection, moved, {draft.notice_id for draft in drafts if draft.changed}, now)
    await deadlines.take_back_of_measures(connection, moved, policy.today)
    added = sum(draft.stored is None for draft in drafts)
    return Kept(added, sum(draft.changed for draft in drafts) - added, _lags(drafts, policy, now))


def _lags(drafts: Sequence[_Draft], policy: Policy, now: datetime) -> tuple[float, ...]:
    days = [draft.content.distributed_on for draft in drafts if draft.stored is None and policy.telling is Telling.ALL]
    return tuple((now - datetime(day.year, day.month, day.day, tzinfo=UTC)).total_seconds() for day in days if day)


async def _drafts(connection: Connection, fresh: Sequence[Record]) -> list[_Draft]:
    homes = await notices.homes_of(connection, [name for record in fresh for name in names_of(record)])
    clusters = cluster(fresh, homes)
    for one in clusters:
        for drop in one.homes[1:]:
            await merging.merge_notices(connection, one.homes[0], drop)
    known = [one.homes[0] for one in clusters if one.homes]
    recorded = await notices.records_of(connection, known)
    stored = await notices.load(connection, known)
    return [_draft(one, recorded, stored) for one in clusters]


def _draft(one: Cluster, recorded: Mapping[int, list[Record]], stored: Mapping[int, StoredNotice]) -> _Draft:
    before = stored[one.homes[0]] if one.homes else None
    spoken = (
        {(record.source, record.key, record.language): record for record in recorded.get(before.id, [])}
        if before
        else {}
    )
    spoken |= {(record.source, record.key, record.language): record for record in one.records}
    content = compose(list(spoken.values()))
    if before is not None:
        content = replace(content, flags=(*content.flags, *vanished(before.content, content)))
    return _Draft(names_of_notice(content, one), content, list(one.records), before)


def names_of_notice(content: Content, one: Cluster) -> str:
    """Return the notice's ref: its first symbol as notified, or the name of the warning."""
    return content.symbols[0] if content.symbols else names_of(one.records[0])[0]


async def _settle_measures(connection: Connection, drafts: Sequence[_Draft], now: datetime) -> None:
    """Give each draft its measure: the one that stands, a new one, or one that two turn out to be."""
    known = await notices.measures_of(connection, [name for draft in drafts for name in draft.bases])
    groups = components([draft.bases for draft in drafts], known)
    fresh = [min(names) for names, standing in groups if not standing]
    known |= await notices.add_measures(connection, fresh, now)
    filed: dict[str, int] = {}
    for names, standing in groups:
        number = min(standing) if standing else known[min(names)]
        for drop in sorted(standing - {number}):
            await merging.merge_measures(connection, number, drop)
        filed |= dict.fromkeys(names, number)
    await notices.name_measures(connection, filed)
    for draft in drafts:
        draft.measure_id = filed[draft.bases[0]]


async def _write(connection: Connection, drafts: Sequence[_Draft], now: datetime, pull_id: int | None) -> None:
    new = [draft for draft in drafts if draft.stored is None]
    batch = [(draft.records[0].source, draft.measure_id, draft.ref, draft.content) for draft in new]
    ids = await notices.add_notices(connection, batch, now)
    for draft in drafts:
        draft.notice_id = ids[draft.ref] if draft.stored is None else draft.stored.id
    changed = [draft for draft in drafts if draft.changed]
    await notices.save_notices(
        connection,
        [
            (draft.notice_id, draft.measure_id, draft.version, draft.ref, draft.content)
            for draft in changed
            if draft.stored is not None
        ],
        now,
    )
    await notices.save_names(connection, [(draft.notice_id, draft.content) for draft in changed])
    await notices.save_versions(connection, [_version(draft, now, pull_id) for draft in changed])
    await notices.save_records(
        connection, [(draft.notice_id, record) for draft in drafts for record in draft.records], now
    )


def _version(draft: _Draft, now: datetime, pull_id: int | None) -> dict[str, object]:
    changes = diff(draft.stored.content, draft.content) if draft.stored else ()
    return {
        "notice_id": draft.notice_id,
        "number": draft.version,
        "fingerprint": fingerprint(draft.content),
        "content": content_to_json(draft.content),
        "changes": [[change.field, change.before, change.after] for change in changes],
        "pull_id": pull_id,
        "created_at": now,
    }


async def _write_events(connection: Connection, changed: Sequence[_Draft], policy: Policy, now: datetime) -> None:
    """Log what happened: a new document, or a change that matters. A change of what nobody was told yet rides along."""
    untold = await events.untold_notices(connection, [draft.notice_id for draft in changed if draft.stored])
    rows = []
    for draft in changed:
        happened = (
            (event_of(draft.content), ()) if draft.stored is None else material(draft.stored.content, draft.content)
        )
        if happened is not None:
            silence = silence_of(policy.telling, draft.content.distributed_on, policy.since)
            row = _event(draft, happened[0], now)
            row["changes"] = [[change.field, change.before, change.after] for change in happened[1]]
            row["silence"] = "included" if draft.notice_id in untold else silence
            row["happened_on"] = policy.today if draft.stored else draft.content.distributed_on
            rows.append(row)
    await events.add(connection, rows)


def _event(draft: _Draft, kind: str, now: datetime) -> dict[str, object]:
    return {
        "key": f"{draft.notice_id}:{draft.version}",
        "measure_id": draft.measure_id,
        "notice_id": draft.notice_id,
        "version": draft.version,
        "kind": kind,
        "because": "",
        "created_at": now,
    }
