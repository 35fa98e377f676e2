"""Accounts: who a request is from and what it is called."""

import pytest

from model_server.account import Account, open_account, request_id
from model_server.errors import BadRequestError


@pytest.mark.parametrize("given", ["a", "x" * 128, "f81d4fae-7dec-11d0-a765", "with space"])
def test_printable_request_id_is_kept(given):
    assert request_id(given) == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a\nb", "caf\u00e9", "\x00"])
def test_other_request_id_is_replaced(given):
    made = request_id(given)

    assert made != given
    assert 1 <= len(made) <= 128


@pytest.mark.parametrize(
    ("headers", "traffic"),
    [
        ({}, "user"),
        ({"x-serinus-probe": "golden"}, "probe"),
        ({"x-serinus-probe": "load"}, "load"),
        ({"x-serinus-probe": "x"}, "user"),
    ],
)
def test_only_probes_known_by_name_are_counted_apart_from_users(headers, traffic):
    assert open_account(headers).traffic == traffic


def test_time_is_the_servers_once_the_body_is_whole():
    account = Account("r", "user", started=10.0)
    assert account.served_seconds(now=12.0) == 2.0

    account.taken = 70.0
    assert account.served_seconds(now=70.5) == 0.5


@pytest.mark.parametrize(("header", "seconds"), [(None, 30), ("1500", 1.5), ("60000", 30)])
def test_caller_may_wait_less_than_the_longest_but_not_more(header, seconds):
    headers = {} if header is None else {"x-request-timeout-ms": header}

    assert open_account(headers).deadline_seconds(30) == seconds


@pytest.mark.parametrize("header", ["", "0", "-5", "1.5", "soon", "9" * 5_000, "\u0663"])
def test_other_timeouts_are_refused_by_value(header):
    with pytest.raises(BadRequestError, match="whole number from 1 to 3600000"):
        open_account({"x-request-timeout-ms": header}).deadline_seconds(30)


def test_caller_is_who_the_named_header_says():
    headers = {"x-consumer": "anna"}

    assert open_account(headers, "x-consumer").caller == "anna"
    assert open_account(headers).caller == ""
