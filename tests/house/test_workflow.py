"""dev.py and .ci/run: what a developer types is what CI checks, from any directory."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import dev
from tests.house import ROOT


def call(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 - our own programs


@pytest.mark.parametrize("arguments", [(), ("--help",)])
def test_help_tells_every_command_from_any_directory(arguments: tuple[str, ...], tmp_path: Path) -> None:
    told = call(sys.executable, ROOT / "dev.py", *arguments, cwd=tmp_path)
    assert told.returncode == 0
    assert all(f"  {name}" in told.stdout and command.summary in told.stdout for name, command in dev.COMMANDS.items())


@pytest.mark.parametrize(("arguments", "reason"), [(["tset"], "no command 'tset'"), (["install", "x"], "takes no")])
def test_a_slip_of_the_pen_does_nothing_but_help(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dev.main(arguments) == 2
    told = capsys.readouterr()
    assert reason in told.err
    assert told.out == ""


def test_everything_is_checked_also_after_one_check_failed(capfd: pytest.CaptureFixture[str]) -> None:
    checks: dev.Checks = {
        "bad": [sys.executable, "-c", "raise SystemExit(3)"],
        "good": [sys.executable, "-c", "print('still run')"],
    }
    assert dev._check(checks) == 1  # noqa: SLF001 - the workflow's own engine
    told = capfd.readouterr().out
    assert "still run" in told
    assert "FAILED" in told.splitlines()[-1]
    assert told.splitlines()[-1].endswith(": bad")


def test_a_missing_debian_package_is_named_in_one_line_to_whoever_may_not_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dev.os.geteuid", lambda: 1000)
    with pytest.raises(dev.Failure, match=r"run: sudo apt-get install postgresql$"):
        dev._install_from_debian("postgresql")  # noqa: SLF001 - the workflow's own engine


@pytest.mark.parametrize(
    ("there", "asked"),
    [((), [("postfix", "opendkim")]), (("postfix",), [("opendkim",)]), (("postfix", "opendkim"), [])],
)
def test_only_what_the_relay_of_the_tests_lacks_is_installed(
    monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], asked: list[tuple[str, ...]]
) -> None:
    wanted: list[tuple[str, ...]] = []
    monkeypatch.setattr("dev.shutil.which", lambda name, **_: name if name in there else None)
    monkeypatch.setattr(dev, "_install_from_debian", lambda *packages: wanted.append(packages))
    dev._prepare_relay()  # noqa: SLF001 - the workflow's own engine
    assert wanted == asked


@pytest.mark.parametrize(("there", "asked"), [(("soffice",), []), ((), [("libreoffice-writer-nogui",)])])
def test_the_tests_do_without_an_office_that_is_not_to_be_had(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: tuple[str, ...],
    asked: list[tuple[str, ...]],
) -> None:
    wanted: list[tuple[str, ...]] = []

    def lost(*packages: str) -> None:
        wanted.append(packages)
        raise dev.Failure("no such package")

    monkeypatch.setattr("dev.shutil.which", lambda name: name if name in there else None)
    monkeypatch.setattr(dev, "_install_from_debian", lost)
    dev._prepare_office()  # noqa: SLF001 - the workflow's own engine
    assert wanted == asked
    assert ("open Word files with our own reader" in capsys.readouterr().out) == bool(asked)


@pytest.mark.parametrize(("there", "asked"), [((), ["chromium"]), (("google-chrome",), [])])
def test_a_browser_is_installed_only_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, there: tuple[str, ...], asked: list[str]
) -> None:
    wanted: list[str] = []
    monkeypatch.setattr("dev.shutil.which", lambda name, **_: name if name in there else None)
    monkeypatch.setattr(dev, "_install_from_debian", wanted.append)
    dev._prepare_browser()  # noqa: SLF001 - the workflow's own engine
    assert wanted == asked


def test_a_package_that_is_installed_starts_no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(dev, "SERVICE_POLICY", policy)
    for kept in (False, True):
        if kept:
            policy.write_text("#!/bin/sh\nexit 0\n")
        with dev._no_daemons_started():  # noqa: SLF001 - the workflow's own engine
            code = subprocess.run(["sh", policy], check=False).returncode  # noqa: S603, S607 - what was just written
        assert (code, policy.exists()) == (0 if kept else 101, kept)


def test_the_loss_of_the_postgres_wheel_falls_back_on_debian(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []

    def lost(*_: object) -> None:
        raise dev.Failure("no such file in the index")

    monkeypatch.delenv("TEST_POSTGRES_URL", raising=False)
    monkeypatch.setattr(dev, "VENV", tmp_path)
    monkeypatch.setattr(dev, "_install", lost)
    monkeypatch.setattr("dev.Path.glob", lambda *_: iter(()))
    monkeypatch.setattr("dev.shutil.which", lambda _: None)
    monkeypatch.setattr(dev, "_install_from_debian", asked.append)
    dev._prepare_postgres()  # noqa: SLF001 - the workflow's own engine
    assert asked == ["postgresql"]
    assert "the tests take Debian's PostgreSQL" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A project whose dev.py only says how it was called."""
    project = tmp_path / "project"
    (project / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", project / ".ci")
    (project / "dev.py").write_text("import os, sys; print(sys.argv[1:], os.environ['KENG_TEST_DATA'])")
    return project


def test_ci_runs_the_developers_command_on_the_data_beside_the_clone(clone: Path, tmp_path: Path) -> None:
    data = tmp_path / "shared" / "data"
    data.mkdir(parents=True)
    told = call("bash", clone / ".ci" / "run", cwd=tmp_path)
    assert (told.returncode, told.stdout.strip()) == (0, f"['test'] {data}")


def test_ci_fails_where_the_shared_data_is_missing(clone: Path, tmp_path: Path) -> None:
    told = call("bash", clone / ".ci" / "run", cwd=tmp_path)
    assert told.returncode == 1
    assert "the shared data is missing" in told.stderr
