"""The process in which one document is read, so that a hostile one takes down nothing but this (see `reader`).

It takes the bytes on its standard input and the limits as JSON in its argument, and prints the reading as JSON.
"""

import json
import os
import resource
import sys
from dataclasses import asdict

from app.domain.attachments import AttachmentState, Reading
from app.sources.documents import portable, word
from app.sources.documents.limits import EXHAUSTED, ReadingLimits


def read_document(body: bytes, limits: ReadingLimits) -> Reading:
    """Return what a document says; what it is shows in its first bytes, whatever its name or media type claims."""
    if body.startswith(word.BEGINNING):
        return word.read_word(body, limits)
    if portable.BEGINNING in body[: portable.BEGINS_WITHIN]:
        return portable.read_portable(body, limits)
    if body.startswith(word.COMPOUND):
        return word.read_compound(body)
    return Reading(state=AttachmentState.UNSUPPORTED, reason="The file is neither a Word file nor a PDF.")


def confine(limits: ReadingLimits) -> None:
    """Bind this process to its limits of time and memory; it writes no file and leaves no core behind."""
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Read the document on standard input."""
    limits = ReadingLimits(**json.loads(sys.argv[1]))
    confine(limits)
    try:
        found = read_document(sys.stdin.buffer.read(), limits)
        sys.stdout.buffer.write(json.dumps(asdict(found)).encode())
        sys.stdout.flush()
    except (MemoryError, RecursionError):
        os._exit(EXHAUSTED)  # there may be no room left to say more, or to end in order


if __name__ == "__main__":
    main()
