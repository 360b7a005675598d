"""What it costs to make, look at and remove one small file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bench import repos
from bench.context import Bench
from bench.filecycle import FileCycle, noting_requests
from bench.measure import interleave
from bench.report import Row, Table, Unit
from bench.view import view

FILES = 10_000
IN_A_DIRECTORY = 100
ROUNDS = 3


def run(bench: Bench, table: Table) -> None:
    """One thread, new directories, every file by itself."""
    cycle = FileCycle(bench)
    rounds = bench.rounds(ROUNDS)
    for engine in ("passthrough", "cached"):
        with (repos.clone(bench, repos.synthetic(bench, 1_000), f"latency-{engine}") as repository,
              view(bench, repository, f"view-{engine}", "--engine", engine) as projected):
            native = bench.work / f"latency-native-{engine}"
            native.mkdir()
            roots = (native, projected.mountpoint)
            for root in roots:
                for directory in range(rounds * FILES // IN_A_DIRECTORY):
                    (root / f"d{directory}").mkdir()
            # All are made before the first is removed: see `REUSE_SECONDS`.
            for operation in ("create", "stat", "unlink"):
                with noting_requests(table, projected, f"{engine}, {operation}", FILES * rounds):
                    plain, ours = interleave(rounds, *(_Rounds(partial(cycle.take, operation, root)) for root in roots))
                what = "create + write 1 KiB + close" if operation == "create" else operation
                table.add(Row(f"{engine}, {what}", Unit.SECONDS, ours, plain))


class _Rounds:
    """Does something to other files in every round."""

    def __init__(self, action: Callable[[list[bytes]], float]) -> None:
        self._action = action
        self._turn = 0

    def __call__(self) -> float:
        first = self._turn * FILES
        self._turn += 1
        numbers = range(first, first + FILES)
        return self._action([f"d{number // IN_A_DIRECTORY}/f{number}".encode() for number in numbers])
