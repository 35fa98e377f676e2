"""The outbox: every event is sent, dropped or failed, and counted as such; nobody waits for the receiver."""

import asyncio
from collections import Counter

import pytest

from model_server.events.cloud_event import CloudEvent
from model_server.events.outbox import Outbox

PAUSES = (0.01, 0.01)


def event(number):
    return CloudEvent("dev.example.thing", "/here", f"thing {number}", {"number": number})


def delivered(url, events, capacity=10, seconds=60.0):
    """What became of events offered at once."""
    counts = Counter()

    async def deliver():
        outbox = Outbox(url, capacity, lambda kind, outcome: counts.update([(kind, outcome)]), PAUSES)
        outbox.start()
        taken = [outbox.offer(each) for each in events]
        await outbox.close(seconds)
        return taken

    taken = asyncio.run(deliver())
    return taken, {outcome: number for (_, outcome), number in counts.items()}


def test_events_arrive_in_order_as_structured_cloud_events(receiver):
    _, counts = delivered(receiver.url, [event(1), event(2)])

    assert counts == {"sent": 2}
    assert [received["data"] for received in receiver.events] == [{"number": 1}, {"number": 2}]
    assert receiver.content_types == ["application/cloudevents+json"] * 2
    assert {name: receiver.events[0][name] for name in ("specversion", "type", "source", "subject")} == {
        "specversion": "1.0",
        "type": "dev.example.thing",
        "source": "/here",
        "subject": "thing 1",
    }


def test_time_is_rfc_3339_and_ids_differ(receiver):
    delivered(receiver.url, [event(1), event(1)])

    first, second = receiver.events
    assert first["time"].endswith("+00:00")
    assert first["id"] != second["id"]


def test_what_does_not_fit_is_dropped_and_counted(receiver):
    taken, counts = delivered(receiver.url, [event(number) for number in range(5)], capacity=3)

    assert taken == [True, True, True, False, False]
    assert counts == {"sent": 3, "dropped": 2}


@pytest.mark.parametrize(
    ("codes", "counts"),
    [
        ([503, 429], {"sent": 1}),
        ([503, 503, 503], {"failed": 1}),
        ([400], {"failed": 1}),
        ([301], {"failed": 1}),
    ],
)
def test_answer_that_may_change_is_asked_for_again_a_few_times(receiver, codes, counts):
    receiver.codes = list(codes)

    assert delivered(receiver.url, [event(1)])[1] == counts
    assert receiver.codes == []


def test_receiver_that_is_not_there_fails_the_event():
    assert delivered("http://127.0.0.1:1/", [event(1)])[1] == {"failed": 1}


def test_end_waits_no_longer_than_told_and_counts_the_rest(receiver):
    receiver.held.clear()

    assert delivered(receiver.url, [event(1), event(2)], seconds=0.05)[1] == {"dropped": 2}


def test_trouble_is_logged_once_and_its_end_too(receiver, caplog):
    caplog.set_level("INFO", logger="serinus")
    receiver.codes = [400, 400]

    delivered(receiver.url, [event(1), event(2), event(3), event(4)])

    assert [record.message for record in caplog.records] == [
        "events cannot be delivered",
        "events are delivered again",
    ]
