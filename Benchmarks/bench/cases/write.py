"""Reading and writing a large full file: the kernel does it alone, at the speed of the disk below."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.measure import interleave
from bench.readers import read_files
from bench.report import Table, Unit, at_least, exactly
from bench.view import view

FILE = "written.bin"
FILE_MIB = 128
RUN_SECONDS = 0.5
ROUNDS = 15

JOBS = {
    "read, sequential 1 MiB": ("read", "1M", 0.95),
    "read, random 4 KiB": ("randread", "4k", 0.95),
    "write, sequential 1 MiB": ("write", "1M", 0.95),
    "write, random 4 KiB": ("randwrite", "4k", 0.75),
}


def run(bench: Bench, table: Table) -> None:
    """fio on a file made in the view, through the view and at its place in the local tree: the same blocks."""
    state = bench.work / "state"
    with (repos.clone(bench, repos.synthetic(bench, 1_000), "write") as repository,
          view(bench, repository, "view", "--engine", "passthrough", "--state", str(state)) as projected):
        with open(projected.mountpoint / FILE, "wb") as file:
            for _ in range(FILE_MIB):
                file.write(bytes(1 << 20))
        shell.run(["sync"])
        files = (state / "local" / FILE, projected.mountpoint / FILE)
        before = projected.request_counts()
        for what, (kind, block, least) in JOBS.items():
            read_files(projected.mountpoint, [FILE.encode()])
            native, projfs = interleave(bench.rounds(ROUNDS), *(partial(_fio, file, kind, block) for file in files))
            table.add(at_least(least, what, Unit.BYTES_PER_SECOND, projfs, native))
        after = projected.request_counts()
        table.add(*(exactly(0, f"{operation} requests that reached the server",
                            after.get(operation, 0) - before.get(operation, 0)) for operation in ("READ", "WRITE")))
        table.note("native is the file in the local tree, opened without projfs")


def _fio(file: Path, kind: str, block: str) -> float:
    """Bytes per second, as far as the page cache: what reaches the disk later is the same on both sides."""
    report = shell.output(["fio", "--name=job", f"--filename={file}", f"--rw={kind}", f"--bs={block}",
                           "--ioengine=psync", "--invalidate=0", "--allow_file_create=0", "--fallocate=none",
                           "--time_based", f"--runtime={int(RUN_SECONDS * 1000)}ms", "--output-format=json"])
    job = json.loads(report[report.index("{"):])["jobs"][0]
    return float(job["read" if "read" in kind else "write"]["bw_bytes"])
