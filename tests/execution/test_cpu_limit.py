"""Limits on CPU time."""

import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cstool.execution.cpu_limit import TookTooLong, at_most, many_limits


def busy(seconds: float) -> int:
    """Use that many seconds of CPU time."""
    until = time.thread_time() + seconds
    rounds = 0
    while time.thread_time() < until:
        rounds += 1
    return rounds


def test_a_busy_loop_is_interrupted() -> None:
    before = time.process_time()
    with pytest.raises(TookTooLong) as caught, at_most(0.05):
        busy(30)
    assert caught.value.args == (0.05,)
    assert time.process_time() - before < 5


def test_a_regular_expression_is_interrupted() -> None:
    with pytest.raises(TookTooLong), at_most(0.05):
        re.match(r"(?:a+)+b", "a" * 60)


def test_a_block_within_its_limit_is_not_interrupted() -> None:
    with at_most(30) as check:
        assert busy(0.01)
        check()
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_sleeping_takes_no_cpu_time() -> None:
    with at_most(0.05):
        time.sleep(0.2)


def test_each_block_has_its_own_time() -> None:
    for _ in range(4):
        with at_most(0.1):
            busy(0.04)
    with pytest.raises(TookTooLong), at_most(0.05):
        busy(30)
    with at_most(30):
        busy(0.1)


def test_the_previous_handler_and_timer_are_restored() -> None:
    seen: list[int] = []

    def note(number: int, _: object) -> None:
        seen.append(number)

    before = signal.signal(signal.SIGVTALRM, note)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, 1000)
        with at_most(30):
            assert signal.getsignal(signal.SIGVTALRM) is not note
        with pytest.raises(TookTooLong), at_most(0.02):
            busy(30)
        assert signal.getsignal(signal.SIGVTALRM) is note
        assert 900 < signal.getitimer(signal.ITIMER_VIRTUAL)[0] <= 1001
        assert not seen
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_other_exceptions_leave_no_timer() -> None:
    with pytest.raises(KeyError), at_most(30):
        raise KeyError("x")
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_a_swallowed_exception_is_raised_again() -> None:
    rounds = 0
    with pytest.raises(TookTooLong), at_most(0.02):
        while True:
            try:
                busy(30)
            except TookTooLong:
                rounds += 1
                if rounds == 2:
                    raise
    assert rounds == 2


def test_a_nested_limit_is_refused_and_the_outer_one_applies() -> None:
    with pytest.raises(TookTooLong), at_most(0.1):
        with pytest.raises(RuntimeError, match="inside another"), at_most(30):
            pass
        busy(30)


def test_many_limits_share_a_handler_which_is_restored() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with many_limits():
        shared = signal.getsignal(signal.SIGVTALRM)
        assert shared is not before
        for _ in range(3):
            with at_most(30):
                assert signal.getsignal(signal.SIGVTALRM) is shared
            with pytest.raises(TookTooLong), at_most(0.02):
                busy(30)
        with many_limits(), pytest.raises(TookTooLong), at_most(0.02):
            busy(30)
        assert signal.getsignal(signal.SIGVTALRM) is shared
        assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGVTALRM) is before


def test_many_limits_apply_in_other_threads() -> None:
    def work() -> None:
        with many_limits(), at_most(0.02):
            busy(0.03)

    with ThreadPoolExecutor(1) as pool, pytest.raises(TookTooLong):
        pool.submit(work).result()


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_limit_that_is_not_positive_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match="is not above zero"):
        at_most(seconds)


def test_in_another_thread_the_block_checks_the_time() -> None:
    def work(*, asks: bool) -> float:
        begun = time.thread_time()
        try:
            with at_most(0.02) as check:
                for _ in range(20):
                    busy(0.01)  # no signal arrives
                    if asks:
                        check()
        except TookTooLong:
            return time.thread_time() - begun
        return 0

    with ThreadPoolExecutor(1) as pool, at_most(30):
        assert 0.02 < pool.submit(work, asks=True).result() < 0.1
        assert pool.submit(work, asks=False).result() >= 0.2


@pytest.mark.parametrize("seconds", [1e-9, 1e-6, 1e-3])
def test_a_limit_below_the_clock_s_resolution_applies(seconds: float) -> None:
    with pytest.raises(TookTooLong), at_most(seconds):
        busy(0.002)


def test_an_exception_of_the_block_is_not_replaced() -> None:
    def work() -> None:
        with at_most(1e-9):
            raise KeyError("x")

    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyError):
        pool.submit(work).result()


def test_a_signal_at_the_end_restores_timer_and_handler() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    ended = 0
    for i in range(100):  # the kernel's timer ticks every 1 to 10 milliseconds
        try:
            with at_most(0.004):
                busy(0.004 + i % 10 * 0.001)
        except TookTooLong:
            ended += 1
        assert signal.getsignal(signal.SIGVTALRM) is before
        assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)
    assert ended
