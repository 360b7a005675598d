"""Walking the tree: cold from an unmounted state, and warm."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.measure import interleave, seconds
from bench.report import Table, Unit, at_most, exactly
from bench.view import view


def run(bench: Bench, table: Table) -> None:
    """`find` and `ls -lR` over a view and over a worktree of the same commit. What they print goes to a file."""
    with (repos.clone(bench, repos.synthetic(bench, bench.files), "find") as repository,
          repos.worktree(bench, repository, "HEAD", "native") as native,
          view(bench, repository, "view") as projected):
        walk = Walk(bench.work / "listing")
        mounted = projected.mountpoint

        table.add(exactly(walk.names(native), "names found", walk.names(mounted), walk.names(native)))

        def cold() -> float:
            shell.drop_caches()
            return walk.find(native)

        def cold_remounted() -> float:
            projected.unmount()
            projected.mount_again()
            shell.drop_caches()
            return walk.find(mounted)

        def cold_fresh() -> float:
            projected.remove()
            projected.mount()
            shell.drop_caches()
            return walk.find(mounted)

        plain, remounted, fresh = interleave(bench.rounds(7), cold, cold_remounted, cold_fresh)
        table.add(at_most(2.0, "find, cold, mounted again", Unit.SECONDS, remounted, plain))
        table.add(at_most(2.0, "find, cold, fresh view", Unit.SECONDS, fresh, plain))

        walk.find(native), walk.find(mounted)
        plain, ours = interleave(bench.rounds(15), lambda: walk.find(native), lambda: walk.find(mounted))
        table.add(at_most(1.1, "find, warm", Unit.SECONDS, ours, plain))

        walk.long_list(native), walk.long_list(mounted)
        plain, ours = interleave(bench.rounds(9), lambda: walk.long_list(native), lambda: walk.long_list(mounted))
        table.add(at_most(1.2, "ls -lR, warm", Unit.SECONDS, ours, plain))


class Walk:
    """Times commands that print names; their output goes to a file, since some do less work for /dev/null."""

    def __init__(self, listing: Path) -> None:
        self._listing = listing

    def find(self, root: Path) -> float:
        return seconds(lambda: self._print(["find", str(root)]))

    def long_list(self, root: Path) -> float:
        return seconds(lambda: self._print(["ls", "-lR", str(root)]))

    def names(self, root: Path) -> int:
        """How many names there are below a directory, `.git` at its root not counted."""
        self.find(root)
        pointer = os.fsencode(root / ".git")
        return sum(line != pointer for line in self._listing.read_bytes().splitlines())

    def _print(self, command: list[str]) -> None:
        with open(self._listing, "wb") as listing:
            done = subprocess.run(command, stdout=listing, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise shell.CommandError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")
