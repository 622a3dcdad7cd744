"""The laws hold over the whole house, and each of them can be broken."""

import pytest

from tests.house import laws
from tests.house.laws import LAWS, Law, Module, house_modules

BREACHES = {
    "only_use_cases_write": Module(
        "app/api/v1.py", "async def add(database):\n    async with database.writing():\n        ...\n"
    ),
    "memory_never_commits": Module(
        "app/store/notices.py", "async def add(connection):\n    await connection.commit()\n"
    ),
    "only_memory_speaks_sql": Module("app/flow/ingest.py", "def late():\n    from sqlalchemy import select\n"),
    "suppressions_give_a_reason": Module("app/cli/main.py", "print()  # noqa: T201\n"),
    "modules_are_short": Module("app/web/pages.py", "x = 1\n" * 401),
    "names_say_something": Module("app/web/utils.py", ""),
}
IMPURE = (
    "import requests\n",
    "from app.store import notices\n",
    "from app import store\n",
    "from datetime import datetime\nnow = datetime.now()\n",
    "import datetime\ntoday = datetime.date.today()\n",
    "import uuid\nkey = uuid.uuid4()\n",
    "import random\nlot = random.choice('ab')\n",
    "import time\nnow = time.time()\n",
)
UNREASONED = (
    "x = 1  # noqa\n",
    "x = 1  # noqa: E501\n",
    "x = 1  # type: ignore\n",
    "x = 1  # type: ignore[attr-defined]\n",
    "# ruff: noqa\n",
    "x = 1  # pragma: no cover\n",
)
REASONED = (
    "x = 1  # noqa: E501 - the address stays whole\n",
    "x = 1  # noqa: E501, S101 - the address stays whole\n",
    "x = 1  # type: ignore[attr-defined]  # the stubs lack it\n",
    'x = "# noqa"\n',
)


@pytest.mark.parametrize("law", LAWS)
def test_the_house_keeps_the_law(law: Law) -> None:
    written = house_modules("app", "alembic", "dev.py")
    everything = [*written, *house_modules("tests", "bench")]
    breaches = list(law(everything if law is laws.suppressions_give_a_reason else written))
    assert not breaches, "\n".join(breaches)


@pytest.mark.parametrize("law", [law for law in LAWS if law.__name__ in BREACHES])
def test_a_law_can_be_broken(law: Law) -> None:
    assert list(law([BREACHES[law.__name__]]))


@pytest.mark.parametrize("text", IMPURE)
def test_reason_that_is_not_pure_is_found(text: str) -> None:
    assert list(laws.reason_is_pure([Module("app/domain/zz.py", text)]))
    assert not list(laws.reason_is_pure([Module("app/flow/zz.py", text)]))


def test_reason_may_use_the_standard_library_itself_and_the_automaton() -> None:
    text = "import re\nfrom datetime import date\nimport ahocorasick\nfrom app.domain.symbols import Symbol\n"
    assert not list(laws.reason_is_pure([Module("app/domain/zz.py", text)]))


@pytest.mark.parametrize("text", UNREASONED)
def test_a_suppression_without_a_reason_is_found(text: str) -> None:
    assert list(laws.suppressions_give_a_reason([Module("app/zz.py", text)]))


@pytest.mark.parametrize("text", REASONED)
def test_a_suppression_with_a_reason_passes(text: str) -> None:
    assert not list(laws.suppressions_give_a_reason([Module("app/zz.py", text)]))


def test_a_long_function_is_found_and_its_docstring_is_not_counted() -> None:
    body = "    x = 1\n" * 39
    assert not list(
        laws.functions_are_short([Module("app/zz.py", f'def short():\n    """Say.\n\n    More.\n    """\n{body}')])
    )
    assert list(laws.functions_are_short([Module("app/zz.py", f"def long():\n    x = 0\n{body}")]))


def test_functions_that_are_all_of_middling_length_are_found() -> None:
    text = "".join(f"def number_{number}():\n" + "    x = 1\n" * 12 for number in range(3))
    found = list(laws.half_of_the_functions_are_very_short([Module("app/zz.py", text)]))
    assert found == ["the median function has 13 lines"]


def test_no_exception_outlives_what_it_excused() -> None:
    modules = house_modules("app", "alembic", "dev.py")
    long_modules = {module.path for module in modules if len(module.text.splitlines()) > laws.MOST_MODULE_LINES}
    long_functions = {
        f"{module.path}:{function.name}"
        for module in modules
        for function, lines in module.functions
        if lines > laws.MOST_FUNCTION_LINES
    }
    assert set(laws.LONG_MODULES) <= long_modules
    assert set(laws.LONG_FUNCTIONS) <= long_functions
