"""The keys that the promise of delivery stands on: once for each, whatever runs twice."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

PROMISED = [
    ("events", ("key",)),
    ("matches", ("event_id", "subscription_id")),
    ("items", ("event_id", "subscriber_id")),
    ("digests", ("subscriber_id", "frequency", "local_date")),
    ("digest_runs", ("frequency", "local_date")),
    ("deliveries", ("key",)),
    ("deliveries", ("message_id",)),
    ("attempts", ("delivery_id", "number")),
    ("messages", ("hash",)),
]


@pytest.mark.parametrize(("table", "columns"), PROMISED, ids=lambda value: value if isinstance(value, str) else None)
def test_a_key_that_keeps_a_second_mail_from_being_made_is_there(
    migrated_file: Path, table: str, columns: tuple[str, ...]
) -> None:
    engine = create_engine(f"sqlite:///{migrated_file}")
    inspector = inspect(engine)
    unique = {tuple(one["column_names"]) for one in inspector.get_unique_constraints(table)}
    primary = tuple(inspector.get_pk_constraint(table)["constrained_columns"])
    engine.dispose()
    assert columns in unique | {primary}
