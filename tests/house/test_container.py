"""The Dockerfile's paths and start command work in a clean environment, from another directory, without Docker."""

import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import yaml

from app.settings import PREFIX, Settings
from tests.house import ROOT
from tests.house.container import Image, allowed_in_build, replay

NEEDED = {
    "alembic",
    "alembic.ini",
    "app",
    "pyproject.toml",
    "README.md",
    "requirements.lock",
    "requirements-build.lock",
}
KEY = "k" * 32


@pytest.fixture
def image(tmp_path: Path) -> Image:
    return replay(ROOT, tmp_path / "image")


@pytest.fixture
def compose() -> dict[str, Any]:
    file: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return file


def started(image: Image, *arguments: str, **environment: str) -> list[Any]:
    """Return the arguments of Popen for the image's entry point, as pip makes it, in a bare environment."""
    module, function = entry_point(image)
    program = f"import sys; sys.argv[0] = 'keng'; from {module} import {function}; sys.exit({function}())"
    variables = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(image.home), **image.start_environment(), **environment}
    return [[sys.executable, "-c", program, *arguments], variables]


def entry_point(image: Image) -> tuple[str, str]:
    """Build the editable wheel in the replayed tree, as the Dockerfile does, and return what `keng` calls."""
    build = "import sys; from hatchling.build import build_editable; print(build_editable(sys.argv[1]))"
    built = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", build, str(image.root)], cwd=image.home, capture_output=True, text=True, check=True
    )
    with zipfile.ZipFile(image.root / built.stdout.split()[-1]) as wheel:
        names = {Path(name).name: name for name in wheel.namelist()}
        (path,) = (wheel.read(name).decode().strip() for name in wheel.namelist() if name.endswith(".pth"))
        assert Path(path).resolve() == image.home.resolve()
        entries = ConfigParser()
        entries.read_string(wheel.read(names["entry_points.txt"]).decode())
    module, _, function = entries["console_scripts"][image.entrypoint[0]].partition(":")
    return module, function


@contextmanager
def serving(image: Image, elsewhere: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    own = {"KENG_SECRET_KEY": KEY, "KENG_LISTEN": f"127.0.0.1:{port}", "KENG_SMTP_URL": "smtp://127.0.0.1:9"}
    command, variables = started(image, *image.command, **own)
    with subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=elsewhere, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answer(address: str, process: subprocess.Popen[str]) -> int:
    """Return the status that the address answers with, as soon as it answers; fail when the process ends first."""
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310 - an address on loopback
                return int(response.status)
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    process.kill()
    pytest.fail(f"no answer at {address}: {process.communicate()[0]}")


def test_the_image_holds_what_it_needs_and_nothing_else(image: Image) -> None:
    assert set(image.copied) == NEEDED
    assert len(image.copied) == len(NEEDED)
    assert set(allowed_in_build(ROOT)) == NEEDED
    assert {path.name for path in image.home.iterdir()} == NEEDED
    assert set(image.installed) == {"requirements.lock", "requirements-build.lock", "."}


def test_the_image_runs_as_a_user_of_its_own_and_says_where_it_listens(image: Image) -> None:
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", image.base)
    assert image.user not in {"root", "0"}
    (port,) = image.ports
    assert image.environment["KENG_LISTEN"] == f"0.0.0.0:{port}"
    assert f"http://127.0.0.1:{port}/healthz" in image.healthcheck[-1]
    assert not [name for name in image.environment if re.search("SECRET|PASSWORD|TOKEN|KEY", name)]


@pytest.mark.sockets
def test_the_start_command_serves_from_another_directory_and_ends_when_told(image: Image, tmp_path: Path) -> None:
    elsewhere, port = tmp_path / "elsewhere", free_port()
    elsewhere.mkdir()
    with serving(image, elsewhere, port) as process:
        assert answer(f"http://127.0.0.1:{port}/healthz", process) == 200
        process.send_signal(signal.SIGTERM)
        printed, _ = process.communicate(timeout=30)
    assert process.returncode in {0, -signal.SIGTERM}, printed
    assert list(elsewhere.iterdir()) == []


def test_the_replayed_program_is_the_copied_one(image: Image, tmp_path: Path) -> None:
    _, variables = started(image)
    asked = [sys.executable, "-c", "import app; print(app.__file__)"]
    told = subprocess.run(asked, cwd=tmp_path, env=variables, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    assert Path(told.stdout.strip()).resolve().is_relative_to(image.home.resolve())


def test_every_service_runs_a_command_that_exists(image: Image, compose: dict[str, Any], tmp_path: Path) -> None:
    commands = [service["command"] for service in compose["services"].values() if service.get("image") == "keng"]
    assert len(commands) == 3
    for command in commands:
        call, variables = started(image, *command, "--help")
        told = subprocess.run(call, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
        assert told.returncode == 0, told.stdout + told.stderr


def test_compose_hands_on_every_setting_and_holds_no_secret(compose: dict[str, Any]) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    given: dict[str, str] = compose["x-keng"]["environment"]
    assert set(given) == known
    for name in ("KENG_SECRET_KEY", "KENG_SMTP_URL", "KENG_BASE_URL"):
        assert given[name].startswith(f"${{{name}:?")
    secret = {value for name, value in given.items() if re.search("SECRET|PASSWORD|TOKEN|KEY", name)}
    assert all(re.fullmatch(r"\$\{\w+:(?:-|\?.+)\}", value) for value in secret)
    assert "${KENG_DATABASE_PASSWORD:?" in given["KENG_DATABASE_URL"]
    assert "${KENG_DATABASE_PASSWORD:?" in compose["services"]["database"]["environment"]["POSTGRES_PASSWORD"]
