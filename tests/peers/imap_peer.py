"""A small IMAP server on a real socket (RFC 3501): one mailbox, the commands that reading it takes, and faults on demand.

async with ImapPeer([b"From: ..."]) as peer:
    ...  # talk to peer.host, peer.port
assert peer.flags[1] == {"\\\\Seen"}
"""

import asyncio
import re
import ssl
from collections.abc import Sequence
from types import TracebackType
from typing import Self

PASSWORD = "right"
"""The only one that it lets in."""
_FETCH = re.compile(r"FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)")
_STORE = re.compile(r"STORE (\d+) \+FLAGS\.SILENT \((.*)\)")


class ImapPeer:
    """The listening server. `commands` are the lines that came in, `flags` what stands on each message, by its number."""

    def __init__(
        self,
        mails: Sequence[bytes],
        *,
        tls: ssl.SSLContext | None = None,
        fails_at: str = "",
    ) -> None:
        self.mails = dict(enumerate(mails, start=1))
        self.flags: dict[int, set[str]] = {number: set() for number in self.mails}
        self.commands: list[str] = []
        self._tls, self._fails_at = tls, fails_at
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        self.host, self.port = self._server.sockets[0].getsockname()[:2]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            tag, _, command = line.partition(" ")
            self.commands.append(command.partition(" ")[0] if command.startswith("LOGIN") else command)
            if self._fails_at and self._fails_at in command:
                break
            for answer in self._answers(command):
                writer.write(answer)
            writer.write(f"{tag} {self._ending(command)}\r\n".encode())
            await writer.drain()
            if command == "LOGOUT":
                break
        writer.close()

    def _ending(self, command: str) -> str:
        refused = command.startswith("LOGIN") and f'"{PASSWORD}"' not in command
        return "NO refused" if refused or command == 'SELECT "Missing"' else "OK done"

    def _answers(self, command: str) -> list[bytes]:
        if command == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1\r\n"]
        if command.startswith("SELECT"):
            return [f"* {len(self.mails)} EXISTS\r\n".encode()]
        if command == "UID SEARCH UNSEEN":
            unseen = [str(number) for number, flags in self.flags.items() if "\\Seen" not in flags]
            return [f"* SEARCH {' '.join(unseen)}\r\n".encode()]
        if found := _FETCH.search(command):
            body = self.mails[int(found[1])][: int(found[2])]
            return [f"* {found[1]} FETCH (UID {found[1]} BODY[]<0> {{{len(body)}}}\r\n".encode(), body, b")\r\n"]
        if found := _STORE.search(command):
            self.flags[int(found[1])] |= set(found[2].split())
        return [b"* BYE\r\n"] if command == "LOGOUT" else []
