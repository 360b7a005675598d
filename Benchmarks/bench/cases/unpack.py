"""Many new files at once: a source archive unpacked, and removed again."""

from __future__ import annotations

import io
import random
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.filecycle import noting_requests
from bench.measure import interleave, seconds
from bench.report import Table, Unit, at_most, exactly
from bench.view import view

FILES = 10_000
DIRECTORIES = 500
ROUNDS = 5
LIMIT = 3.0


def run(bench: Bench, table: Table) -> None:
    """`tar x` and `rm -r`. All is unpacked before the first is removed: see `REUSE_SECONDS`."""
    rounds = bench.rounds(ROUNDS)
    archive = _archive(bench)
    for engine in ("passthrough", "cached"):
        with (repos.clone(bench, repos.synthetic(bench, 1_000), f"unpack-{engine}") as repository,
              view(bench, repository, f"view-{engine}", "--engine", engine) as projected):
            native = bench.work / f"unpack-native-{engine}"
            native.mkdir()
            roots = (native, projected.mountpoint)
            with noting_requests(table, projected, f"{engine}, tar x", FILES * rounds):
                plain, ours = interleave(rounds, *(_Numbered(partial(_unpack, archive), root) for root in roots))
            table.add(at_most(LIMIT, f"{engine}, tar x of {FILES:,} files", Unit.SECONDS, ours, plain))
            differing = shell.run(["diff", "-rq", native / "0", projected.mountpoint / "0"], check=False)
            table.add(exactly(0, f"{engine}, entries that differ", len(differing.stdout.splitlines())))
            with noting_requests(table, projected, f"{engine}, rm -r", FILES * rounds):
                plain, ours = interleave(rounds, *(_Numbered(_remove, root) for root in roots))
            table.add(at_most(LIMIT, f"{engine}, rm -r of them", Unit.SECONDS, ours, plain))


class _Numbered:
    """Does something to a directory of another name in every round."""

    def __init__(self, action: Callable[[Path], float], root: Path) -> None:
        self._action = action
        self._root = root
        self._turn = 0

    def __call__(self) -> float:
        path = self._root / str(self._turn)
        self._turn += 1
        return self._action(path)


def _unpack(archive: Path, path: Path) -> float:
    path.mkdir()
    return seconds(lambda: shell.run(["tar", "xf", archive, "-C", path]))


def _remove(path: Path) -> float:
    return seconds(lambda: shell.run(["rm", "-r", path]))


def _archive(bench: Bench) -> Path:
    """Files of the sizes that sources have, in directories two deep. Made once."""
    path = bench.directory / f"sources-{FILES}.tar"
    if not path.exists():
        source = random.Random(1)
        partial_path = path.with_suffix(".new")
        with tarfile.open(partial_path, "w") as archive:
            for number in range(FILES):
                content = source.randbytes(int(min(200_000, max(8, source.lognormvariate(8.0, 1.2)))))
                directory = number % DIRECTORIES
                entry = tarfile.TarInfo(f"part{directory // 25:02}/dir{directory:03}/file{number:05}.c")
                entry.size, entry.mode, entry.mtime = len(content), 0o644, 1_600_000_000 + number
                archive.addfile(entry, io.BytesIO(content))
        partial_path.rename(path)
    return path
