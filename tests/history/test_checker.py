"""The checker itself, on histories written by hand: it must fail when it has to."""

import json

import pytest

from tests.history.checker import History, Operation, operations_in


def said_no(account, began, ended, outcome="ok"):
    return Operation("opt_out", began, ended, outcome, {"account": account})


def fetched(began, ended, *accounts, outcome="ok"):
    return Operation("fetch", began, ended, outcome, {"file": "f", "accounts": accounts})


def test_a_fetch_that_begins_after_the_acknowledgement_must_not_hold_them():
    history = History([said_no("alice", 10, 20), fetched(21, 30, "bob", "alice")])

    (violation,) = history.violations()

    assert (violation.account, violation.late_ns) == ("alice", 1)


@pytest.mark.parametrize(
    "harmless",
    [
        pytest.param([said_no("alice", 10, 20), fetched(19, 30, "alice")], id="it began before"),
        pytest.param([said_no("alice", 10, 20), fetched(21, 30, "bob")], id="they are not in it"),
        pytest.param(
            [said_no("alice", 10, 20, "unknown"), fetched(21, 30, "alice")],
            id="nobody told them that it was saved",
        ),
        pytest.param(
            [said_no("alice", 10, 20), fetched(21, 30, "alice", outcome="unknown")],
            id="nobody knows whether it was served",
        ),
        pytest.param(
            [said_no("alice", 10, 20), fetched(21, 30, outcome="fail")], id="it was refused"
        ),
    ],
)
def test_what_nobody_was_promised_is_no_violation(harmless):
    history = History(harmless)

    assert list(history.violations()) == []


def test_of_several_acknowledgements_the_first_one_counts():
    again = [said_no("alice", 40, 50), said_no("alice", 10, 20)]
    history = History([*again, fetched(30, 35, "alice")])

    assert len(list(history.violations())) == 1


def test_what_a_killed_client_began_has_an_unknown_outcome(tmp_path):
    log = tmp_path / "person.ndjson"
    begun = {"op": 1, "type": "invoke", "at": 5, "what": "opt_out", "facts": {"account": "alice"}}
    log.write_text(json.dumps(begun) + "\n")

    (operation,) = operations_in(log)

    assert (operation.outcome, operation.ended) == ("unknown", None)
