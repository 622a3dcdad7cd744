"""What is not as it should be, who was mailed about it, and when holds were lifted."""

from sqlalchemy import Column, Date, Integer, PrimaryKeyConstraint, Table, Text

from app.store.tables.base import Document, Instant, metadata

alarms = Table(
    "alarms",
    metadata,
    Column("name", Text, primary_key=True, comment="as in domain.alarms.Alarm"),
    Column("raised_at", Instant, nullable=False, comment="when it was first seen since it last was over"),
    Column("seen_at", Instant, nullable=False, comment="when it was last seen"),
    Column("gone_at", Instant, comment="the first look that did not find it any more; null while it stands"),
    Column("recovered_at", Instant, comment="when it counted as over"),
    Column("total", Integer, nullable=False, comment="how many findings there were at the last look"),
    Column("findings", Document, nullable=False, comment="the first of them: check, ref, count, note"),
)

alarm_mails = Table(
    "alarm_mails",
    metadata,
    Column("name", Text, nullable=False),
    Column("raised_at", Instant, nullable=False, comment="as in alarms: which time it was raised"),
    Column("news", Text, nullable=False, comment="standing or recovered"),
    Column("local_date", Date, nullable=False, comment="the day in Viet Nam; one mail a day while it stands"),
    Column("recipient", Text, nullable=False, comment="keyed hash of the operator's address"),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("due_at", Instant, nullable=False, comment="not tried, or tried again, before this moment"),
    Column("sent_at", Instant),
    PrimaryKeyConstraint("name", "raised_at", "news", "local_date", "recipient"),
)

lifted_holds = Table(
    "lifted_holds",
    metadata,
    Column("name", Text, primary_key=True),
    Column("lifted_at", Instant, nullable=False, comment="from here the brake counts anew"),
)
