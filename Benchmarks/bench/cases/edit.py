"""`sed -i` over thousands of files that nobody has opened."""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path

from bench import repos, shell
from bench.context import Bench
from bench.filecycle import noting_requests
from bench.measure import interleave, seconds
from bench.report import Table, Unit, at_most, exactly
from bench.view import view

FILES = 5_000
ROUNDS = 5
LIMIT = 2.0


def run(bench: Bench, table: Table) -> None:
    """Every round has a new clone: in the view all is fetched for it, the worktree is checked out before."""
    source = repos.synthetic(bench, bench.files)
    paths = [blob.path for blob in repos.blobs(source, "HEAD") if blob.mode == 0o100644 and blob.size > 0][:FILES]
    digests: set[str] = set()
    for engine in ("passthrough", "cached"):
        notes = Table("unused")

        def checkout() -> float:
            with ExitStack() as stack:
                repository = stack.enter_context(repos.clone(bench, source, "edit-native"))
                tree = stack.enter_context(repos.worktree(bench, repository, "HEAD", "native"))
                taken = _edit(tree, paths)
                digests.add(_digest(tree, paths))
                return taken

        def projected() -> float:
            with ExitStack() as stack:
                repository = stack.enter_context(repos.clone(bench, source, "edit-view"))
                mounted = stack.enter_context(view(bench, repository, "view", "--engine", engine))
                repos.warm_objects(repository)
                with noting_requests(notes, mounted, f"{engine}", len(paths)):
                    taken = _edit(mounted.mountpoint, paths)
                digests.add(_digest(mounted.mountpoint, paths))
                return taken

        native, projfs = interleave(bench.rounds(ROUNDS), checkout, projected)
        table.add(at_most(LIMIT, f"{engine}, sed -i over {len(paths):,} virtual files", Unit.SECONDS, projfs, native))
        table.note(notes.notes[-1])
    table.add(exactly(1, "different results", len(digests)))


def _edit(root: Path, paths: list[bytes]) -> float:
    listing = b"\0".join(paths)
    return seconds(lambda: _run(["xargs", "-0", "sed", "-i", "s/w0/W0/"], root, listing))


def _digest(root: Path, paths: list[bytes]) -> str:
    return _run(["sh", "-c", "xargs -0 cat | sha256sum"], root, b"\0".join(paths))


def _run(command: list[str], root: Path, given: bytes) -> str:
    done = subprocess.run(command, cwd=root, input=given, capture_output=True, check=False)
    if done.returncode != 0:
        raise shell.CommandError(done.stderr.decode(errors="replace").strip())
    return done.stdout.decode()
