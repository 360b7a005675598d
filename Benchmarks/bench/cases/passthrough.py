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
RUN_SECONDS = 0.5
ROUNDS = 25

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
    """fio and sendfile on one large file, in a view and in the content store: the same blocks and the same pages of the
    page cache. Two copies of a file differ by more than what is measured here."""
    name = repos.LARGE_FILE
    with (repos.clone(bench, repos.large_file(bench), "passthrough") as repository,
          view(bench, repository, "view", "--engine", "passthrough") as projected):
        read_files(projected.mountpoint, [name.encode()])
        files = (_stored(repository), projected.mountpoint / name)
        before = _requests(projected.stats())

        for what, options in JOBS.items():
            read_files(projected.mountpoint, [name.encode()])
            _compare(bench, table, what, [partial(fio, file, options) for file in files])
        sender = bench.helper("sendloop")
        _compare(bench, table, "sendfile", [partial(_send, sender, file) for file in files])

        arrived = {operation: count - before.get(operation, 0)
                   for operation, count in _requests(projected.stats()).items()}
        table.add(exactly(0, "READ requests that reached the server", arrived.get("READ", 0)))
        others = ", ".join(f"{operation} {count}" for operation, count in sorted(arrived.items()) if count)
        table.note(f"requests in the whole run: {others or 'none'}")
        table.note("native is the file in the content store, opened without projfs")


def _stored(repository: Path) -> Path:
    """The large file in the repository's content store."""
    for file in (repository / "projfs" / "content").rglob("*"):
        if file.is_file() and file.stat().st_size == repos.LARGE_FILE_BYTES:
            return file
    raise shell.CommandError(f"{repository}: the large file is not in the content store after it was read")


def _requests(stats: dict[str, dict[str, dict[str, int]]]) -> dict[str, int]:
    return {operation: request["count"] for operation, request in stats["requests"].items()}


def _compare(bench: Bench, table: Table, what: str, sides: list[Side]) -> None:
    native, projfs = interleave(bench.rounds(ROUNDS), *sides)
    table.add(at_least(LEAST, what, Unit.BYTES_PER_SECOND, projfs, native))


def fio(file: Path, options: tuple[str, ...]) -> float:
    """Bytes read per second. Keeps fio from emptying the page cache, which it would do for one side only."""
    report = shell.output(["fio", "--name=read", f"--filename={file}", "--readonly", "--allow_file_create=0",
                           "--invalidate=0", "--time_based", f"--runtime={int(RUN_SECONDS * 1000)}ms",
                           "--output-format=json", *options])
    return float(json.loads(report[report.index("{"):])["jobs"][0]["read"]["bw_bytes"])


def _send(program: Path, file: Path) -> float:
    """Bytes sent per second."""
    return float(shell.output([program, file, str(RUN_SECONDS)]))
