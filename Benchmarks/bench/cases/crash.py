"""A killed server loses nothing and shows nothing wrong afterwards."""

from __future__ import annotations

import os
import random
import signal
from pathlib import Path

from bench import repos, shell
from bench.compare import compare_with_git
from bench.context import Bench
from bench.measure import Sample, seconds
from bench.readers import Readers, share
from bench.report import Row, Table, Unit, exactly
from bench.view import View, view

REPOSITORY_FILES = 20_000
READERS = 8
ROUNDS = 5


def run(bench: Bench, table: Table) -> None:
    """SIGKILL while eight readers fetch; then mend, mount again, and compare every file with git. Nothing is fetched
    at the start of a round, and the moment of the kill is another one each time."""
    source = repos.synthetic(bench, REPOSITORY_FILES)
    moments = random.Random(1)
    for number in range(1, bench.rounds(ROUNDS) + 1):
        with (repos.clone(bench, source, f"crash-{number}") as repository,
              view(bench, repository, f"view-{number}") as projected):
            wanted = moments.randrange(REPOSITORY_FILES // 50, REPOSITORY_FILES // 4)
            _one_round(bench, table, number, repository, projected, wanted)


def _one_round(bench: Bench, table: Table, number: int, repository: Path, projected: View, wanted: int) -> None:
    server = projected.pid
    directories = [projected.mountpoint / path for path in repos.directories(repository, "HEAD", depth=2)]
    with Readers(bench, share(directories, READERS)) as readers:
        shell.wait_until(lambda: projected.hydrations >= wanted or readers.running == 0, f"{wanted} fetched files")
        busy = readers.running
        os.kill(server, signal.SIGKILL)
        readers.wait(timeout=30)

    way = ""

    def mend() -> None:
        nonlocal way
        way = _mend(bench, projected.mountpoint)
        projected.mount_again()

    mending = seconds(mend)
    found = compare_with_git(projected.mountpoint, repos.blobs(repository, "HEAD"))
    table.add(exactly(READERS, f"round {number}: readers at work when the server was killed", busy),
              Row(f"round {number}: {way} and mount", Unit.SECONDS, Sample.of(mending)),
              exactly(0, f"round {number}: files that differ, of {found.entries:,}", len(found.differences)))
    for difference in found.differences[:3]:
        table.note(f"round {number}: {difference}")


def _mend(bench: Bench, mountpoint: Path) -> str:
    """Takes the dead mount away, with the product's own command if that does it; returns what did."""
    shell.run([bench.projfs, "doctor", mountpoint, "--fix"], check=False, timeout=60)
    if not shell.is_mounted(mountpoint):
        return "doctor --fix"
    shell.detach(mountpoint)
    return "umount -l"
