"""What the first access to a file costs, and the first access to all of them."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench import repos, shell
from bench.catfile import CatFile
from bench.context import Bench
from bench.measure import Sample, interleave, seconds
from bench.readers import Readers, read_files, share
from bench.report import Row, Table, Target, Unit, at_most, exactly
from bench.view import view

FILES = 3_000
CHUNKS = 10
LIMIT_SECONDS = 250e-6
READERS = 2


def run(bench: Bench, table: Table) -> None:
    """Single files against `git cat-file --batch`, then the whole tree against `git checkout`."""
    source = repos.synthetic(bench, bench.files)
    _single_files(bench, table, source, "never looked at", walked=False)
    _single_files(bench, table, source, "listed before", walked=True)
    _whole_tree(bench, table, source, "page cache warm", _warm)
    _whole_tree(bench, table, source, "page cache cold", _cold)
    table.note(f"native is `git cat-file --batch` for one file, `git checkout -f` for the tree; "
               f"the tree is read by {READERS} processes")


def _single_files(bench: Bench, table: Table, source: Path, state: str, *, walked: bool) -> None:
    with (repos.clone(bench, source, "first") as repository, view(bench, repository, "view") as projected,
          CatFile(repository) as git):
        files = [blob for blob in repos.blobs(repository, "HEAD") if blob.is_regular and blob.size]
        chosen = random.Random(1).sample(files, min(FILES, len(files)))
        repos.warm_objects(repository)
        if walked:
            shell.run(["find", projected.mountpoint, "-printf", "%s\n"])

        native: list[int] = []
        ours: list[int] = []
        for turn in range(CHUNKS):
            chunk = chosen[turn::CHUNKS]
            for side in ("native", "projfs") if turn % 2 == 0 else ("projfs", "native"):
                if side == "native":
                    native.extend(git.read_all(blob.oid for blob in chunk))
                else:
                    ours.extend(read_files(projected.mountpoint, (blob.path for blob in chunk)))

        plain, projfs = _in_seconds(native), _in_seconds(ours)
        table.add(Row(f"one file, {state}", Unit.SECONDS, projfs, plain,
                      Target(f"≤ native + {Unit.SECONDS.text(LIMIT_SECONDS)}",
                             projfs.median - plain.median <= LIMIT_SECONDS)),
                  exactly(len({blob.oid for blob in chosen}), f"contents fetched, {state}", projected.hydrations))


def _in_seconds(nanoseconds: list[int]) -> Sample:
    return Sample(tuple(value * 1e-9 for value in nanoseconds))


def _warm(repository: Path) -> None:
    os.sync()
    repos.warm_objects(repository)


def _cold(_: Path) -> None:
    shell.drop_caches()


def _whole_tree(bench: Bench, table: Table, source: Path, state: str, prepare: Callable[[Path], None]) -> None:
    """Every round begins with a new clone, so nothing has been fetched, and with a worktree without files."""

    def checkout() -> float:
        with ExitStack() as stack:
            repository = stack.enter_context(repos.clone(bench, source, "tree-native"))
            tree = stack.enter_context(repos.worktree(bench, repository, "HEAD", "native", checkout=False))
            prepare(repository)
            return seconds(lambda: shell.run(["git", "-C", tree, "checkout", "-q", "-f", "HEAD"]))

    def hydrate() -> float:
        with ExitStack() as stack:
            repository = stack.enter_context(repos.clone(bench, source, "tree-view"))
            projected = stack.enter_context(view(bench, repository, "view"))
            top = repos.directories(repository, "HEAD", depth=1)
            shares = share([projected.mountpoint / path for path in top], READERS)
            prepare(repository)

            def read() -> None:
                with Readers(bench, shares) as readers:
                    readers.files_read()

            return seconds(read)

    native, projfs = interleave(bench.rounds(3), checkout, hydrate)
    table.add(at_most(1.0, f"the whole tree, {state}", Unit.SECONDS, projfs, native))
