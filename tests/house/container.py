"""A Dockerfile read and replayed without Docker: its copies into a folder, its start command in a bare environment."""

import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import yaml


@dataclass
class Image:
    """What a Dockerfile says, with every path of the image moved below `root`."""

    source: Path
    root: Path
    workdir: PurePosixPath = PurePosixPath("/")
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
        return self.moved(self.workdir)

    def moved(self, path: PurePosixPath) -> Path:
        """Return where a path of the image lies below `root`."""
        return self.root / (self.workdir / path).relative_to("/")

    def start_environment(self) -> dict[str, str]:
        """Return the image's variables, its volumes' paths moved below `root`."""
        moved = {}
        for name, value in self.environment.items():
            for volume in self.volumes:
                value = value.replace(volume, str(self.moved(PurePosixPath(volume))))
            moved[name] = value
        return moved


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
    return [
        (name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line.strip())
    ]


def _workdir(image: Image, rest: str) -> None:
    image.workdir = PurePosixPath(rest)
    image.home.mkdir(parents=True)


def _copy(image: Image, rest: str) -> None:
    *sources, target = rest.split()
    for name in sources:
        place = image.moved(PurePosixPath(target))
        if (image.source / name).is_dir():
            shutil.copytree(image.source / name, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(image.source / name, place)
    image.copied += sources


def _environment(image: Image, rest: str) -> None:
    image.environment.update(word.split("=", 1) for word in shlex.split(rest))


def _run(image: Image, rest: str) -> None:
    for command in rest.split("&&"):
        words = command.split()
        if words[:2] == ["pip", "install"]:
            if "--no-deps" not in words:
                raise ValueError("pip may install nothing but what is named")
            files = [after for before, after in zip(words, words[1:], strict=False) if before == "-r"]
            if files and "--require-hashes" not in words:
                raise ValueError("what is installed must be hashed")
            image.installed += files + [
                after for before, after in zip(words, words[1:], strict=False) if before == "--editable"
            ]
        elif words[0] == "install":
            image.moved(PurePosixPath(words[-1])).mkdir(parents=True)


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
    "FROM": lambda image, rest: None,
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
