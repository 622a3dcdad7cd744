"""`keng demo` for real: everything on this machine, whatever the environment says, and a clean end."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.demo.readers import READERS

pytestmark = pytest.mark.sockets

LONGEST = 240
PROJECT = Path(__file__).parents[2]


def command(folder: Path, port: int, *, once: bool) -> tuple[list[str], dict[str, str]]:
    """Return the command line of a demo and an environment whose settings would break it if they were looked at."""
    code = f"from app.demo.story import run; raise SystemExit(run(port={port}, once={once}))"
    strangers = {"KENG_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "KENG_SMTP_URL": "smtp://127.0.0.1:1"}
    environment = {**os.environ, **strangers, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1", "COLUMNS": "100"}
    return [sys.executable, "-c", code], environment


@contextmanager
def running(folder: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    line, environment = command(folder, port, once=False)
    process = subprocess.Popen(  # noqa: S603 - our own code
        line, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_once_ends_well_when_the_mails_have_arrived_and_leaves_nothing(tmp_path: Path) -> None:
    line, environment = command(tmp_path, 21000, once=True)

    ended = subprocess.run(  # noqa: S603 - our own code
        line, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )

    said = " ".join(ended.stdout.split())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    assert "dữ liệu mẫu, ngày đã dời" in said
    for reader in READERS:
        assert f"→ {reader.address}: [Kẻng]" in said
    # On a Monday the digest of the week comes on top, with what was not worth a mail at once.
    assert re.search(r"dau-moi@vitas\.example [23] \d+", said)
    assert re.search(r"dau-moi@vasep\.example 1 \d+", said)
    assert re.search(r"chua-xac-nhan@dn\.example 1 0", said)
    assert "chờ người duyệt: tiêu đề và mã hàng trái nhau" in said
    assert "→ dau-moi@lefaso.example: [Kẻng] Công văn" in said
    assert "mọi thư đã đến" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_it_stays_up_until_it_is_stopped_and_then_ends_well(tmp_path: Path, name: signal.Signals) -> None:
    with running(tmp_path, 21100) as process:
        assert process.stdout is not None
        said = ""
        while "/readyz" not in said:
            told = process.stdout.readline()
            assert told, said
            said += told
        assert re.search(r"bien-tap@mau\.example / \S{16}", said)
        assert "/staff" in said
        process.send_signal(name)
        rest, _ = process.communicate(timeout=LONGEST)

    assert process.returncode == 0, said + rest
    assert "Đã dừng" in rest
    assert list(tmp_path.iterdir()) == []


def test_it_can_be_stopped_in_the_middle(tmp_path: Path) -> None:
    with running(tmp_path, 21200) as process:
        assert process.stdout is not None
        for told in process.stdout:
            if "ePing" in told:
                break
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=LONGEST)

    assert process.returncode == 0, rest
    assert "mọi thư đã đến" not in rest
    assert list(tmp_path.iterdir()) == []
