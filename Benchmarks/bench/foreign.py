"""Repositories that belong to somebody else: found, and never written to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bench import shell


def find(directory: Path) -> list[Path]:
    """Every git repository, bare or not, at or below a directory; each once, whatever worktrees it has."""
    common: dict[Path, Path] = {}
    for path in _candidates(directory):
        found = shell.run(["git", "-C", path, "rev-parse", "--path-format=absolute", "--git-common-dir"], check=False)
        if found.returncode == 0:
            common.setdefault(Path(os.fsdecode(found.stdout.rstrip(b"\n"))).resolve(), path)
    return sorted(common.values())


def _candidates(directory: Path) -> Iterator[Path]:
    for place, directories, files in os.walk(directory):
        path = Path(place)
        if ".git" in directories or ".git" in files:
            directories[:] = [name for name in directories if name != ".git"]
            yield path
        elif "HEAD" in files and {"objects", "refs"} <= set(directories):
            directories.clear()
            yield path
