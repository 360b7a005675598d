"""A view shows exactly what a checkout of the same commit shows."""

from __future__ import annotations

import os
from pathlib import Path

from bench import repos, shell
from bench.compare import Difference, compare_trees, object_id
from bench.context import Bench
from bench.report import Table, exactly
from bench.view import view

SHOWN_DIFFERENCES = 5


def run(bench: Bench, table: Table) -> None:
    """`diff -r`, and a comparison of modes, sizes, symlink targets and contents, with `git worktree add`."""
    source = repos.synthetic(bench, bench.files)
    for engine in ("passthrough", "cached"):
        _examine(bench, table, f"synthetic, {engine}", source, "--engine", engine)
    for path in bench.repos:
        bench.empty_bin()
        try:
            _examine(bench, table, str(path), path, shared=True)
        except shell.CommandError as error:
            table.add(exactly(0, f"{path}: failures", 1))
            table.note(f"{path}: {error}")


def _examine(bench: Bench, table: Table, label: str, source: Path, *options: str, shared: bool = False) -> None:
    """Compares one repository. A foreign one is not touched: the clone that is used only borrows its objects."""
    with repos.clone(bench, source, "identity", shared=shared) as repository:
        commit = repos.head(repository)
        if commit is None:
            table.note(f"{label}: has no commit, left out")
            return
        with (repos.worktree(bench, repository, commit, "native") as native,
              view(bench, repository, "view", "--rev", commit, *options) as projected):
            result = compare_trees(native, projected.mountpoint)
            diff = shell.run(["diff", "-r", "--no-dereference", "-x", ".git", native, projected.mountpoint],
                             check=False)
            lines = diff.stdout.count(b"\n") + diff.stderr.count(b"\n")
            table.add(exactly(0, f"{label}: differences, of {result.entries:,} entries", len(result.differences)),
                      exactly(0, f"{label}: lines that `diff -r` prints", lines))
            blobs = {blob.path: blob for blob in repos.blobs(repository, commit)} if result.differences else {}
            for difference in result.differences[:SHOWN_DIFFERENCES]:
                table.note(f"{label}: {_explained(difference, projected.mountpoint, blobs)}")


def _explained(difference: Difference, root: Path, blobs: dict[bytes, repos.Blob]) -> str:
    """Says so where the view has the blob's own bytes, and it is the checkout that git has converted."""
    blob = blobs.get(difference.path)
    if blob is None or not difference.what.startswith(("content", "size")):
        return str(difference)
    same = object_id(os.fsencode(root) + b"/" + difference.path, blob) == blob.oid
    return f"{difference} ({'the blob as git has it; converted on checkout' if same else 'not the blob either'})"
