"""LibreOffice, where the machine has it: opens Word files as the offices do that get them, and prints them as PDFs."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_LONGEST = 900
_RESTART = 81
"""How it ends when it has only furnished a new profile and wants to be called again."""


def program() -> str | None:
    """Return the program's path; `python3 dev.py install` brings it on Debian."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def as_pdfs(files: Sequence[Path], folder: Path) -> list[bytes]:
    """Return each Word file as a PDF, printed by LibreOffice in a profile of its own; CalledProcessError when it fails."""
    found = program()
    assert found is not None
    with tempfile.TemporaryDirectory(prefix="keng-office-") as profile:
        command = [found, "--headless", "--norestore", f"-env:UserInstallation=file://{profile}/profile"]
        command += ["--convert-to", "pdf", "--outdir", str(folder), *map(str, files)]
        environment = {"HOME": profile, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
        for _ in range(2):
            code = _ended(command, environment)
            if code != _RESTART:
                break
        if code:
            raise subprocess.CalledProcessError(code, command)
    return [(folder / file.with_suffix(".pdf").name).read_bytes() for file in files]


def _ended(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command in a group of its own and return its exit code; the whole group ends with it when it takes too long."""
    with subprocess.Popen(  # noqa: S603 - the machine's own program
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
    ) as running:
        try:
            return running.wait(_LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            raise
