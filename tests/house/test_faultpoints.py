"""Fault points: nothing without the fault kit, a dead stop with it."""

import os
import signal
import subprocess
import sys

import pytest

from app.faultpoints import VARIABLE, faultpoint
from tests.house import ROOT

PROGRAM = "from app.faultpoints import faultpoint; faultpoint('one'); faultpoint('two'); print('past both')"


def test_without_the_fault_kit_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    faultpoint("after_dot")
    monkeypatch.setenv(VARIABLE, "")
    faultpoint("after_dot")


@pytest.mark.parametrize(("kill", "ends"), [(False, 0), (True, -signal.SIGKILL)])
def test_a_named_point_reports_itself_and_waits_to_be_killed_or_sent_on(*, kill: bool, ends: int) -> None:
    reported, report = os.pipe()
    resumed, resume = os.pipe()
    child = subprocess.Popen(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, VARIABLE: f"two,three:{report}:{resumed}"},
        pass_fds=(report, resumed),
        stdout=subprocess.PIPE,
        text=True,
    )
    for inherited in (report, resumed):
        os.close(inherited)
    assert os.read(reported, 100) == b"two\n"
    if kill:
        child.kill()
    else:
        os.write(resume, b"!")
    said, _ = child.communicate(timeout=30)
    assert (child.returncode, said) == (ends, "" if kill else "past both\n")
    for end in (reported, resume):
        os.close(end)
