"""What one view has fetched, every other view of the repository has."""

from __future__ import annotations

import random
from functools import partial

from bench import repos
from bench.context import Bench
from bench.measure import Sample, seconds
from bench.readers import read_files
from bench.report import Row, Table, Unit, exactly
from bench.view import view

FILES = 5_000


def run(bench: Bench, table: Table) -> None:
    """Two views of one repository read the same files, one after the other."""
    with (repos.clone(bench, repos.synthetic(bench, bench.files), "sharing") as repository,
          repos.worktree(bench, repository, "HEAD", "native") as native,
          view(bench, repository, "first") as first, view(bench, repository, "second") as second):
        files = [blob for blob in repos.blobs(repository, "HEAD") if blob.is_regular and blob.size]
        chosen = random.Random(1).sample(files, min(FILES, len(files)))
        paths = [blob.path for blob in chosen]
        contents = len({blob.oid for blob in chosen})

        times = [Sample.of(seconds(partial(read_files, root, paths)))
                 for root in (first.mountpoint, second.mountpoint, native)]
        table.add(exactly(contents, "contents fetched by the first view", first.hydrations))
        table.add(exactly(0, "contents fetched by the second view", second.hydrations))
        table.add(Row(f"reading {len(paths):,} files, first view", Unit.SECONDS, times[0], times[2]))
        table.add(Row(f"reading {len(paths):,} files, second view", Unit.SECONDS, times[1], times[2]))
