"""From nothing to a worktree that git has looked through."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench import repos
from bench.context import Bench
from bench.gitwork import status
from bench.measure import Sample, interleave, seconds
from bench.report import Table, Unit, below
from bench.view import View, view

ROUNDS = 9
CHECKOUTS = 3


def run(bench: Bench, table: Table) -> None:
    """`projfs mount` until `git status` has ended, against `git worktree add` until then. Warm page cache."""
    _compare(bench, table, bench.files, CHECKOUTS, 1)
    if bench.large_worktree:
        # Its checkout takes minutes.
        _compare(bench, table, bench.large, 1, 5)
    table.note("native is `git worktree add`; the first view of a tree makes its index, further ones find it")


def _compare(bench: Bench, table: Table, files: int, checkouts: int, limit: float) -> None:
    with (repos.clone(bench, repos.synthetic(bench, files), f"status-{files}") as repository,
          view(bench, repository, f"view-{files}", mounted=False) as projected):
        repos.warm_objects(repository)
        native = Sample(tuple(_checkout(bench, repository) for _ in range(bench.rounds(checkouts))))
        first, further = interleave(bench.rounds(ROUNDS), partial(_mount, bench, repository, projected, True),
                                    partial(_mount, bench, repository, projected, False))
        table.add(below(limit, f"mount + git status, {files:,} files, first view", Unit.SECONDS, first, native),
                  below(limit, f"mount + git status, {files:,} files, further view", Unit.SECONDS, further, native))


def _mount(bench: Bench, repository: Path, projected: View, is_first: bool) -> float:
    if is_first:
        bench.discard(repository / "projfs" / "index")

    def until_known() -> None:
        projected.mount()
        status(projected.mountpoint)

    try:
        taken = seconds(until_known)
        projected.await_git()
        return taken
    finally:
        projected.remove()


def _checkout(bench: Bench, repository: Path) -> float:
    with ExitStack() as stack:

        def until_known() -> None:
            status(stack.enter_context(repos.worktree(bench, repository, "HEAD", "native")))

        return seconds(until_known)
