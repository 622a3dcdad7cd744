"""A Dockerfile read and replayed without Docker: its copies into a folder, its start command in a bare environment."""

import re
import shlex
import shutil
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Any

import yaml


@dataclass
class Image:
    """What a Dockerfile says, with every path of the image moved below `root`."""

    source: Path
    root: Path
    base: str = ""
    workdir: str = "/"
    copied: list[str] = field(default_factory=list)
    installed: list[str] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    user: str = "root"
    ports: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    @property
    def home(self) -> Path:
        """Where the working directory lies below `root`."""
        return self.moved(".")

    def moved(self, path: str) -> Path:
        """Return where a path of the image lies below `root`."""
        return self.root / (PurePosixPath(self.workdir) / path).relative_to("/")

    def start_environment(self) -> dict[str, str]:
        """Return the image's variables, its volumes' paths moved below `root`."""
        places = {volume: str(self.moved(volume)) for volume in self.volumes}
        return {name: _replaced(value, places) for name, value in self.environment.items()}


def replay(source: Path, root: Path) -> Image:
    """Follow the Dockerfile in `source`, copying what it copies below `root`; ValueError at what it does not know."""
    image = Image(source, root)
    for name, rest in _instructions((source / "Dockerfile").read_text(encoding="utf-8")):
        _STEPS[name](image, rest)
    return image


def allowed_in_build(source: Path) -> list[str]:
    """Return what `.dockerignore` lets into a build."""
    lines = (source / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    if rules[0] != "*":
        raise ValueError(".dockerignore must begin by keeping everything out")
    return [rule.removeprefix("!") for rule in rules if rule.startswith("!")]


def _instructions(text: str) -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    parts = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [(name, rest.strip()) for name, _, rest in parts]


def _replaced(text: str, places: dict[str, str]) -> str:
    for before, after in places.items():
        text = text.replace(before, after)
    return text


def _workdir(image: Image, rest: str) -> None:
    image.workdir = rest
    image.home.mkdir(parents=True)


def _copy(image: Image, rest: str) -> None:
    *sources, target = rest.split()
    for name in sources:
        place = image.moved(target)
        if (image.source / name).is_dir():
            shutil.copytree(image.source / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(image.source / name, place)
    image.copied += sources


def _environment(image: Image, rest: str) -> None:
    for word in shlex.split(rest):
        name, _, value = word.partition("=")
        image.environment[name] = value


def _run(image: Image, rest: str) -> None:
    for command in rest.split("&&"):
        words = command.split()
        if words[:2] == ["pip", "install"]:
            _pip(image, words)
        elif words[0] == "install":
            image.moved(words[-1]).mkdir(parents=True)


def _pip(image: Image, words: list[str]) -> None:
    files = [after for before, after in pairwise(words) if before == "-r"]
    projects = [after for before, after in pairwise(words) if before == "--editable"]
    if "--no-deps" not in words or (files and "--require-hashes" not in words):
        raise ValueError("pip may install nothing but what is named, and hashed")
    image.installed += files + projects


def _healthcheck(image: Image, rest: str) -> None:
    image.healthcheck = yaml.safe_load(rest.partition("CMD")[2])


def _set(name: str) -> Any:
    def step(image: Image, rest: str) -> None:
        setattr(image, name, yaml.safe_load(rest) if rest.startswith("[") else rest)

    return step


def _add(name: str) -> Any:
    def step(image: Image, rest: str) -> None:
        getattr(image, name).append(rest)

    return step


_STEPS: dict[str, Any] = {
    "FROM": _set("base"),
    "WORKDIR": _workdir,
    "COPY": _copy,
    "ENV": _environment,
    "RUN": _run,
    "USER": _set("user"),
    "ENTRYPOINT": _set("entrypoint"),
    "CMD": _set("command"),
    "EXPOSE": _add("ports"),
    "VOLUME": _add("volumes"),
    "HEALTHCHECK": _healthcheck,
}
