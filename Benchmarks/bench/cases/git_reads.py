"""git commands that read: what they take, and what is fetched for them."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path, PurePosixPath

from bench import repos
from bench.context import Bench
from bench.gitwork import LAST, git, tag
from bench.measure import Sample, interleave, seconds
from bench.report import Row, Table, Unit, exactly
from bench.view import view

ROUNDS = 3


def run(bench: Bench, table: Table) -> None:
    """`git grep`, `git blame` and `git log -p`, each in a new view of a new clone and in a worktree."""
    source = repos.revised(bench, bench.files)
    word, path = _subjects(source)
    directory = str(PurePosixPath(path).parent)
    commands = {
        "git grep of a word": ("grep", "-c", "-w", word),
        "git grep of a word in HEAD": ("grep", "-c", "-w", word, "HEAD"),
        "git blame of a file": ("blame", "--porcelain", path),
        "git log -p -3 of a directory": ("log", "-p", "-3", "--", directory),
    }
    with (repos.clone(bench, source, "reads-native") as plain,
          repos.worktree(bench, plain, LAST, "native") as native):
        git(native, "status")
        repos.warm_objects(plain)
        for what, command in commands.items():
            printed: set[bytes] = set()
            fetched: list[float] = []

            def checkout() -> float:
                return _take(native, command, printed)

            def projected() -> float:
                with ExitStack() as stack:
                    repository = stack.enter_context(repos.clone(bench, source, "reads-view"))
                    mounted = stack.enter_context(view(bench, repository, "view", "--rev", LAST))
                    repos.warm_objects(repository)
                    mounted.await_git()
                    before = mounted.hydrations
                    taken = _take(mounted.mountpoint, command, printed)
                    fetched.append(mounted.hydrations - before)
                    return taken

            theirs, ours = interleave(bench.rounds(ROUNDS), checkout, projected)
            table.add(Row(what, Unit.SECONDS, ours, theirs),
                      Row(f"{what}, contents fetched", Unit.COUNT, Sample(tuple(fetched))),
                      exactly(1, f"{what}, different outputs", len(printed)))


def _take(tree: Path, command: tuple[str, ...], printed: set[bytes]) -> float:
    found: list[bytes] = []
    taken = seconds(lambda: found.append(git(tree, *command)))
    printed.update(found)
    return taken


def _subjects(repository: Path) -> tuple[str, str]:
    """A word that many files have, and a file with a history."""
    changed = git(repository, "diff", "--name-only", "--diff-filter=M", tag(0), LAST).decode().splitlines()
    path = next(path for path in changed if path.endswith(".c"))
    return git(repository, "cat-file", "blob", f"{LAST}:{path}").split(b"\n")[1].split()[0].decode(), path
