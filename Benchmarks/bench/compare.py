"""Byte-for-byte comparison of a tree with another tree, or with what git says it must be."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.repos import Blob

BUFFER_BYTES = 1 << 20
GIT_POINTER = b".git"


@dataclass(frozen=True)
class Difference:
    path: bytes
    what: str

    def __str__(self) -> str:
        return f"{os.fsdecode(self.path)}: {self.what}"


@dataclass
class Comparison:
    """How many entries were compared, and which differ."""

    entries: int
    differences: list[Difference]


def compare_trees(plain: Path, projected: Path) -> Comparison:
    """Compares names, types, permissions, sizes, symlink targets and contents. Leaves out `.git` at the root."""
    result = Comparison(0, [])
    for path, problem in _walk(os.fsencode(plain), os.fsencode(projected), b""):
        result.entries += 1
        if problem:
            result.differences.append(Difference(path, problem))
    return result


def _walk(plain: bytes, projected: bytes, path: bytes) -> Iterator[tuple[bytes, str | None]]:
    ours, theirs = _names(projected, path), _names(plain, path)
    for name in sorted(theirs | ours):
        inner = path + b"/" + name if path else name
        if name not in ours:
            yield inner, "missing"
            continue
        if name not in theirs:
            yield inner, "should not be there"
            continue
        left, right = os.path.join(plain, inner), os.path.join(projected, inner)
        try:
            before, after = os.lstat(left), os.lstat(right)
            yield inner, _difference(left, before, right, after)
        except OSError as error:
            yield inner, str(error.strerror)
            continue
        if stat.S_ISDIR(before.st_mode) and stat.S_ISDIR(after.st_mode):
            yield from _walk(plain, projected, inner)


def _names(root: bytes, path: bytes) -> set[bytes]:
    with os.scandir(os.path.join(root, path)) as entries:
        return {entry.name for entry in entries if path or entry.name != GIT_POINTER}


def _difference(left: bytes, before: os.stat_result, right: bytes, after: os.stat_result) -> str | None:
    if before.st_mode != after.st_mode:
        return f"mode {after.st_mode:o}, should be {before.st_mode:o}"
    if stat.S_ISLNK(before.st_mode):
        wanted, found = os.readlink(left), os.readlink(right)
        if wanted != found:
            return f"target {found!r}, should be {wanted!r}"
        return None if before.st_size == after.st_size else f"size {after.st_size}, should be {before.st_size}"
    if stat.S_ISREG(before.st_mode):
        if before.st_size != after.st_size:
            return f"size {after.st_size}, should be {before.st_size}"
        if _digest(left, hashlib.sha256()) != _digest(right, hashlib.sha256()):
            return "content"
    return None


def compare_with_git(root: Path, blobs: Iterable[Blob]) -> Comparison:
    """Compares type, executable bit, size and object id of every file with the commit's."""
    result = Comparison(0, [])
    prefix = os.fsencode(root) + b"/"
    for blob in blobs:
        result.entries += 1
        try:
            problem = _deviation(prefix + blob.path, blob)
        except OSError as error:
            problem = str(error.strerror)
        if problem:
            result.differences.append(Difference(blob.path, problem))
    return result


def _deviation(path: bytes, blob: Blob) -> str | None:
    found = os.lstat(path)
    if stat.S_IFMT(found.st_mode) != stat.S_IFMT(blob.mode):
        return f"mode {found.st_mode:o}, should be {blob.mode:o}"
    if found.st_size != blob.size:
        return f"size {found.st_size}, should be {blob.size}"
    if blob.is_regular and bool(found.st_mode & 0o100) != (blob.mode == 0o100755):
        return f"mode {found.st_mode:o}, should be {blob.mode:o}"
    return None if object_id(path, blob) == blob.oid else "content"


def object_id(path: bytes, blob: Blob) -> str:
    """The object id that git would give to what lies at a path."""
    digest = hashlib.sha1() if len(blob.oid) == 40 else hashlib.sha256()
    digest.update(b"blob %d\0" % os.lstat(path).st_size)
    if blob.is_regular:
        return _digest(path, digest)
    digest.update(os.readlink(path))
    return digest.hexdigest()


def _digest(path: bytes, digest: hashlib._Hash) -> str:
    with open(path, "rb", buffering=0) as file:
        while chunk := file.read(BUFFER_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
