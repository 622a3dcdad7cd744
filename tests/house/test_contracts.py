"""The import contracts in pyproject.toml hold, and each of them can fail."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house import ROOT

CONTRACTS = [
    contract["id"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]

# For each contract, small modules that break it: path below app/ -> text.
VIOLATIONS = {
    ("storeys", "reason reads the database"): {"domain/zz.py": "import app.store\n"},
    ("storeys", "memory opens a door"): {"store/zz.py": "import app.sources\n"},
    ("storeys", "a flow knows a surface"): {"flow/zz.py": "import app.api\n"},
    ("storeys", "a root is imported from below"): {"bootstrap.py": "import app.worker\n"},
    ("storeys", "a module without a storey"): {"utils.py": ""},
    ("storeys", "the import hides in a function"): {"texts/zz.py": "def late():\n    import app.flow\n"},
    ("rings", "two siblings need each other"): {
        "store/zz_one.py": "import app.store.zz_two\n",
        "store/zz_two.py": "def late():\n    import app.store.zz_one\n",
    },
    ("flows", "a stage calls the next"): {"flow/zz_one.py": "import app.flow.zz_two\n", "flow/zz_two.py": ""},
    ("pure", "the domain looks at the clock"): {"domain/zz.py": "import time\n"},
    ("pure", "the domain reads a file"): {"domain/zz.py": "from pathlib import Path\n"},
    ("pure", "the domain speaks SQL"): {"domain/zz.py": "import sqlalchemy\n"},
    ("doors", "a flow sends by itself"): {"flow/zz.py": "import app.senders\n"},
    ("doors", "a flow fetches by itself"): {"flow/zz.py": "def late():\n    import app.sources\n"},
    ("surfaces", "a page borrows from what makes mails"): {"web/zz.py": "from app.flow.deliver import rendering\n"},
    ("surfaces", "the API mails"): {"api/zz.py": "def late():\n    import app.senders\n"},
    ("httpx", "a third file speaks HTTP"): {"sources/zz.py": "import httpx\n"},
    ("second-look", "the check asks what it checks"): {"store/checks/zz.py": "import app.store.outbox\n"},
    ("second-look", "the second opinion is the first"): {
        "store/checks/zz.py": "def late():\n    from app.domain.matching import answers\n"
    },
    ("settings", "a flow reads the environment's settings"): {"flow/zz.py": "import app.settings\n"},
    ("settings", "memory reads the environment's settings"): {"store/zz.py": "from app.settings import Settings\n"},
}


def lint(root: Path, *contracts: str) -> tuple[int, str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", *chosen]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - our own tree
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "app", tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_holds() -> None:
    code, report = lint(ROOT)
    assert code == 0, report
    assert f"{len(CONTRACTS)} kept, 0 broken" in report


def test_every_contract_is_broken_on_purpose_below() -> None:
    assert {contract for contract, _ in VIOLATIONS} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "story"), VIOLATIONS)
def test_a_contract_can_fail(copy: Path, contract: str, story: str) -> None:
    for path, text in VIOLATIONS[contract, story].items():
        (copy / "app" / path).write_text(text)
    code, report = lint(copy, contract)
    assert code == 1, report
    assert "0 kept, 1 broken" in report
