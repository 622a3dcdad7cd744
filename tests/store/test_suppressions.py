"""Suppressions came out of two columns of `subscribers`: nobody who was suppressed is written to again by an upgrade."""

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from app.store.migrations import blocking_url
from tests.house import ROOT

BEFORE = "0012-1"


def test_the_suppressed_stay_suppressed_when_the_schema_goes_forward_and_back(database_url: str) -> None:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = blocking_url(database_url)
    command.downgrade(config, BEFORE)
    engine = create_engine(blocking_url(database_url))
    with engine.begin() as connection:
        for name, suppressed in (("nga", "'2026-03-01 00:00:00'"), ("lan", "NULL")):
            connection.execute(
                text(
                    "INSERT INTO subscribers (address, wire, identity, language, created_at, suppressed_at, suppressed_because)"  # noqa: S608 - two words of our own
                    f" VALUES ('{name}@x.vn', '{name}@x.vn', '{name}@x.vn', 'vi', '2026-02-01 00:00:00', {suppressed}, '550 5.1.1')"
                )
            )
    command.upgrade(config, "0012")
    with engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT identity, reason, detail, source, ended_at FROM suppressions"
                " JOIN subscribers ON subscribers.id = subscriber_id"
            )
        ).all()
    assert [tuple(row) for row in rows] == [("nga@x.vn", "no_such_address", "550 5.1.1", "relay", None)]

    command.downgrade(config, BEFORE)
    with engine.begin() as connection:
        rows = connection.execute(
            text("SELECT identity, suppressed_because FROM subscribers WHERE suppressed_at IS NOT NULL")
        ).all()
    assert [tuple(row) for row in rows] == [("nga@x.vn", "550 5.1.1")]
    engine.dispose()
