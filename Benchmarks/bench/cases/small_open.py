"""Opening, reading and closing a small file that has been fetched, again and again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.measure import interleave
from bench.report import Row, Table, Unit, at_most
from bench.view import view

SMALL_BYTES = 3 << 10
FILE_COUNTS = (1, 1_000)
CYCLES = 20_000
ROUNDS = 9

# The fastest of libfuse's examples that Debian ships (passthrough_hp.cc is not among them).
EXAMPLE = "passthrough_ll"
EXAMPLE_SOURCE = Path(f"/usr/share/doc/libfuse3-dev/examples/{EXAMPLE}.c")


def run(bench: Bench, table: Table) -> None:
    """Both engines, a worktree, and libfuse's own example over that worktree, with all the caching it has."""
    with (repos.clone(bench, repos.synthetic(bench, bench.files), "small-open") as repository,
          repos.worktree(bench, repository, "HEAD", "native") as native,
          example(bench, native) as mirror,
          view(bench, repository, "view-cached", "--engine", "cached") as cached,
          view(bench, repository, "view-passthrough", "--engine", "passthrough") as passthrough):
        cycle = Cycle(bench.helper("opencycle"), bench.work / "paths")
        files = sorted((blob for blob in repos.blobs(repository, "HEAD") if blob.is_regular),
                       key=lambda blob: (abs(blob.size - SMALL_BYTES), blob.path))
        roots = (native, mirror, cached.mountpoint, passthrough.mountpoint)
        for count in FILE_COUNTS:
            paths = [blob.path for blob in files[:count]]
            for root in roots:
                cycle.take(root, paths, cycles=count)
            plain, theirs, in_cache, through = interleave(
                bench.rounds(ROUNDS), *(partial(cycle.take, root, paths, cycles=CYCLES) for root in roots))
            label = f"{count:,} file{'s' if count > 1 else ''}"
            table.add(at_most(1.3, f"cached engine, {label}", Unit.SECONDS, in_cache, plain),
                      at_most(0.6, f"passthrough engine, {label}, against {EXAMPLE}", Unit.SECONDS, through,
                              theirs),
                      Row(f"passthrough engine, {label}", Unit.SECONDS, through, plain))
        table.note(f"one open + read + close of a file near {SMALL_BYTES >> 10} KiB; in the rows \"against {EXAMPLE}\" "
                   f"the column \"native\" holds libfuse's example over the worktree (cache=always)")


class Cycle:
    """Times opening, reading and closing."""

    def __init__(self, program: Path, listing: Path) -> None:
        self._program = program
        self._listing = listing

    def take(self, root: Path, paths: list[bytes], *, cycles: int) -> float:
        """Seconds of one cycle."""
        self._listing.write_bytes(b"".join(bytes(root) + b"/" + path + b"\n" for path in paths))
        with open(self._listing, "rb") as listing:
            done = subprocess.run([self._program, str(cycles)], stdin=listing, capture_output=True, check=False)
        if done.returncode != 0:
            raise shell.CommandError(done.stderr.decode(errors="replace").strip())
        return float(done.stdout) * 1e-9


@contextmanager
def example(bench: Bench, source: Path) -> Iterator[Path]:
    """Mounts libfuse's example over a directory, with everything it can cache cached."""
    if not EXAMPLE_SOURCE.exists():
        raise shell.CommandError(f"{EXAMPLE_SOURCE} is missing (Debian: libfuse3-dev)")
    program = bench.helper(EXAMPLE, source=EXAMPLE_SOURCE,
                           flags=("-O2", *shell.output(["pkg-config", "--cflags", "fuse3"]).split()),
                           libraries=tuple(shell.output(["pkg-config", "--libs", "fuse3"]).split()))
    mirror = bench.work / "mirror"
    mirror.mkdir()
    server = subprocess.Popen([program, "-f", "-o", f"source={source},cache=always", mirror],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        shell.wait_until(lambda: shell.is_mounted(mirror) or server.poll() is not None, f"{EXAMPLE} mounted")
        if server.poll() is not None:
            raise shell.CommandError(f"{EXAMPLE}: {server.communicate()[1].decode(errors='replace').strip()}")
        yield mirror
    finally:
        if shell.is_mounted(mirror):
            shell.detach(mirror)
        server.terminate()
        server.communicate()
