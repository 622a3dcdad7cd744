"""The laws that no linter knows: each reads modules and yields a line for every breach."""

import ast
import io
import re
import sys
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import PurePosixPath
from statistics import median

from tests.house import ROOT

MOST_MODULE_LINES = 400
MOST_FUNCTION_LINES = 40
MEDIAN_FUNCTION_LINES = 12
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "manager", "managers", "misc", "common", "stuff"}
PURE_PACKAGES = {"ahocorasick", "rapidfuzz"}

LONG_MODULES = {
    "alembic/versions/0001_the_spine.py": "one step of the schema, a statement for each table",
}
"""Modules over the limit, by path, each with the reason why it stays whole."""

LONG_FUNCTIONS = {
    "app/cli/people.py:subscribe": "its options are the command's interface, one after the other",
    "alembic/versions/0001_the_spine.py:upgrade": "one step of the schema, a statement for each table",
    "alembic/versions/0001_the_spine.py:downgrade": "one step of the schema, a statement for each table",
}
"""Functions over the limit, as `path:name`, each with the reason why it stays whole."""

_CLOCKS_AND_LOTS = {
    *(f"datetime.{name}" for name in ("now", "utcnow", "today")),
    *(f"{module}.{name}" for module in ("time", "random", "secrets", "uuid") for name in ("*",)),
    "date.today",
}
_REASONED = re.compile(
    r"noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)* - \S.{4,}"
    r"|type: ignore\[[a-z, -]+\] +# \S.{4,}"
    r"|pragma: no (?:cover|branch) - \S.{4,}"
)
_SUPPRESSION = re.compile(r"#\s*(noqa\b|type:\s*ignore|pragma:\s*no|ruff:\s*noqa|mypy:)", re.IGNORECASE)


@dataclass(frozen=True)
class Module:
    """One file of Python; `path` is written from the project's root."""

    path: str
    text: str

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Everything in it."""
        return tuple(ast.walk(ast.parse(self.text)))

    @property
    def imports(self) -> Iterator[tuple[int, str]]:
        """The line and full name of each module imported."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.lineno, node.module or "."

    @property
    def method_calls(self) -> Iterator[tuple[int, str, str]]:
        """The line, last name of the object and name of the method of each call such as `a.b.c()`."""
        for node in self.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value
                name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
                yield node.lineno, name, node.func.attr

    @property
    def functions(self) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
        """Each function with its length in lines, its docstring not counted."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node, (node.end_lineno or node.lineno) - node.lineno + 1 - _docstring_lines(node)


Law = Callable[[Iterable[Module]], Iterator[str]]


@cache
def house_modules(*places: str) -> tuple[Module, ...]:
    """Return every module below the named files and folders of the project."""
    found = [
        path for place in places for path in ([ROOT / place] if place.endswith(".py") else (ROOT / place).rglob("*.py"))
    ]
    return tuple(Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in sorted(found))


def only_use_cases_write(modules: Iterable[Module]) -> Iterator[str]:
    """`writing()` is called in app/flow and nowhere else: one intention, one transaction."""
    for module in _under(modules, "app/"):
        if not module.path.startswith("app/flow/"):
            yield from (
                f"{module.path}:{line} calls writing()" for line, _, name in module.method_calls if name == "writing"
            )


def memory_never_commits(modules: Iterable[Module]) -> Iterator[str]:
    """app/store begins and ends no transaction; only `Database.writing` does."""
    for module in _under(modules, "app/store/"):
        if module.path != "app/store/database.py":
            ending = {"commit", "rollback", "begin"}
            yield from (
                f"{module.path}:{line} calls {name}()" for line, _, name in module.method_calls if name in ending
            )


def only_memory_speaks_sql(modules: Iterable[Module]) -> Iterator[str]:
    """SQLAlchemy is met in app/store and in the migrations."""
    for module in _under(modules, "app/"):
        if not module.path.startswith("app/store/"):
            yield from (
                f"{module.path}:{line} imports {name}" for line, name in module.imports if _top(name) == "sqlalchemy"
            )


def reason_is_pure(modules: Iterable[Module]) -> Iterator[str]:
    """app/domain imports itself, the standard library and what a decision page names; it asks no clock, draws no lots."""
    allowed = sys.stdlib_module_names | PURE_PACKAGES
    for module in _under(modules, "app/domain/"):
        for line, name in module.imports:
            if _top(name) not in allowed and not f"{name}.".startswith("app.domain."):
                yield f"{module.path}:{line} imports {name}"
        for line, owner, name in module.method_calls:
            if _CLOCKS_AND_LOTS & {f"{owner}.{name}", f"{owner}.*"}:
                yield f"{module.path}:{line} calls {owner}.{name}()"


def suppressions_give_a_reason(modules: Iterable[Module]) -> Iterator[str]:
    """A silenced rule is named, and why it is silenced stands on the same line."""
    for module in modules:
        for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
            if (
                token.type == tokenize.COMMENT
                and _SUPPRESSION.search(token.string)
                and not _REASONED.search(token.string)
            ):
                yield f"{module.path}:{token.start[0]} gives no reason: {token.string}"


def modules_are_short(modules: Iterable[Module]) -> Iterator[str]:
    """A module that passes 400 lines becomes a package of the same name."""
    for module in modules:
        lines = len(module.text.splitlines())
        if lines > MOST_MODULE_LINES and not LONG_MODULES.get(module.path):
            yield f"{module.path} has {lines} lines"


def functions_are_short(modules: Iterable[Module]) -> Iterator[str]:
    """No function is over 40 lines without a reason."""
    for module in modules:
        for function, lines in module.functions:
            if lines > MOST_FUNCTION_LINES and not LONG_FUNCTIONS.get(f"{module.path}:{function.name}"):
                yield f"{module.path}:{function.lineno} {function.name} has {lines} lines"


def half_of_the_functions_are_very_short(modules: Iterable[Module]) -> Iterator[str]:
    """The median function is at most 12 lines."""
    lengths = [lines for module in modules for _, lines in module.functions]
    if lengths and median(lengths) > MEDIAN_FUNCTION_LINES:
        yield f"the median function has {median(lengths)} lines"


def names_say_something(modules: Iterable[Module]) -> Iterator[str]:
    """No module or package is called after nothing."""
    for module in modules:
        empty = EMPTY_NAMES.intersection(PurePosixPath(module.path).with_suffix("").parts)
        yield from (f"{module.path} is called {name}" for name in empty)


LAWS: tuple[Law, ...] = (
    only_use_cases_write,
    memory_never_commits,
    only_memory_speaks_sql,
    reason_is_pure,
    suppressions_give_a_reason,
    modules_are_short,
    functions_are_short,
    half_of_the_functions_are_very_short,
    names_say_something,
)


def _under(modules: Iterable[Module], folder: str) -> Iterator[Module]:
    return (module for module in modules if module.path.startswith(folder))


def _top(name: str) -> str:
    return name.partition(".")[0]


def _docstring_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    if ast.get_docstring(function) is None or first.end_lineno is None:
        return 0
    return first.end_lineno - first.lineno + 1
