"""One `git cat-file --batch` process, asked for one blob at a time."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from bench import shell

BUFFER_BYTES = 1 << 18


class CatFile:
    """Times how long git takes to deliver a blob through a pipe."""

    def __init__(self, repository: Path) -> None:
        # No buffering on either side, so that a read returns what has arrived.
        self._process = subprocess.Popen(["git", "-C", repository, "cat-file", "--batch"], bufsize=0,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._request = self._process.stdin.fileno()
        self._answer = self._process.stdout.fileno()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def read_all(self, oids: Iterable[str]) -> list[int]:
        """Fetches blobs one after the other; returns the nanoseconds of each."""
        return [self._read(oid.encode() + b"\n") for oid in oids]

    def _read(self, request: bytes) -> int:
        start = time.perf_counter_ns()
        os.write(self._request, request)
        chunk = os.read(self._answer, BUFFER_BYTES)
        header, newline, _ = chunk.partition(b"\n")
        if not newline:
            raise shell.CommandError("git cat-file ended")
        # "<oid> blob <size>\n", the content, "\n".
        missing = len(header) + 1 + int(header.split()[2]) + 1 - len(chunk)
        while missing > 0:
            missing -= len(os.read(self._answer, BUFFER_BYTES))
        return time.perf_counter_ns() - start
