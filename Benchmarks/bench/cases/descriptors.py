"""The server's own descriptors do not grow with the files that are open."""

from __future__ import annotations

import os
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.measure import Sample
from bench.readers import read_files
from bench.report import Row, Table, Unit, below, exactly
from bench.view import View, view

REPOSITORY_FILES = 20_000
HYDRATED = 10_000
HELD_OPEN = 2_000
SERVER_LIMIT = 256
MOST_DESCRIPTORS = 64
SPARE = 256


def run(bench: Bench, table: Table) -> None:
    """A server that may have 256 descriptors serves 10,000 files, 2,000 of them open at the same time."""
    source = repos.synthetic(bench, REPOSITORY_FILES)
    with own_limit(HELD_OPEN + SPARE):
        for engine in ("passthrough", "cached"):
            with (repos.clone(bench, source, f"descriptors-{engine}") as repository,
                  view(bench, repository, f"view-{engine}", "--engine", engine, mounted=False) as projected):
                projected.mount(prefix=("sh", "-c", f'ulimit -n {SERVER_LIMIT}; exec "$@"', "sh"))
                _measure(table, engine, repository, projected)


def _measure(table: Table, engine: str, repository: Path, projected: View) -> None:
    server = Path("/proc") / str(projected.pid)
    table.add(exactly(SERVER_LIMIT, f"{engine}: the server's limit", _limit(server)))

    files = [blob.path for blob in repos.blobs(repository, "HEAD") if blob.is_regular and blob.size]
    chosen = random.Random(1).sample(files, HYDRATED)
    at_rest = _descriptors(server)
    read_files(projected.mountpoint, chosen)
    after = _descriptors(server)
    table.add(exactly(HYDRATED, f"{engine}: contents fetched", projected.hydrations))

    held = []
    try:
        prefix = os.fsencode(projected.mountpoint) + b"/"
        for path in chosen[:HELD_OPEN]:
            held.append(os.open(prefix + path, os.O_RDONLY))
        readable = sum(bool(os.pread(file, 1, 0)) for file in held)
        during = _descriptors(server)
    finally:
        for file in held:
            os.close(file)

    table.add(exactly(HELD_OPEN, f"{engine}: files open and readable", readable))
    table.add(Row(f"{engine}: descriptors of the server at rest", Unit.COUNT, Sample.of(at_rest)))
    table.add(below(MOST_DESCRIPTORS, f"{engine}: descriptors after fetching", Unit.COUNT, Sample.of(after)))
    table.add(below(MOST_DESCRIPTORS, f"{engine}: descriptors with {HELD_OPEN:,} files open", Unit.COUNT,
                    Sample.of(during)))


def _descriptors(server: Path) -> int:
    return len(os.listdir(server / "fd"))


def _limit(server: Path) -> int:
    for line in (server / "limits").read_text().splitlines():
        if line.startswith("Max open files"):
            return int(line.split()[3])
    raise shell.CommandError(f"{server}/limits names no limit of open files")


@contextmanager
def own_limit(descriptors: int) -> Iterator[None]:
    """Lets this process open so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, descriptors), max(hard, descriptors)))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, max(hard, descriptors)))
