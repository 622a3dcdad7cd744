"""Known faults as patches: each must make one of the tests fail that its patch names."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.house import ROOT

FOLDER = Path(__file__).parent
_COPIED = ("app", "alembic", "tests", "docs", "alembic.ini", "pyproject.toml", "dev.py")
_CAUGHT = re.compile(r"^Caught by: (\S+)$", re.MULTILINE)
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_BROKEN = 2
"""Exit codes of pytest from here on mean that the tests did not run, which proves nothing."""


@dataclass(frozen=True)
class Mutant:
    """A fault: its name, what goes wrong in words, the patch that puts it in, the tests that must notice."""

    name: str
    words: str
    patch: Path
    tests: tuple[str, ...]


def _read(patch: Path) -> Mutant:
    text = patch.read_text("utf-8")
    return Mutant(patch.stem, text.partition("\n")[0], patch, tuple(_CAUGHT.findall(text)))


MUTANTS = {mutant.name: mutant for mutant in map(_read, sorted(FOLDER.glob("*.patch")))}


def caught_by(mutant: Mutant) -> list[str]:
    """Put the fault into a copy and run its tests there; return those that failed.

    Raises RuntimeError when the patch does not fit, or when pytest could not run the tests.
    """
    with tempfile.TemporaryDirectory(prefix="keng-mutant-") as folder:
        copy = Path(folder)
        copy_to(copy)
        apply(mutant, copy)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests]
        environment = {**os.environ, "PYTHONPATH": folder}
        done = subprocess.run(  # noqa: S603 - our own interpreter and tests
            command, cwd=copy, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode >= _BROKEN:
        raise RuntimeError(f"{mutant.name}: pytest ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr}")
    return _FAILED.findall(done.stdout)


def copy_to(folder: Path) -> None:
    """Copy what the tests need."""
    for name in _COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def apply(mutant: Mutant, folder: Path) -> None:
    """Change a copy as the patch says. RuntimeError when it does not fit any more."""
    command = ["git", "apply", "--verbose", str(mutant.patch)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - git as everybody has it
    if done.returncode != 0 or "Skipped" in done.stderr:
        raise RuntimeError(f"{mutant.name} does not fit any more; write its patch anew:\n{done.stderr}")
