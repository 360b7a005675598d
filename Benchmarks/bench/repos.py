"""Repositories: generated ones, which are kept, and throwaway clones and worktrees of them."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import shell
from bench.context import Bench

MIB = 1 << 20
LARGE_FILE = "large.bin"
LARGE_FILE_BYTES = 512 * MIB
REVISIONS = 6


@dataclass(frozen=True)
class Blob:
    """One file or symbolic link of a commit."""

    mode: int
    oid: str
    size: int
    path: bytes

    @property
    def is_regular(self) -> bool:
        return self.mode in (0o100644, 0o100755)


def synthetic(bench: Bench, files: int) -> Path:
    """The generated repository of so many files; made once."""
    return _generated(bench, f"r{_short(files)}", files)


def revised(bench: Bench, files: int) -> Path:
    """The same with `REVISIONS` revisions, the tags r0, r1, …; three files of a hundred change from one to the next."""
    changed = files * 3 // 100
    return _generated(bench, f"r{_short(files)}-{REVISIONS}x{_short(changed)}", files,
                      "--revisions", str(REVISIONS), "--changed", str(changed))


def _short(count: int) -> str:
    for scale, suffix in ((1_000_000, "m"), (1_000, "k")):
        if count >= scale and count % scale == 0:
            return f"{count // scale}{suffix}"
    return f"{count}"


def _generated(bench: Bench, name: str, files: int, *options: str) -> Path:
    generator = Path(__file__).parent.parent / "make-repo.py"
    return _once(bench, name, lambda path: shell.run([sys.executable, generator, str(files), path, *options]))


def large_file(bench: Bench) -> Path:
    """A repository with one large file that does not compress; made once."""

    def make(path: Path) -> None:
        shell.run(["git", "init", "-q", path])
        source = random.Random(1)
        with open(path / LARGE_FILE, "wb") as file:
            for _ in range(LARGE_FILE_BYTES // MIB):
                file.write(source.randbytes(MIB))
        git: list[shell.Argument] = ["git", "-C", path, "-c", "core.compression=0", "-c", "core.bigFileThreshold=64m"]
        shell.run([*git, "add", LARGE_FILE])
        shell.run([*git, "commit", "-q", "-m", "one large file"])
        (path / LARGE_FILE).unlink()

    return _once(bench, "large-file", make)


def _once(bench: Bench, name: str, make: Callable[[Path], object]) -> Path:
    path = bench.directory / name
    if not path.exists():
        print(f"making {path} …", file=sys.stderr)
        partial = bench.work / name
        make(partial)
        partial.rename(path)
    return path


@contextmanager
def clone(bench: Bench, source: Path, name: str, *, shared: bool = False) -> Iterator[Path]:
    """A bare mirror with its own, empty content store. Shares objects: by hard links, or by reference if `shared`."""
    path = bench.work / f"{name}.git"
    shell.run(["git", "clone", "-q", "--mirror", "--shared" if shared else "--local", source, path])
    try:
        yield path
    finally:
        bench.discard(path)


@contextmanager
def worktree(bench: Bench, repository: Path, commit: str, name: str, *, checkout: bool = True) -> Iterator[Path]:
    """A plain git worktree: the native twin of a view."""
    path = bench.work / name
    options = [] if checkout else ["--no-checkout"]
    shell.run(["git", "-C", repository, "worktree", "add", "-q", "--detach", *options, path, commit])
    try:
        yield path
    finally:
        bench.discard(path)
        shell.run(["git", "-C", repository, "worktree", "prune"])


def head(repository: Path) -> str | None:
    """The commit that HEAD names; where it names none, the newest commit that any ref names."""
    candidates = ["HEAD", *shell.output(["git", "-C", repository, "for-each-ref", "--sort=-creatordate",
                                         "--format=%(objectname)"]).split()]
    for name in candidates:
        found = shell.run(["git", "-C", repository, "rev-parse", "-q", "--verify", f"{name}^{{commit}}"], check=False)
        if found.returncode == 0:
            return found.stdout.decode().strip()
    return None


def blobs(repository: Path, commit: str) -> list[Blob]:
    """Every file and symbolic link of a commit."""
    listing = shell.run(["git", "-C", repository, "ls-tree", "-r", "-z", "-l", commit]).stdout
    found = []
    for line in listing.split(b"\0")[:-1]:
        facts, path = line.split(b"\t", 1)
        mode, kind, oid, size = facts.split()
        if kind == b"blob":
            found.append(Blob(int(mode, 8), oid.decode(), int(size), path))
    return found


def directories(repository: Path, commit: str, *, depth: int) -> list[Path]:
    """The directories of a commit at one depth, 1 being those at the root."""
    listing = shell.output(["git", "-C", repository, "ls-tree", "-r", "-d", "--name-only", commit])
    return [path for path in map(Path, listing.splitlines()) if len(path.parts) == depth]


def warm_objects(repository: Path) -> None:
    """Brings the object files into the page cache."""
    for file in (repository / "objects").rglob("*"):
        if file.is_file():
            with open(file, "rb", buffering=0) as stream:
                while stream.read(MIB):
                    pass
