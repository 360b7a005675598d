"""Plain `git checkout` in a view, and what becomes of the files that it writes."""

from __future__ import annotations

from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.gitwork import await_settled, counting, git, status, tag
from bench.measure import Sample, interleave, seconds
from bench.report import Row, Table, Unit, at_most
from bench.view import view

OLD, NEW = tag(0), tag(1)
ROUNDS = 4


def run(bench: Bench, table: Table) -> None:
    """To another revision and back, and how long it takes until nothing of it is local."""
    settled: list[float] = []
    with (repos.clone(bench, repos.revised(bench, bench.files), "checkout") as repository,
          repos.worktree(bench, repository, OLD, "native") as native,
          view(bench, repository, "view", "--rev", OLD) as projected):
        projected.await_git()
        repos.warm_objects(repository)
        mounted = projected.mountpoint
        status(native), status(mounted)

        def projected_checkout() -> float:
            taken = _change(mounted)
            settled.append(seconds(lambda: await_settled(projected)))
            return taken

        _change(native), projected_checkout()
        settled.clear()
        plain, ours = interleave(2 * bench.rounds(ROUNDS), lambda: _change(native), projected_checkout)
        table.add(at_most(3.0, "git checkout", Unit.SECONDS, ours, plain),
                  Row("from its end until nothing is local", Unit.SECONDS, Sample(tuple(settled))))
        plain, ours = interleave(bench.rounds(ROUNDS), lambda: status(native), lambda: status(mounted))
        table.add(Row("git status afterwards", Unit.SECONDS, ours, plain))
        changed = len(git(mounted, "diff", "--name-only", OLD, NEW).splitlines())
        with counting(table, projected, f"git checkout with {changed:,} paths that differ"):
            _change(mounted)
            await_settled(projected)


def _change(tree: Path) -> float:
    at = git(tree, "rev-parse", "HEAD")
    target = NEW if at == git(tree, "rev-parse", OLD) else OLD
    taken = seconds(lambda: git(tree, "checkout", "-q", "--detach", target))
    if git(tree, "rev-parse", "HEAD") == at:
        raise shell.CommandError(f"{tree}: HEAD is not at {target}")
    return taken
