"""The proxy breaks exactly what it was told to, where it was told to, and counts it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.peers.tcp_proxy import Cut, Drip, Flip, Pause, Reset, Rule, TcpProxy

pytestmark = pytest.mark.sockets


@asynccontextmanager
async def echo_behind(*rules: Rule) -> AsyncIterator[TcpProxy]:
    """A server that says back what it hears, behind a proxy."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while octets := await reader.read(1000):
                writer.write(octets)
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        async with TcpProxy("127.0.0.1", port, rules) as proxy:
            yield proxy
    finally:
        server.close()
        await server.wait_closed()


async def said_back(proxy: TcpProxy, *words: bytes) -> bytes:
    """All that comes back for what is sent word by word; what arrived before an RST counts."""
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    heard = b""
    try:
        for word in words:
            writer.write(word)
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.write_eof()
        while octets := await reader.read(1000):
            heard += octets
    except OSError:
        heard += b"!"
    finally:
        writer.close()
    return heard


async def test_without_rules_everything_passes_and_is_counted() -> None:
    async with echo_behind() as proxy:
        assert await said_back(proxy, b"one ", b"two") == b"one two"
        assert (proxy.carried["client"], proxy.carried["server"], proxy.struck) == (7, 7, 0)


async def test_a_line_is_cut_after_so_many_octets() -> None:
    async with echo_behind(Rule("server", Cut(), octets=5)) as proxy:
        assert (await said_back(proxy, b"one ", b"two")).rstrip(b"!") == b"one t"
        assert proxy.happened["server", "Cut"] == 1


@pytest.mark.parametrize(("through", "heard"), [(True, b"one two"), (False, b"one ")])
async def test_a_pattern_strikes_once_it_passed_however_it_was_cut_into_packets(*, through: bool, heard: bytes) -> None:
    async with echo_behind(Rule("server", Cut(), pattern=rb"t.o", through=through, times=1)) as proxy:
        assert (await said_back(proxy, b"one ", b"two three")).rstrip(b"!") == heard
        assert await said_back(proxy, b"one two three") == b"one two three", "it strikes no oftener than it may"
        assert proxy.happened["server", "Cut"] == 1
    async with echo_behind(Rule("client", Cut(), pattern=rb"two")) as proxy:
        await said_back(proxy, b"one t", b"wo three")
        assert proxy.happened["client", "Cut"] == 1


async def test_so_many_matches_may_pass_first() -> None:
    async with echo_behind(Rule("client", Cut(), pattern=rb"x", skip=2)) as proxy:
        await said_back(proxy, b"ax", b"bxc", b"xd")
        assert proxy.carried["client"] == len(b"axbxcx")


async def test_a_reset_is_seen_as_one() -> None:
    async with echo_behind(Rule("client", Reset(), pattern=rb"two")) as proxy:
        assert (await said_back(proxy, b"one ", b"two", b"three")).endswith(b"!")
        assert proxy.happened["client", "Reset"] == 1


async def test_a_pause_keeps_back_what_comes_after_it_for_its_time() -> None:
    async with echo_behind(Rule("server", Pause(0.05), octets=4), Rule("client", Pause(), octets=7)) as proxy:
        reading = asyncio.create_task(said_back(proxy, b"one ", b"two", b"three"))
        await asyncio.sleep(0.3)
        assert not reading.done()
        assert (proxy.carried["client"], proxy.carried["server"]) == (7, 7)
        assert proxy.happened == {("server", "Pause"): 1, ("client", "Pause"): 1}
        assert await proxy.drop_lines(Reset()) == 1
        await reading


async def test_octets_are_flipped_and_dripped() -> None:
    async with echo_behind(Rule("client", Flip(2), octets=1), Rule("server", Drip(pause=0), octets=0)) as proxy:
        assert await said_back(proxy, b"abcd") == bytes([0x61, 0x62 ^ 0xFF, 0x63 ^ 0xFF, 0x64])
        assert proxy.happened == {("client", "Flip"): 1, ("server", "Drip"): 1}


async def test_rules_are_switched_while_lines_are_open_and_a_stopped_proxy_refuses() -> None:
    async with echo_behind() as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        writer.write(b"one")
        assert await reader.readexactly(3) == b"one"
        proxy.rules = [Rule("client", Cut(), pattern=rb"two")]
        writer.write(b"two")
        await reader.read()
        writer.close()
        assert proxy.happened["client", "Cut"] == 1
        await proxy.stop()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(proxy.host, proxy.port)
        await proxy.start()
        proxy.rules.clear()
        assert await said_back(proxy, b"again") == b"again"
