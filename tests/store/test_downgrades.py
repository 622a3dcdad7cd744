"""Going back a schema leaves nothing that the program of that schema cannot read, nor would send where it must not go."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, text

from app.domain.deliveries import ENDED, DeliveryKind, DeliveryState
from app.store.migrations import blocking_url
from tests.house import ROOT
from tests.store.test_constraints import differences

KNOWN_AT_0007 = {"confirmation", "instant", "digest", "replay"}
NEW_SINCE = {
    "0019": {"letter"},
    "0017": {"contact"},
    "0013": set[str](),
    "0012": set[str](),
    "0011": set[str](),
    "0010": set[str](),
    "0009": {"link", "new_address", "old_address"},
    "0008": {"reminder"},
    "0007": {"proof"},
}
"""The kinds of mail that the program of a schema cannot read, though that of the next one can."""
STATES = (
    DeliveryState.PENDING,
    DeliveryState.LEASED,
    DeliveryState.HANDING_OVER,
    DeliveryState.UNKNOWN,
    DeliveryState.NEEDS_HUMAN,
    DeliveryState.ACCEPTED,
    DeliveryState.BOUNCED,
)
MOMENT = "'2026-03-02 01:30:00+00:00'"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(blocking_url(database_url))
    yield made
    made.dispose()


def fill(connection: Connection) -> None:
    """One mail of each kind in each state, with its tries and what came back, and a switch that stops each kind."""
    connection.execute(
        text(
            "INSERT INTO subscribers (id, address, wire, identity, language, created_at)"  # noqa: S608 - our own words
            f" VALUES (1, 'nga@x.vn', 'nga@x.vn', 'nga@x.vn', 'vi', {MOMENT})"
        )
    )
    pairs = [(kind, state) for kind in DeliveryKind for state in STATES]
    for number, (kind, state) in enumerate(pairs, start=1):
        recipient = "'other@x.vn'" if kind.endswith("_address") else "NULL"
        unclear = int(state in {DeliveryState.UNKNOWN, DeliveryState.NEEDS_HUMAN})
        connection.execute(
            text(
                "INSERT INTO deliveries (id, key, kind, priority, subscriber_id, recipient, message_id, state, ambiguous,"  # noqa: S608 - our own words
                " due_at, created_at)"
                f" VALUES ({number}, '{kind}:{number}', '{kind}', 3, 1, {recipient}, '{number}@x', '{state}', {unclear},"
                f" {MOMENT}, {MOMENT})"
            )
        )
        connection.execute(
            text(
                "INSERT INTO attempts (delivery_id, number, message_hash, started_at)"  # noqa: S608 - our own words
                f" VALUES ({number}, 1, '', {MOMENT})"
            )
        )
    for kind in DeliveryKind:
        connection.execute(
            text(f"INSERT INTO stops (kind, actor, stopped_at) VALUES ('{kind}', 'staff', {MOMENT})")  # noqa: S608 - our own words
        )


def kinds(connection: Connection, table: str) -> set[str]:
    return set(connection.execute(text(f"SELECT kind FROM {table}")).scalars())  # noqa: S608 - our own words


def test_each_step_back_leaves_only_kinds_of_mail_that_its_program_knows(database_url: str, engine: Engine) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = blocking_url(database_url)
    with engine.begin() as connection:
        fill(connection)
    known = {str(kind) for kind in DeliveryKind}
    for schema, unknown in NEW_SINCE.items():
        command.downgrade(config, schema)
        known -= unknown
        with engine.begin() as connection:
            assert kinds(connection, "deliveries") == known, schema
            assert kinds(connection, "stops") == known, schema
    assert known == KNOWN_AT_0007

    command.upgrade(config, "head")
    assert differences(database_url) == []


def test_what_was_sent_stays_for_the_record_and_what_was_not_goes_out_no_more(
    database_url: str, engine: Engine
) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = blocking_url(database_url)
    with engine.begin() as connection:
        fill(connection)
    command.downgrade(config, "0007")
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT key, kind, state, reason, fence FROM deliveries ORDER BY id")).all()
        tries = connection.execute(text("SELECT count(*) FROM attempts")).scalar_one()
    assert len(rows) == tries == len(DeliveryKind) * len(STATES)
    ends = {(row.key.split(":")[0], STATES[at % len(STATES)]): row for at, row in enumerate(rows)}
    for (kind, before), row in ends.items():
        if kind in KNOWN_AT_0007 or before in ENDED:
            assert (row.state, row.reason, row.fence) == (before, None, 0), row
        else:
            arrived = before in {DeliveryState.HANDING_OVER, DeliveryState.UNKNOWN, DeliveryState.NEEDS_HUMAN}
            said = "schema undone (may have arrived)" if arrived else "schema undone"
            assert (row.state, row.reason, row.fence) == ("skipped", said, 1), row
