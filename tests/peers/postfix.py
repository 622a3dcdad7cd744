"""A real relay on loopback: Postfix with OpenDKIM in a folder of its own, which keeps all mail in one Maildir.

    with Postfix() as relay:
        ...  # hand mail to relay.host, relay.port
    relay.mails, relay.log, relay.stop(), relay.start()

Nothing leaves the machine: `example.org` is delivered to the Maildir, every other domain is an error. Postfix is made to
be started by root; the packages are Debian's `postfix` and `opendkim`.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

MISSING = (
    "no Postfix with OpenDKIM to test with; run: python3 dev.py install (or: sudo apt-get install postfix opendkim)"
)
ROOT_ONLY = "Postfix can only be started by root; run these tests as root"
SIGNED = (
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"),
    *("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Reply-To"),
)
"""The headers that the signature covers (EM-06)."""

SELECTOR, DOMAIN, READERS_DOMAIN = "s1", "keng.example", "example.org"
_PREFIX = "keng-postfix-"
_LONGEST = 30.0
_NOBODY = 65534
_BINARIES = "/usr/sbin:/usr/bin:/sbin:/bin"

_MASTER = """\
{host}:{port} inet n - n - - smtpd
pickup    unix n - n 60 1 pickup
cleanup   unix n - n - 0 cleanup
qmgr      unix n - n 1 1 qmgr
rewrite   unix - - n - - trivial-rewrite
bounce    unix - - n - 0 bounce
defer     unix - - n - 0 bounce
trace     unix - - n - 0 bounce
verify    unix - - n - 1 verify
flush     unix n - n 1000? 0 flush
proxymap  unix - - n - - proxymap
showq     unix n - n - - showq
error     unix - - n - - error
retry     unix - - n - - error
discard   unix - - n - - discard
virtual   unix - n n - - virtual
anvil     unix - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""

_SIGNER = """\
Mode s
Syslog no
KeyTable file:{folder}/key.table
SigningTable refile:{folder}/signing.table
Socket inet:{port}@127.0.0.1
PidFile {folder}/opendkim.pid
Canonicalization relaxed/simple
InternalHosts 127.0.0.1
SignHeaders {signed}
OversignHeaders From,Subject
RequireSafeKeys no
UMask 022
"""


class Postfix:
    """The relay; `settings` overrule what stands in its main.cf. Making it starts nothing."""

    def __init__(self, **settings: str) -> None:
        self.host = "127.0.0.1"
        self.port = _free_port()
        self._settings = settings
        self._signer: subprocess.Popen[bytes] | None = None
        self._folder = Path()

    def __enter__(self) -> Self:
        require()
        _sweep()
        # Not in pytest's own folder: Postfix delivers as another user, who may not pass through that.
        self._folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        try:
            self._furnish()
            self._start_signer()
            self.start()
        except BaseException:
            self._clear_away()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear_away()

    @property
    def log(self) -> Path:
        """The log, in the form of syslog, as Postfix writes it itself."""
        return self._folder / "log" / "mail.log"

    @property
    def public_key(self) -> bytes:
        """What DNS would say under `SELECTOR._domainkey.DOMAIN`."""
        pem = (self._folder / "public.pem").read_text("ascii")
        return f"v=DKIM1; k=rsa; p={''.join(pem.splitlines()[1:-1])}".encode()

    @property
    def mails(self) -> list[bytes]:
        """What was delivered, oldest first, as it lies in the Maildir."""
        files = sorted((self._folder / "mail" / "box" / "new").glob("*"), key=lambda file: file.stat().st_mtime_ns)
        return [file.read_bytes().replace(b"\n", b"\r\n") for file in files]

    @property
    def delivered(self) -> int:
        """How many mails lie in the Maildir."""
        folder = self._folder / "mail" / "box" / "new"
        return sum(1 for _ in folder.iterdir()) if folder.exists() else 0

    @property
    def queued(self) -> int:
        """How many messages Postfix still has in its queue."""
        folders = (self._folder / "queue" / name for name in ("maildrop", "incoming", "active", "deferred", "hold"))
        return sum(1 for folder in folders for file in folder.rglob("*") if file.is_file())

    def start(self) -> None:
        """Start Postfix and wait until it talks."""
        self._postfix("start")
        _until_talking(self.port)

    def stop(self) -> None:
        """Stop Postfix at once, as an operator does in the middle of the work; what it holds stays in its queue."""
        self._postfix("stop")

    def flush(self) -> None:
        """Let it try again now what it deferred."""
        self._postfix("flush")

    def set(self, **settings: str) -> None:
        """Change main.cf under the running relay."""
        self._run("postconf", "-c", self._folder / "etc", *(f"{name}={value}" for name, value in settings.items()))
        self._postfix("reload")

    def rotate(self) -> None:
        """Let the log begin anew, the old one kept beside it as `.1`, as logrotate does."""
        self.log.rename(self.log.with_name("mail.log.1"))
        self._postfix("reload")

    def _furnish(self) -> None:
        self._folder.chmod(0o755)
        for name in ("etc", "queue", "data", "log", "mail"):
            (self._folder / name).mkdir()
        shutil.chown(self._folder / "data", "postfix", "postfix")
        os.chown(self._folder / "mail", _NOBODY, _NOBODY)
        self._run("openssl", "genrsa", "-out", self._folder / "key.pem", "2048")
        self._run("openssl", "rsa", "-in", self._folder / "key.pem", "-pubout", "-out", self._folder / "public.pem")
        (self._folder / "etc" / "master.cf").write_text(_MASTER.format(host=self.host, port=self.port), "ascii")

    def _start_signer(self) -> None:
        port = _free_port()
        signer = _SIGNER.format(folder=self._folder, port=port, signed=",".join(SIGNED))
        (self._folder / "opendkim.conf").write_text(signer, "ascii")
        key = f"{SELECTOR} {DOMAIN}:{SELECTOR}:{self._folder}/key.pem\n"
        (self._folder / "key.table").write_text(key, "ascii")
        (self._folder / "signing.table").write_text(f"*@{DOMAIN} {SELECTOR}\n", "ascii")
        settings = {**self._main(), "smtpd_milters": f"inet:127.0.0.1:{port}", **self._settings}
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self._folder / "etc" / "main.cf").write_text(text, "ascii")
        command = ["opendkim", "-f", "-x", str(self._folder / "opendkim.conf")]
        self._signer = subprocess.Popen(  # noqa: S603 - Debian's program, our own words
            command,
            env={"PATH": _BINARIES},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        _until_listening(port)

    def _main(self) -> Mapping[str, str]:
        folder = self._folder
        return {
            "compatibility_level": "3.6",
            "queue_directory": f"{folder}/queue",
            "data_directory": f"{folder}/data",
            "command_directory": "/usr/sbin",
            "daemon_directory": "/usr/lib/postfix/sbin",
            "meta_directory": "/etc/postfix",
            "maillog_file": f"{folder}/log/mail.log",
            "maillog_file_prefixes": f"{folder}/log",
            "myhostname": "relay.test",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": self.host,
            "inet_protocols": "ipv4",
            "disable_dns_lookups": "yes",
            "smtpd_peername_lookup": "no",
            "default_transport": "error:no mail leaves this machine",
            "relay_transport": "error:no mail leaves this machine",
            "alias_maps": "",
            "alias_database": "",
            "local_recipient_maps": "",
            "virtual_mailbox_domains": READERS_DOMAIN,
            "virtual_mailbox_base": f"{folder}/mail",
            "virtual_mailbox_maps": "static:box/",
            "virtual_uid_maps": f"static:{_NOBODY}",
            "virtual_gid_maps": f"static:{_NOBODY}",
            "virtual_mailbox_limit": "0",
            "smtpd_relay_restrictions": "permit_mynetworks, reject",
            "smtpd_forbid_bare_newline": "yes",
            "smtpd_client_connection_count_limit": "0",
            "minimal_backoff_time": "1s",
            "queue_run_delay": "1s",
            "milter_default_action": "tempfail",
            "milter_connect_timeout": "5s",
        }

    def _clear_away(self) -> None:
        """Stop all that was started here and delete the folder."""
        _end(self._folder)
        if self._signer is not None:
            self._signer.kill()
            self._signer.wait(_LONGEST)

    def _postfix(self, word: str) -> None:
        self._run("postfix", "-c", self._folder / "etc", word)

    def _run(self, *command: str | Path) -> None:
        done = _called(*command)
        if done.returncode != 0:
            log = self.log.read_text("utf-8", "replace")[-2000:] if self.log.exists() else ""
            words = " ".join(map(str, command))
            raise RuntimeError(f"{words} ended with {done.returncode}: {done.stdout.decode()}{log}")


def _called(*command: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - Debian's programs, our own words
        [str(word) for word in command],
        env={"PATH": _BINARIES, "LANG": "C"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_LONGEST,
        check=False,
    )


def _sweep() -> None:
    """Stop and delete what runs left behind that were killed before they could."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            _end(folder)


def _end(folder: Path) -> None:
    """Stop the relay that was started in a folder, signer and all, and delete the folder."""
    if (folder / "queue" / "pid" / "master.pid").exists():
        _called("postfix", "-c", folder / "etc", "stop")
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        signer = int((folder / "opendkim.pid").read_text("ascii"))
        if str(folder).encode() in Path(f"/proc/{signer}/cmdline").read_bytes():
            # It has nothing to lose, and when asked to end it waits for Postfix to hang up.
            os.kill(signer, signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


def require() -> None:
    """Say in one line what is missing, where Postfix and OpenDKIM cannot be run."""
    if not all(shutil.which(program, path=_BINARIES) for program in ("postfix", "opendkim")):
        raise RuntimeError(MISSING)
    if os.geteuid() != 0:
        raise RuntimeError(ROOT_ONLY)


def recipients(mails: Sequence[bytes]) -> list[str]:
    """Whom delivered mails went to, in order of the alphabet, as Postfix wrote it at their top."""
    return sorted(re.findall(rb"^Delivered-To: (.+?)\r?$", mail, re.MULTILINE)[0].decode() for mail in mails)


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _until_talking(port: int) -> None:
    until = time.monotonic() + _LONGEST
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
                if line.recv(4).startswith(b"220"):
                    line.sendall(b"QUIT\r\n")
                    line.recv(512)
                    return
        except OSError:
            if time.monotonic() > until:
                raise
        time.sleep(0.02)


def _until_listening(port: int) -> None:
    until = time.monotonic() + _LONGEST
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return
