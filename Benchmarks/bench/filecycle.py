"""One operation on many files, in one thread, by a C program; and what the server was asked for it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import shell
from bench.context import Bench
from bench.report import Table
from bench.view import View


class FileCycle:
    """Times an operation of `helpers/filecycle.c`."""

    def __init__(self, bench: Bench) -> None:
        self._program = bench.helper("filecycle")
        self._listing = bench.work / "cycle-paths"

    def take(self, operation: str, root: Path, paths: Iterable[bytes]) -> float:
        """Seconds for one file."""
        self._listing.write_bytes(b"".join(bytes(root) + b"/" + path + b"\n" for path in paths))
        with open(self._listing, "rb") as listing:
            done = subprocess.run([self._program, operation], stdin=listing, capture_output=True, check=False)
        if done.returncode != 0:
            raise shell.CommandError(done.stderr.decode(errors="replace").strip())
        return float(done.stdout) * 1e-9


@contextmanager
def noting_requests(table: Table, projected: View, what: str, files: int) -> Iterator[None]:
    """Adds a note on how many requests of which kind arrived for each file meanwhile."""
    before = projected.request_counts()
    yield
    arrived = {operation: count - before.get(operation, 0) for operation, count in projected.request_counts().items()}
    each = {operation: count / files for operation, count in arrived.items() if count / files >= 0.01}
    found = ", ".join(f"{operation} {count:.2f}" for operation, count in sorted(each.items(), key=lambda one: -one[1]))
    table.note(f"requests per file, {what}: {found or 'none'}")
