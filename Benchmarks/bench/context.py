"""What every case is given: the binary, the place for its files, and the sizes."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench import shell

HELPER_FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror")

# ext4 leaves an inode unused for up to six minutes after its file was deleted, and every new file in that group of
# inodes looks at all of those first: ten times the time of a creation, on both sides of a comparison.
REUSE_SECONDS = 360

GIT_CONFIG = """\
[safe]
\tdirectory = *
[gc]
\tauto = 0
[init]
\tdefaultBranch = main
[user]
\tname = Benchmark
\temail = benchmark@example.org
"""


@dataclass
class Bench:
    """Owns the benchmark directory: generated repositories are kept in it, `work/` is emptied before and after."""

    projfs: Path
    directory: Path
    files: int
    large: int
    forced_rounds: int | None = None
    large_worktree: bool = False
    repos: list[Path] = field(default_factory=list)
    _lock: int = -1

    @property
    def work(self) -> Path:
        """Everything that does not outlive the run."""
        return self.directory / "work"

    @property
    def discarded(self) -> Path:
        return self.work / "discarded"

    @property
    def _deletions(self) -> Path:
        """Its time says when a run last deleted whole trees."""
        return self.directory / "deletions"

    def rounds(self, usual: int, *, least: int = 1) -> int:
        """How many rounds to take: those asked for on the command line, or the case's own number."""
        return usual if self.forced_rounds is None else max(self.forced_rounds, least)

    def open(self) -> None:
        """Takes the directory for this run and clears what a killed run may have left."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise shell.CommandError(f"{self.directory}: another run uses this directory") from error
        self._isolate_git()
        self._warn_of_deletions()
        self.clear()

    def discard(self, path: Path) -> None:
        """Puts a tree out of the way. It is deleted at the end of the run: see `REUSE_SECONDS`."""
        if path.exists():
            self.discarded.mkdir(exist_ok=True)
            path.rename(self.discarded / f"{len(os.listdir(self.discarded))}")

    def empty_bin(self) -> None:
        """Deletes what was discarded: only where no more times are taken that matter."""
        shell.remove_tree(self.discarded)

    def clear(self) -> None:
        """Unmounts whatever lies under `work/` and empties it."""
        for mountpoint in shell.mounts_below(self.work):
            shell.run([self.projfs, "remove", "--force", mountpoint], check=False, timeout=60)
            if shell.is_mounted(mountpoint):
                shell.detach(mountpoint)
        if self.discarded.exists():
            self._deletions.touch()
        shell.remove_tree(self.work)
        self.work.mkdir()

    def helper(self, name: str, *, source: Path | None = None, flags: tuple[str, ...] = HELPER_FLAGS,
               libraries: tuple[str, ...] = ()) -> Path:
        """Compiles a C program once: one of `helpers/`, or another source file."""
        source = source or Path(__file__).parent.parent / "helpers" / f"{name}.c"
        binary = self.directory / "bin" / name
        if not binary.exists() or binary.stat().st_mtime < source.stat().st_mtime:
            binary.parent.mkdir(exist_ok=True)
            shell.run(["cc", *flags, "-o", binary, source, *libraries])
        return binary

    def _warn_of_deletions(self) -> None:
        if self._deletions.exists():
            age = time.time() - self._deletions.stat().st_mtime
            if age < REUSE_SECONDS:
                print(f"warning: the last run deleted its files {age:.0f} s ago; what creates files is slower until "
                      f"{REUSE_SECONDS} s have passed", file=sys.stderr)

    def _isolate_git(self) -> None:
        """Keeps the machine's git configuration and the caller's repository out of the measurements."""
        config = self.directory / "gitconfig"
        config.write_text(GIT_CONFIG)
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            del os.environ[name]
        os.environ.update(GIT_CONFIG_GLOBAL=str(config), GIT_CONFIG_NOSYSTEM="1", GIT_TERMINAL_PROMPT="0",
                          GIT_NO_LAZY_FETCH="1", LC_ALL="C")
        os.umask(0o022)
