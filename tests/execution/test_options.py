"""Options of how a stage is run."""

from cstool.execution.options import RunOptions
from cstool.execution.resources import usable_cpus


def test_array_tasks_take_every_part_once() -> None:
    shares = [RunOptions(array_task=(i, 3)) for i in (1, 2, 3)]
    taken = [[n for n in range(10) if share.takes(n)] for share in shares]
    assert taken == [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]
    assert all(RunOptions().takes(n) for n in range(10))


def test_the_default_is_the_usable_cpus() -> None:
    assert 1 <= RunOptions().jobs <= usable_cpus()
