"""git commands in views and in their native twins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.measure import seconds
from bench.report import Table
from bench.view import View

# What git can do by itself: it is told that nothing has changed, and knows which directories have no untracked files.
HOOK = "#!/bin/sh\nprintf 'x\\0'\n"


def git(tree: Path, *arguments: str, settings: tuple[str, ...] = ()) -> bytes:
    """What a git command in a worktree prints."""
    options = [word for setting in settings for word in ("-c", setting)]
    return shell.run(["git", "-C", tree, *options, *arguments]).stdout


def status(tree: Path, *, settings: tuple[str, ...] = ()) -> float:
    """How long `git status` takes; it must find nothing."""
    found: list[bytes] = []
    taken = seconds(lambda: found.append(git(tree, "status", "--porcelain", settings=settings)))
    if found != [b""]:
        first = found[0].decode(errors="replace").splitlines()[0]
        raise shell.CommandError(f"{tree}: git status finds changes where there are none: {first}")
    return taken


def hook_settings(bench: Bench) -> tuple[str, ...]:
    """Settings with which git asks a hook that always says that nothing has changed, and has an untracked cache."""
    hook = bench.work / "fsmonitor"
    if not hook.exists():
        hook.write_text(HOOK)
        hook.chmod(0o755)
    return (f"core.fsmonitor={hook}", "core.fsmonitorHookVersion=2", "core.untrackedCache=true")


def tag(number: int) -> str:
    """The name of a generated revision."""
    return f"r{number}"


LAST = tag(repos.REVISIONS - 1)


class Index:
    """The index of a native worktree as the checkout left it, to be put back: what git has not yet looked at twice."""

    def __init__(self, tree: Path) -> None:
        self._path = Path(git(tree, "rev-parse", "--git-path", "index").decode().rstrip("\n"))
        self._bytes = self._path.read_bytes()

    def restore(self) -> None:
        self._path.write_bytes(self._bytes)


@contextmanager
def counting(table: Table, projected: View, what: str) -> Iterator[None]:
    """Adds a note on what arrived at the server meanwhile, and how many contents it fetched."""
    before, fetched = projected.request_counts(), projected.hydrations
    yield
    fetched = projected.hydrations - fetched
    after = projected.request_counts()
    arrived = {operation: count - before.get(operation, 0) for operation, count in after.items()}
    found = ", ".join(f"{operation} {count:,}" for operation, count in sorted(arrived.items(), key=lambda one: -one[1])
                      if count > 0)
    table.note(f"{what}: {sum(arrived.values()):,} requests ({found or 'none'}), {fetched:,} contents fetched")


def await_settled(projected: View, *, timeout: float = 300) -> None:
    """Waits until nothing is local that the projection has as well; here that is all but the gitfile."""
    local = projected.local
    shell.wait_until(lambda: [entry.name for entry in local.iterdir()] == [".git"], f"{local}: settling",
                     timeout=timeout)
    files = projected.stats()["files"]
    left = {state: files[state] for state in ("full", "tombstone", "new") if files[state]}
    if left:
        raise shell.CommandError(f"{projected.mountpoint}: the local tree is empty, and stats say {left}")
