"""Changing what files are called and look like: nothing is fetched for it, and a directory is as quick as a file."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.filecycle import FileCycle, noting_requests
from bench.measure import Sample, interleave, seconds
from bench.report import Row, Table, Target, Unit, exactly
from bench.view import View, view

FILES = 1_000
ROUNDS = 5
MANY = 50_000
FEW = 5
MOVES = 9


def run(bench: Bench, table: Table) -> None:
    """chmod, rename and `echo x >` of virtual files; then `mv` of virtual directories."""
    source = repos.synthetic(bench, bench.files)
    paths = [blob.path for blob in repos.blobs(source, "HEAD") if blob.mode == 0o100644][:4 * FILES]
    shares = {"chmod": paths[:FILES], "rename": paths[FILES:2 * FILES], "overwrite": paths[2 * FILES:3 * FILES]}
    for engine in ("passthrough", "cached"):
        _files(bench, table, source, engine, shares)
    _directories(bench, table)


def _files(bench: Bench, table: Table, source: Path, engine: str, shares: dict[str, list[bytes]]) -> None:
    cycle = FileCycle(bench)
    fetched: dict[str, int] = dict.fromkeys(shares, 0)
    for operation, paths in shares.items():
        notes = Table("unused")

        def checkout() -> float:
            with ExitStack() as stack:
                repository = stack.enter_context(repos.clone(bench, source, "change-native"))
                tree = stack.enter_context(repos.worktree(bench, repository, "HEAD", "native"))
                return cycle.take(operation, tree, paths)

        def projected() -> float:
            with ExitStack() as stack:
                repository = stack.enter_context(repos.clone(bench, source, "change-view"))
                mounted = stack.enter_context(view(bench, repository, "view", "--engine", engine))
                repos.warm_objects(repository)
                with noting_requests(notes, mounted, f"{engine}, {operation}", len(paths)):
                    taken = cycle.take(operation, mounted.mountpoint, paths)
                fetched[operation] += mounted.hydrations
                return taken

        native, projfs = interleave(bench.rounds(ROUNDS), checkout, projected)
        table.add(Row(f"{engine}, {operation} of a virtual file", Unit.SECONDS, projfs, native))
        table.note(notes.notes[-1])
        table.add(exactly(0, f"{engine}, contents fetched by {operation}", fetched[operation]))


def _directories(bench: Bench, table: Table) -> None:
    """`mv` there and back again, of a directory with many files and of one with few: never looked at, and mounted
    again after the first."""
    repository = _wide(bench)
    with view(bench, repository, "view-wide") as projected:
        first = [_move(projected, name, "there") for name in ("few", "many")]
        table.add(Row(f"first mv of a virtual directory, {MANY:,} files against {FEW}", Unit.SECONDS,
                      Sample.of(first[1]), Sample.of(first[0])))
        _compare(bench, table, projected, "mv of a virtual directory")
        projected.unmount()
        projected.mount_again()
        _compare(bench, table, projected, "the same, mounted again")
        table.add(exactly(MANY, "files in the directory afterwards",
                          len(os.listdir(projected.mountpoint / "there-many"))))
        _compare(bench, table, projected, "the same, listed before")
        table.add(exactly(0, "contents fetched by mv", projected.hydrations))
    table.note(f"in the rows of mv the column \"native\" is the view's directory with {FEW} files")


def _compare(bench: Bench, table: Table, projected: View, what: str) -> None:
    def there_and_back(name: str) -> float:
        back = _rename(projected, f"there-{name}", name)
        return (back + _rename(projected, name, f"there-{name}")) / 2

    few, many = interleave(bench.rounds(MOVES), lambda: there_and_back("few"), lambda: there_and_back("many"))
    noise = max(few.width, many.width, 20e-6)
    apart = abs(many.median - few.median)
    table.add(Row(what, Unit.SECONDS, many, few, Target(f"± {Unit.SECONDS.text(noise)}", apart <= noise)))


def _move(projected: View, name: str, prefix: str) -> float:
    return _rename(projected, name, f"{prefix}-{name}")


def _rename(projected: View, old: str, new: str) -> float:
    root = projected.mountpoint
    return seconds(lambda: os.rename(root / old, root / new))


def _wide(bench: Bench) -> Path:
    """A repository with a directory of many files, and one of few."""
    path = bench.work / "wide.git"
    shell.run(["git", "init", "-q", "--bare", path])
    lines = ["blob", "mark :1", "data 2", "x", "", "commit refs/heads/main", "committer B <b@example.org> 1 +0000",
             "data 0"]
    for name, count in (("few", FEW), ("many", MANY)):
        lines += [f"M 100644 :1 {name}/file{number:06}" for number in range(count)]
    done = subprocess.run(["git", "-C", path, "fast-import", "--quiet"], input="\n".join([*lines, "", ""]).encode(),
                          capture_output=True, check=False)
    if done.returncode != 0:
        raise shell.CommandError(done.stderr.decode(errors="replace").strip())
    return path
