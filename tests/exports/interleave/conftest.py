"""Real transactions, one SQL statement at a time, in an order that Hypothesis chooses."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

import pytest
from django.db import connection
from hypothesis import strategies as st

BLOCKED_AFTER_S = 0.03
STILL_BLOCKED_AFTER_S = 0.001
MOVES_IN_A_ROW = 30
LONGEST_RUN_S = 60


class Actor:
    """Does its work in a session of its own, and rests before each statement and commit."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._go = threading.Semaphore(0)
        self._resting = threading.Event()
        self._work: Future[None] | None = None

    @property
    def done(self) -> bool:
        return self._work is None or self._work.done()

    def begin(self, work: Callable[[], None]) -> None:
        self._resting.clear()
        self._work = self._thread.submit(self._run, work)
        assert self._resting.wait(10)

    def move(self) -> bool:
        """Let one statement run; False when it is done or still waits for somebody's lock."""
        if self.done or not self._resting.wait(STILL_BLOCKED_AFTER_S):
            return False
        self._resting.clear()
        self._go.release()
        self._resting.wait(BLOCKED_AFTER_S)
        return True

    def result(self) -> None:
        assert self._work is not None
        self._work.result(10)

    def leave(self) -> None:
        self._thread.submit(lambda: connection.close()).result(10)
        self._thread.shutdown()

    def _run(self, work: Callable[[], None]) -> None:
        commit = connection._commit
        connection._commit = lambda: (self._rest(), commit())
        try:
            with connection.execute_wrapper(self._before_a_statement):
                self._rest()
                work()
        finally:
            del connection._commit
            self._resting.set()

    def _rest(self) -> None:
        self._resting.set()
        self._go.acquire()

    def _before_a_statement(self, execute, sql, params, many, context):
        self._rest()
        return execute(sql, params, many, context)


class Stage:
    """Some actors, and the schedule by which they move."""

    def __init__(self, actors: int) -> None:
        self.actors = [Actor() for _ in range(actors)]

    def play(self, schedule: "Schedule", *works: Callable[[], None]) -> None:
        """Move as ``schedule`` says, then everybody in turns until all have ended."""
        moves, order = schedule
        for actor, work in zip(self.actors, works, strict=True):
            actor.begin(work)
        for number in moves:
            self.actors[number].move()
        self._drain([self.actors[number] for number in order])
        for actor in self.actors:
            actor.result()

    def _drain(self, order: Sequence[Actor]) -> None:
        deadline = time.monotonic() + LONGEST_RUN_S
        while not all(actor.done for actor in order):
            assert time.monotonic() < deadline, "somebody waits for ever"
            for actor in order:
                for _ in range(MOVES_IN_A_ROW):
                    if not actor.move():
                        break


Schedule = tuple[list[int], list[int]]


def schedules(actors: int) -> st.SearchStrategy[Schedule]:
    """Who moves next, in bursts, and in which order everybody is let to the end."""
    numbers = range(actors)
    burst = st.tuples(st.sampled_from(numbers), st.integers(1, 6)).map(lambda b: [b[0]] * b[1])
    moves = st.lists(burst, max_size=12).map(lambda bursts: list(chain(*bursts)))
    return st.tuples(moves, st.permutations(numbers))


@pytest.fixture
def schedule() -> Callable[[int], st.SearchStrategy[Schedule]]:
    return schedules


@pytest.fixture
def stage(transactional_db, monkeypatch) -> Iterator[Callable[[int], Stage]]:
    monkeypatch.setattr("exports.actions.publish.POLL_S", 0.001)
    stages = []

    def build(actors: int) -> Stage:
        stages.append(Stage(actors))
        return stages[-1]

    yield build
    for each in stages:
        for actor in each.actors:
            actor.leave()
