"""Reading a large file that has been fetched: the kernel does it alone, at the speed of the disk below."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.measure import Side, interleave
from bench.readers import read_files
from bench.report import Table, Unit, at_least, exactly
from bench.view import view

LEAST = 0.95
RUN_SECONDS = 2
ROUNDS = 9

SEQUENTIAL = ("--rw=read", "--bs=1M")
RANDOM = ("--rw=randread", "--bs=4k")
DIRECT = ("--ioengine=psync", "--direct=1")

JOBS = {
    "read, sequential 1 MiB": (*SEQUENTIAL, "--ioengine=psync"),
    "read, random 4 KiB": (*RANDOM, "--ioengine=psync"),
    "mmap, sequential 1 MiB": (*SEQUENTIAL, "--ioengine=mmap"),
    "mmap, random 4 KiB": (*RANDOM, "--ioengine=mmap"),
    "O_DIRECT, sequential 1 MiB": (*SEQUENTIAL, *DIRECT),
    "O_DIRECT, random 4 KiB": (*RANDOM, *DIRECT),
}


def run(bench: Bench, table: Table) -> None:
    """fio and sendfile on one large file in a view and in a worktree. Both lie in the page cache, save for O_DIRECT."""
    name = repos.LARGE_FILE
    with (repos.clone(bench, repos.large_file(bench), "passthrough") as repository,
          repos.worktree(bench, repository, "HEAD", "native") as native,
          view(bench, repository, "view", "--engine", "passthrough") as projected):
        files = (native / name, projected.mountpoint / name)
        read_files(projected.mountpoint, [name.encode()])
        # Both come into the page cache in the same way: how large its folios are decides how fast mmap is.
        shell.drop_caches()
        for file in files:
            read_files(file.parent, [name.encode()])
        before = {operation: request["count"] for operation, request in projected.stats()["requests"].items()}

        for what, options in JOBS.items():
            _compare(bench, table, what, [partial(fio, file, options) for file in files])
        sender = bench.helper("sendloop")
        _compare(bench, table, "sendfile",
                 [partial(_send, sender, file) for file in files])

        arrived = {operation: request["count"] - before.get(operation, 0)
                   for operation, request in projected.stats()["requests"].items()}
        table.add(exactly(0, "READ requests that reached the server", arrived.get("READ", 0)))
        others = ", ".join(f"{operation} {count}" for operation, count in sorted(arrived.items()) if count)
        table.note(f"requests in the whole run: {others or 'none'}")


def _compare(bench: Bench, table: Table, what: str, sides: list[Side]) -> None:
    native, projfs = interleave(bench.rounds(ROUNDS), *sides)
    table.add(at_least(LEAST, what, Unit.BYTES_PER_SECOND, projfs, native))


def fio(file: Path, options: tuple[str, ...]) -> float:
    """Bytes read per second. Keeps fio from emptying the page cache, which it would do for one side only."""
    report = shell.output(["fio", "--name=read", f"--filename={file}", "--readonly", "--allow_file_create=0",
                           "--invalidate=0", "--time_based", f"--runtime={RUN_SECONDS}", "--gtod_reduce=1",
                           "--output-format=json", *options])
    return float(json.loads(report[report.index("{"):])["jobs"][0]["read"]["bw_bytes"])


def _send(program: Path, file: Path) -> float:
    """Bytes sent per second."""
    return float(shell.output([program, file, str(RUN_SECONDS)]))
