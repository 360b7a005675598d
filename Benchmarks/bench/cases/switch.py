"""`projfs switch` against `git checkout`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench import repos, shell
from bench.compare import compare_with_git
from bench.context import Bench
from bench.gitwork import counting, git, status, tag
from bench.measure import Sample, interleave, seconds
from bench.report import Row, Table, Unit, at_most, exactly
from bench.view import view

OLD, NEW = tag(0), tag(1)
ROUNDS = 6


def run(bench: Bench, table: Table) -> None:
    """To another revision and back: until the command returns, and until a `git status` after it has ended."""
    with (repos.clone(bench, repos.revised(bench, bench.files), "switch") as repository,
          repos.worktree(bench, repository, OLD, "native") as native,
          view(bench, repository, "view", "--rev", OLD) as projected):
        projected.await_git()
        repos.warm_objects(repository)
        mounted = projected.mountpoint
        plain = Switched(native, lambda revision: git(native, "checkout", "-q", "--detach", revision))
        for state, is_walked in (("nothing looked at", False), ("everything looked at", True)):
            ours = Switched(mounted, projected.switch)

            def move() -> float:
                if is_walked:
                    shell.run(["find", mounted, "-printf", "%s\n"])
                return ours.move()

            plain.begin(), ours.begin()
            native_command, command = interleave(2 * bench.rounds(ROUNDS), plain.move, move)
            # What was looked at has to be told to the kernel, name by name, so only the other has a target.
            title = f"switch, {state}"
            table.add(Row(title, Unit.SECONDS, command, native_command) if is_walked
                      else at_most(0.05, title, Unit.SECONDS, command, native_command),
                      Row(f"switch + git status, {state}", Unit.SECONDS, ours.until_status, plain.until_status))
        with counting(table, projected, f"{OLD} to {NEW} with git status, everything looked at"):
            ours.move()
        changed = set(git(mounted, "diff", "--name-only", "-z", OLD, NEW).split(b"\0"))
        blobs = [blob for blob in repos.blobs(repository, NEW) if blob.path in changed]
        table.add(exactly(0, f"differences in {len(blobs):,} changed files",
                          len(compare_with_git(mounted, blobs).differences)))
        table.note("native is `git checkout --detach`")


class Switched:
    """One side: a worktree that goes to and fro."""

    def __init__(self, tree: Path, change: Callable[[str], object]) -> None:
        self._tree = tree
        self._change = change
        self._times: list[float] = []

    def begin(self) -> None:
        """Goes there and back once, so that both revisions are known to be there, and forgets earlier times."""
        self.move(), self.move()
        self._times = []

    def move(self) -> float:
        """How long the command takes; notes how long until git has seen that all is well."""
        target = NEW if self._at == git(self._tree, "rev-parse", OLD) else OLD
        taken = seconds(lambda: self._change(target))
        self._times.append(taken + status(self._tree))
        if self._at != git(self._tree, "rev-parse", target):
            raise shell.CommandError(f"{self._tree}: HEAD is not at {target}")
        return taken

    @property
    def until_status(self) -> Sample:
        return Sample(tuple(self._times))

    @property
    def _at(self) -> bytes:
        return git(self._tree, "rev-parse", "HEAD")
