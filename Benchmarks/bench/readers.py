"""Processes that read whole trees at the same time, and reads done by this process itself."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench import shell
from bench.context import Bench

BUFFER_BYTES = 1 << 18


def share(items: Sequence[Path], parts: int) -> list[list[Path]]:
    """Deals items out in turn."""
    return [list(items[part::parts]) for part in range(parts)]


class Readers:
    """Several reader processes, each with its own directories."""

    def __init__(self, bench: Bench, shares: Iterable[Sequence[Path]]) -> None:
        program = bench.helper("readtree")
        self._processes = [
            subprocess.Popen([program, *directories], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE)
            for directories in shares if directories
        ]

    def __enter__(self) -> Readers:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()

    @property
    def running(self) -> int:
        return sum(process.poll() is None for process in self._processes)

    def files_read(self) -> int:
        """Waits for all of them; each must have succeeded."""
        total = 0
        for process in self._processes:
            out, err = process.communicate()
            if process.returncode != 0:
                raise shell.CommandError(err.decode(errors="replace").strip())
            total += int(out.split()[0])
        return total

    def wait(self, timeout: float) -> None:
        """Waits until all have ended, well or badly."""
        shell.wait_until(lambda: self.running == 0, "the end of the readers", timeout=timeout)


def read_file(path: bytes) -> int:
    """Opens a file and reads it to its end; returns the nanoseconds that took, closing not included."""
    start = time.perf_counter_ns()
    file = os.open(path, os.O_RDONLY)
    try:
        while os.read(file, BUFFER_BYTES):
            pass
        return time.perf_counter_ns() - start
    finally:
        os.close(file)


def read_files(root: Path, paths: Iterable[bytes]) -> list[int]:
    """Reads files one after the other; returns the nanoseconds of each."""
    prefix = os.fsencode(root) + b"/"
    return [read_file(prefix + path) for path in paths]
