"""The server's memory before and after a walk over a very large tree, and after the kernel has forgotten it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import ClassVar

from bench import repos, shell
from bench.context import Bench
from bench.measure import Sample
from bench.report import Row, Table, Unit, below
from bench.view import View, view

LIMIT_BYTES = 128
SETTLE_SECONDS = 2.0
MOST_SECONDS = 30.0


@dataclass(frozen=True)
class Memory:
    """What a process holds, in bytes."""

    anonymous: int
    resident: int
    private_dirty: int

    NAMES: ClassVar[tuple[str, ...]] = ("RssAnon", "VmRSS", "Private_Dirty")

    @classmethod
    def of(cls, pid: int) -> Memory:
        process = Path("/proc") / str(pid)
        found = dict(_fields(process / "status")) | dict(_fields(process / "smaps_rollup"))
        return cls(*(found[name] for name in cls.NAMES))


def _fields(file: Path) -> Iterator[tuple[str, int]]:
    for line in file.read_text().splitlines():
        if line.endswith(" kB"):
            name, value = line.split(":")
            yield name, int(value.split()[0]) << 10


def run(bench: Bench, table: Table) -> None:
    """Looks at every file and its size once, then makes the kernel forget all of them."""
    with (repos.clone(bench, repos.synthetic(bench, bench.large), "memory") as repository,
          view(bench, repository, "view") as projected):
        shell.run(["ls", projected.mountpoint])
        before = Memory.of(projected.pid)
        listing = shell.run(["find", projected.mountpoint, "-type", "f", "-printf", "%s\n"]).stdout
        files = listing.count(b"\n")
        after = Memory.of(projected.pid)
        known = _known(projected)

        for mode in (2, 3):
            shell.drop_caches(mode)
        dropped = _settled(projected.pid)

        table.add(_info("files looked at", Unit.COUNT, files),
                  below(LIMIT_BYTES, "RssAnon, for each file", Unit.BYTES,
                        Sample.of((after.anonymous - before.anonymous) / files)),
                  _info("VmRSS, for each file", Unit.BYTES, (after.resident - before.resident) / files))
        for state, memory in (("before the walk", before), ("after the walk", after), ("forgotten", dropped)):
            for name, value in zip(Memory.NAMES, astuple(memory), strict=True):
                table.add(_info(f"{name}, {state}", Unit.BYTES, value))
        table.add(_info("inodes known, after the walk", Unit.COUNT, known),
                  _info("inodes known, forgotten", Unit.COUNT, _known(projected)),
                  _info("RssAnon given back", Unit.BYTES, after.anonymous - dropped.anonymous))
        table.note("forgotten: after the kernel's caches were dropped")


def _info(what: str, unit: Unit, value: float) -> Row:
    return Row(what, unit, Sample.of(value))


def _known(projected: View) -> int:
    return int(projected.stats()["inodes"]["known"])


def _settled(pid: int) -> Memory:
    """Waits until the server's anonymous memory has stopped falling."""
    deadline = time.monotonic() + MOST_SECONDS
    least, since = Memory.of(pid), time.monotonic()
    while time.monotonic() < min(since + SETTLE_SECONDS, deadline):
        time.sleep(shell.POLL_SECONDS)
        now = Memory.of(pid)
        if now.anonymous < least.anonymous:
            least, since = now, time.monotonic()
    return least
