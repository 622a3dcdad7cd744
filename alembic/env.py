"""Run the migrations against the URL that `app.store.migrations` hands over, or the one in KENG_DATABASE_URL."""

import os

from alembic import context
from sqlalchemy import create_engine, pool

from app.store.migrations import blocking_url
from app.store.tables import metadata


def run() -> None:
    url = context.config.attributes.get("url") or blocking_url(os.environ.get("KENG_DATABASE_URL", "sqlite:///keng.db"))
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        else:
            connection.exec_driver_sql("SET lock_timeout = '10s'")
            connection.exec_driver_sql("SELECT pg_advisory_lock(771177)")
        connection.commit()
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=False)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
