"""Who takes a place: first come, first served, at the one with the most places."""

import asyncio

from model_server.inference.turns import Turns


def taken(offers, count):
    async def take():
        turns = Turns()
        for offer in offers:
            turns.offer(offer)
        return [await turns.take() for _ in range(count)]

    return asyncio.run(take())


def test_each_has_one_before_any_has_two():
    assert sorted(taken(["a", "a", "b", "b"], 2)) == ["a", "b"]
    assert sorted(taken(["a", "a", "b", "b"], 4)) == ["a", "a", "b", "b"]


def test_who_has_two_places_goes_before_who_has_one():
    assert taken(["a", "b", "b"], 1) == ["b"]


def test_one_that_is_withdrawn_has_no_place_left():
    async def take():
        turns = Turns()
        for offer in ("a", "a", "b"):
            turns.offer(offer)
        turns.withdraw("a")
        return await turns.take()

    assert asyncio.run(take()) == "b"
