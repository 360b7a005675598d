"""Mounting is quick, and does not depend on how much there is to project."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.measure import Sample, Side, interleave, seconds
from bench.report import Row, Table, Target, Unit, below
from bench.view import View, view

SMALL = 1_000
LIMIT_SECONDS = 0.150


def run(bench: Bench, table: Table) -> None:
    """`projfs mount` until the first `ls` returns, against `git worktree add` until then. Warm page cache."""
    with ExitStack() as stack:
        sides: list[Side] = []
        natives: list[Side] = []
        for files in (SMALL, bench.large):
            repository = stack.enter_context(repos.clone(bench, repos.synthetic(bench, files), f"mount-{files}"))
            repos.warm_objects(repository)
            projected = stack.enter_context(view(bench, repository, f"view-{files}", mounted=False))
            sides.append(partial(_mount, projected))
            natives.append(partial(_checkout, bench, repository))

        # A checkout of the large one takes minutes: it is done once, the small one in every round.
        small, large, small_native = interleave(bench.rounds(15, least=10), *sides, natives[0])
        large_native = Sample.of(natives[1]())

        table.add(below(LIMIT_SECONDS, f"mount + ls, {SMALL:,} files", Unit.SECONDS, small, small_native))
        table.add(below(LIMIT_SECONDS, f"mount + ls, {bench.large:,} files", Unit.SECONDS, large, large_native))
        noise = max(small.width, large.width)
        apart = abs(large.median - small.median)
        table.add(Row(f"difference of the medians, {SMALL:,} and {bench.large:,} files", Unit.SECONDS,
                      Sample.of(apart), None, Target(f"≤ {Unit.SECONDS.text(noise)}", apart <= noise)))
        table.note("native is `git worktree add`; noise is the wider of the two interquartile ranges")


def _mount(projected: View) -> float:
    def until_listed() -> None:
        projected.mount()
        shell.run(["ls", projected.mountpoint])

    try:
        return seconds(until_listed)
    finally:
        projected.remove()


def _checkout(bench: Bench, repository: Path) -> float:
    with ExitStack() as stack:

        def until_listed() -> None:
            tree = stack.enter_context(repos.worktree(bench, repository, "HEAD", "native"))
            shell.run(["ls", tree])

        return seconds(until_listed)
