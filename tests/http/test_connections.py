"""How pieces that a server writes reach the wire."""

from __future__ import annotations

import asyncio

from kybra_replica.http.connections import GatheringTransport


class Wire:
    """A transport that notes what it is told."""

    def __init__(self):
        self.told = []

    def write(self, data):
        self.told.append(data)

    def close(self):
        self.told.append("closed")

    def is_closing(self):
        return self.told[-1:] == ["closed"]


def told(use):
    async def run():
        wire = Wire()
        use(GatheringTransport(wire, asyncio.get_running_loop()), wire)
        turn = asyncio.Event()
        asyncio.get_running_loop().call_soon(turn.set)
        await turn.wait()
        return wire.told

    return asyncio.run(run())


def test_head_and_body_go_out_together_and_at_once():
    def answer(transport, wire):
        transport.write(b"head ")
        assert wire.told == []
        transport.write(b"body")
        assert wire.told == [b"head body"]

    assert told(answer) == [b"head body"]


def test_a_piece_that_nothing_follows_goes_out_when_the_turn_ends():
    assert told(lambda transport, wire: transport.write(b"100 Continue")) == [b"100 Continue"]


def test_pieces_keep_their_order():
    def stream(transport, wire):
        for piece in (b"1", b"2", b"3", b"4", b"5"):
            transport.write(piece)

    assert b"".join(told(stream)) == b"12345"


def test_what_is_held_back_goes_out_before_the_connection_closes():
    def refuse(transport, wire):
        assert not transport.is_closing()
        transport.write(b"400")
        transport.close()
        assert transport.is_closing()

    assert told(refuse) == [b"400", "closed"]
