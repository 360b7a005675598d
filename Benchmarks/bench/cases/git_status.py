"""What `git status` costs where nothing has changed."""

from __future__ import annotations

from bench import repos
from bench.context import Bench
from bench.gitwork import LAST, Index, counting, hook_settings, status
from bench.measure import interleave
from bench.report import Table, Unit, at_most
from bench.view import view

ROUNDS = 5
WARM_ROUNDS = 15


def run(bench: Bench, table: Table) -> None:
    """The first one in a fresh view and those after it, against a plain worktree, and against one whose git is told
    that nothing has changed."""
    settings = hook_settings(bench)
    with (repos.clone(bench, repos.revised(bench, bench.files), "status") as repository,
          repos.worktree(bench, repository, LAST, "native") as native,
          repos.worktree(bench, repository, LAST, "hooked") as hooked,
          view(bench, repository, "view", "--rev", LAST) as projected):
        projected.await_git()
        checkout, hooked_checkout = Index(native), Index(hooked)
        repos.warm_objects(repository)
        status(native), status(hooked)

        def plain_first() -> float:
            checkout.restore()
            return status(native)

        def hooked_first() -> float:
            hooked_checkout.restore()
            return status(hooked, settings=settings)

        def projected_first() -> float:
            projected.remove()
            projected.mount()
            projected.await_git()
            return status(projected.mountpoint)

        plain, told, ours = interleave(bench.rounds(ROUNDS), plain_first, hooked_first, projected_first)
        table.add(at_most(0.5, "first git status, against a plain worktree", Unit.SECONDS, ours, plain),
                  at_most(1.1, "first git status, against one with a hook", Unit.SECONDS, ours, told))

        projected.remove()
        projected.mount()
        projected.await_git()
        with counting(table, projected, "the first git status"):
            status(projected.mountpoint)
        with counting(table, projected, "the second git status"):
            status(projected.mountpoint)

        # The first with a hook marks what is unchanged, the second fills the untracked cache.
        status(hooked, settings=settings), status(hooked, settings=settings)
        plain, told, ours = interleave(bench.rounds(WARM_ROUNDS), lambda: status(native),
                                       lambda: status(hooked, settings=settings),
                                       lambda: status(projected.mountpoint))
        table.add(at_most(0.5, "git status, warm, against a plain worktree", Unit.SECONDS, ours, plain),
                  at_most(1.1, "git status, warm, against one with a hook", Unit.SECONDS, ours, told))
        table.note("the hook says that nothing has changed; with it goes core.untrackedCache")
