"""Run the migrations against the URL that `app.store.migrations` hands over, or the one in KENG_DATABASE_URL.

All of them happen or none does, and whoever comes meanwhile waits: PostgreSQL by an advisory lock, SQLite by its one
writer, once Python's driver leaves transactions to us.
"""

import os
from typing import Any

from alembic import context
from sqlalchemy import Connection, create_engine, event, pool

from app.store.migrations import blocking_url
from app.store.tables import metadata


def run() -> None:
    url = context.config.attributes.get("url") or blocking_url(os.environ.get("KENG_DATABASE_URL", "sqlite:///keng.db"))
    engine = create_engine(url, poolclass=pool.NullPool)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", prepare)
        event.listen(engine, "begin", begin)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET lock_timeout = '10s'")
            connection.exec_driver_sql("SELECT pg_advisory_lock(771177)")
            connection.commit()
        context.configure(
            connection=connection, target_metadata=metadata, render_as_batch=False, transactional_ddl=True
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=60000")
    connection.execute("PRAGMA journal_mode=WAL")


def begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


run()
