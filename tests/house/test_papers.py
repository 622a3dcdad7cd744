"""Lock files, dependencies and decision pages say the same as the code."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house import ROOT
from tests.house.laws import house_modules

LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-build.lock", "requirements-postgres.lock"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
LOADED_BY_NAME = {
    "aiosqlite": "SQLAlchemy, by the driver in the URL",
    "asyncpg": "SQLAlchemy, by the driver in the URL",
    "psycopg": "SQLAlchemy, by the driver in the URL",
    "python-multipart": "FastAPI, to read forms",
    "tzdata": "zoneinfo, where the system has no time zones",
}
PIN = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+?)(?P<marker> ;.+?)?(?P<hashes>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n",
    re.MULTILINE,
)


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert PIN.sub("", text) == "", f"{lock} holds something besides hashed pins"
    return {match["name"]: match["version"] for match in PIN.finditer(text)}


def requirements(*extras: str) -> list[Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_hashed_pins_and_no_address(lock: str) -> None:
    assert pins(lock)
    assert "//" not in (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize(("lock", "extras"), [("requirements.lock", ()), ("requirements-dev.lock", ("dev",))])
def test_every_dependency_is_locked_within_its_range(lock: str, extras: tuple[str, ...]) -> None:
    locked = pins(lock)
    wrong = [
        requirement
        for requirement in requirements(*extras)
        if locked.get(canonicalize_name(requirement.name), "0") not in requirement.specifier
    ]
    assert not wrong


def test_developers_build_and_run_with_the_versions_of_production() -> None:
    development = pins("requirements-dev.lock")
    assert pins("requirements.lock").items() <= development.items()
    assert pins("requirements-build.lock").items() <= development.items()


def test_nothing_but_the_hashed_requirements_is_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert {"uv.lock", "pylock.toml", ".venv/"} <= set(ignored)


def test_the_program_imports_only_what_production_has() -> None:
    """What only the development lock brings would be missing at the first start of a server."""
    owners = packages_distributions()
    production = set(pins("requirements.lock"))
    own = {"app", "alembic"} | sys.stdlib_module_names
    missing = {
        f"{module.path}:{line} imports {name}"
        for module in house_modules("app", "alembic")
        for line, name in module.imports
        if (top := name.partition(".")[0]) not in own
        and not {canonicalize_name(owner) for owner in owners.get(top, [])} & production
    }
    assert not missing


def test_every_dependency_is_used() -> None:
    imported = {name.partition(".")[0] for module in house_modules("app", "alembic") for _, name in module.imports}
    owners = packages_distributions()
    used = {canonicalize_name(owner) for name in imported for owner in owners.get(name, [])} | set(LOADED_BY_NAME)
    assert sorted({canonicalize_name(requirement.name) for requirement in requirements()} - used) == []


def test_every_dependency_earns_its_place_on_the_page() -> None:
    (page,) = (path for path in DECISIONS if path.name.endswith("-dependencies.md"))
    listed = re.findall(r"^\| ([a-z][a-z0-9-]*) \| (?!what it does)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(requirement.name for requirement in requirements())


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_page_has_its_form_and_names_what_enforces_it(page: object) -> None:
    text = (ROOT / "docs" / "decisions" / str(page)).read_text(encoding="utf-8")
    title, *_ = text.splitlines()
    assert re.fullmatch(r"# \d{4} .+", title)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Question", "Decision", "Why", "What enforces it"]
    decision = text.partition("## Decision\n\n")[2].partition("\n\n")[0]
    assert re.fullmatch(r"\*\*[^*]+\.\*\*", decision, re.DOTALL), "the decision is one quotable sentence in bold"
    enforcing = text.partition("## What enforces it")[2]
    named = re.findall(r"`([\w.-]*(?:/[\w.-]+)+|[\w-]+\.(?:py|toml|yaml)|Dockerfile)`", enforcing)
    assert named, "nothing enforces it"
    assert not [path for path in named if not (ROOT / path).exists()]


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.name.partition("-")[0]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


def test_dev_py_needs_nothing_but_the_standard_library() -> None:
    (module,) = house_modules("dev.py")
    assert {name.partition(".")[0] for _, name in module.imports} <= sys.stdlib_module_names
    assert ast.get_docstring(ast.parse(module.text))
