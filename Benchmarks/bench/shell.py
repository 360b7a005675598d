"""Runs commands, waits for conditions, and asks the kernel about mounts and caches."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Argument = str | bytes | Path

POLL_SECONDS = 0.005
SHOWN_LINES = 3


class CommandError(Exception):
    """A command failed, or a condition did not come true in time."""


def run(command: Sequence[Argument], *, timeout: float = 1800, check: bool = True,
        cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    """Runs a command to its end, with its output caught; raises `CommandError` if it fails and `check` is set.

    It has a process group of its own, so that whatever interrupts the run also ends the command's own children."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   cwd=cwd, process_group=0)
    except OSError as error:
        raise CommandError(f"{printable(command)}: {error}") from error
    try:
        out, err = process.communicate(timeout=timeout)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGTERM)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise CommandError(f"{printable(command)}: no end after {timeout:.0f} s") from error
        raise
    if check and process.returncode != 0:
        lines = err.decode(errors="replace").strip().splitlines() or ["no message"]
        message = "\n".join(lines[:SHOWN_LINES] + (["…"] if len(lines) > SHOWN_LINES else []))
        raise CommandError(f"{printable(command)}: exit {process.returncode}: {message}")
    return subprocess.CompletedProcess(list(command), process.returncode, out, err)


def output(command: Sequence[Argument], *, timeout: float = 1800, cwd: Path | None = None) -> str:
    """What a command prints, without the last line end."""
    return run(command, timeout=timeout, cwd=cwd).stdout.decode(errors="surrogateescape").rstrip("\n")


def printable(command: Sequence[Argument]) -> str:
    return shlex.join(os.fsdecode(argument) for argument in command)


def wait_until(condition: Callable[[], bool], what: str, *, timeout: float = 30) -> None:
    """Polls a condition until it holds; raises `CommandError` if it does not in `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise CommandError(f"{what}: not within {timeout:.0f} s")
        time.sleep(POLL_SECONDS)


def drop_caches(mode: int = 3) -> None:
    """Writes dirty pages out, then drops the page cache (1), dentries and inodes (2), or all of them (3)."""
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text(f"{mode}\n")


def mounts_below(directory: Path) -> list[Path]:
    """What is mounted at or below a directory, the innermost first."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        escaped = line.split()[4]
        mountpoint = Path(escaped.encode().decode("unicode_escape").encode("latin-1").decode(errors="surrogateescape"))
        if mountpoint.is_relative_to(directory):
            found.append(mountpoint)
    return sorted(found, key=lambda mountpoint: len(mountpoint.parts), reverse=True)


def is_mounted(directory: Path) -> bool:
    return directory in mounts_below(directory)


def detach(mountpoint: Path) -> None:
    """Takes a mount away whatever state its server is in."""
    run(["umount", "-l", mountpoint])


def remove_tree(path: Path) -> None:
    """Deletes a directory and all below it, never crossing into a mount."""
    run(["rm", "-rf", "--one-file-system", path])
