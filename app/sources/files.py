"""What all files of notices have in common: how they are taken in, and how their rows become pages."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path

from app.domain.errors import invalid
from app.domain.notices import Record
from app.domain.visits import Complaint, Page, Payload

ROWS_PER_PAGE = 1_000
FILE_BYTES = 256 * 1024 * 1024


def load(path: Path, media_type: str) -> Payload:
    """Read a file whole, as it is kept. Raises `AppError` (invalid) when it is missing, empty or too large."""
    try:
        size = path.stat().st_size
        if size > FILE_BYTES:
            raise invalid("file-too-large", f"{path.name} has {size} bytes; at most {FILE_BYTES} are taken.")
        body = path.read_bytes()
    except OSError as error:
        raise invalid("file-unreadable", f"{path.name} cannot be read: {error.strerror}.") from error
    if not body:
        raise invalid("file-empty", f"{path.name} is empty.")
    return Payload(hash=sha256(body).hexdigest(), media_type=media_type, body=body)


def pages(found: Iterable[Record | Complaint], payload: Payload) -> Iterator[Page]:
    """Gather records and complaints into pages of about a thousand; the file itself goes with the first one.

    Of two rows with the same key on one page the first is taken, and the other one remarked.
    """
    rest = iter(found)
    kept: Payload | None = payload
    while chunk := list(islice(rest, ROWS_PER_PAGE)):
        records: dict[tuple[str, str, str], Record] = {}
        remarks: list[str] = []
        for record in chunk:
            if isinstance(record, Record):
                first = records.setdefault((record.source, record.key, record.language), record)
                if first is not record:
                    remarks.append(f"{record.position} repeats {first.position}.")
        yield Page(
            payload=kept,
            records=tuple(records.values()),
            complaints=tuple(complaint for complaint in chunk if isinstance(complaint, Complaint)),
            remarks=tuple(remarks),
        )
        kept = None
