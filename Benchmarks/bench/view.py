"""Views: mounting them with the command line, asking them for their state, and never leaving one behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import shell
from bench.context import Bench

MOUNT_SECONDS = 300


class View:
    """One view of a repository. Create it with `view()`, which also removes it."""

    def __init__(self, bench: Bench, source: Path, mountpoint: Path, options: tuple[str, ...]) -> None:
        self._projfs = bench.projfs
        self._source = source
        self._options = options
        self.mountpoint = mountpoint

    def mount(self, *, prefix: tuple[str, ...] = ()) -> None:
        """Makes the view and mounts it; `prefix` is put before the command."""
        self.mountpoint.mkdir(exist_ok=True)
        shell.run([*prefix, self._projfs, "mount", self._source, self.mountpoint, *self._options],
                  timeout=MOUNT_SECONDS)

    def mount_again(self) -> None:
        """Mounts the view as it was."""
        shell.run([self._projfs, "mount", self.mountpoint], timeout=MOUNT_SECONDS)

    def unmount(self) -> None:
        shell.run([self._projfs, "unmount", self.mountpoint], timeout=MOUNT_SECONDS)

    def remove(self) -> None:
        shell.run([self._projfs, "remove", "--force", self.mountpoint], timeout=MOUNT_SECONDS)

    def switch(self, revision: str) -> None:
        shell.run([self._projfs, "switch", revision, "-C", self.mountpoint])

    def await_git(self) -> None:
        """Waits until git's index is there; raises `CommandError` where git does not work, or not as it should."""
        status = self.status()
        (self.mountpoint / ".git").read_bytes()
        wrong = [text for text in status.get("remarks") or [] if text.startswith("git ")] + self.status()["problems"]
        if wrong:
            raise shell.CommandError(f"{self.mountpoint}: {wrong[0]}")

    def status(self) -> dict[str, Any]:
        return self._json("status")

    def stats(self) -> dict[str, Any]:
        return self._json("stats")

    @property
    def pid(self) -> int:
        return int(self.status()["pid"])

    @property
    def hydrations(self) -> int:
        """How many contents this view's server has fetched."""
        return int(self.stats()["hydration"]["count"])

    def requests(self, operation: str) -> int:
        """How many requests of one FUSE operation have arrived."""
        return int(self.stats()["requests"].get(operation, {}).get("count", 0))

    def request_counts(self) -> dict[str, int]:
        """How many requests of each FUSE operation have arrived."""
        return {operation: int(request["count"]) for operation, request in self.stats()["requests"].items()}

    @property
    def local(self) -> Path:
        """The directory with what users changed."""
        [state] = (self._source / "projfs" / "views").iterdir()
        return state / "local"

    def discard(self) -> None:
        """Takes the view away in whatever state it is: for the end of a case, after success or failure."""
        done = shell.run([self._projfs, "remove", "--force", self.mountpoint], check=False, timeout=MOUNT_SECONDS)
        if shell.is_mounted(self.mountpoint):
            shell.detach(self.mountpoint)
            raise shell.CommandError(f"projfs remove {self.mountpoint} left it mounted: exit {done.returncode}: "
                                     f"{done.stderr.decode(errors='replace').strip()}")

    def _json(self, command: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(shell.output([self._projfs, command, self.mountpoint, "--json"],
                                                        timeout=MOUNT_SECONDS))
        return found


@contextmanager
def view(bench: Bench, source: Path, name: str, *options: str, mounted: bool = True,
         prefix: tuple[str, ...] = ()) -> Iterator[View]:
    """A view below the work directory, mounted unless told otherwise, and removed at the end."""
    made = View(bench, source, bench.work / name, options)
    try:
        if mounted:
            made.mount(prefix=prefix)
        yield made
    finally:
        made.discard()
        bench.discard(made.mountpoint)
