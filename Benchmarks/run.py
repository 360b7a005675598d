#!/usr/bin/env python3
"""Compares projfs with the plain file system below it, on the same disk and in the same run.

Without a CASE all of them run. Exit code 1 if a target is missed or a case cannot be run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from bench import foreign, shell
from bench.cases import CASES
from bench.context import Bench
from bench.report import Table


def main() -> int:
    options = arguments()
    bench = Bench(projfs=options.projfs, directory=options.dir.resolve(), files=options.files, large=options.large,
                  forced_rounds=options.rounds, large_worktree=options.large_worktree)
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        bench.open()
    except shell.CommandError as error:
        print(f"run.py: {error}", file=sys.stderr)
        return 1
    tables: list[Table] = []
    failed = False
    try:
        bench.repos = [*options.repo, *(found for place in options.find_repos for found in foreign.find(place))]
        for name in options.case or CASES:
            table = Table(name)
            try:
                CASES[name](bench, table)
            except (shell.CommandError, OSError) as error:
                failed = True
                table.note(f"FAILED: {error}")
                if error.__context__:
                    table.note(f"after: {error.__context__}")
            print(table.text(), flush=True)
            tables.append(table)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        failed = True
    finally:
        bench.clear()
    if options.json:
        options.json.write_text(json.dumps([table.data() for table in tables], ensure_ascii=False) + "\n")
    return int(failed or any(table.missed for table in tables))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*", metavar="CASE", help=f"one of {', '.join(CASES)}")
    parser.add_argument("--projfs", type=Path, default=default_binary(), help="the binary to measure (%(default)s)")
    parser.add_argument("--dir", type=Path, default=Path(os.environ.get("TMPDIR", "/var/tmp")) / "projfs-bench",
                        help="where repositories are made and kept (%(default)s)")
    parser.add_argument("--files", type=int, default=100_000, help="files of the usual repository (%(default)s)")
    parser.add_argument("--large", type=int, default=1_000_000, help="files of the large repository (%(default)s)")
    parser.add_argument("--rounds", type=int, help="rounds of every comparison (each case has its own number)")
    parser.add_argument("--large-worktree", action="store_true",
                        help="mount-to-status: with the large repository as well, whose checkout takes minutes")
    parser.add_argument("--repo", type=Path, action="append", default=[], metavar="PATH",
                        help="identity: a repository to compare too; it is not changed")
    parser.add_argument("--find-repos", type=Path, action="append", default=[], metavar="DIR",
                        help="identity: compare every git repository below DIR too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measured value")
    options = parser.parse_args()
    unknown = [name for name in options.case if name not in CASES]
    if unknown:
        parser.error(f"no such case: {', '.join(unknown)}")
    if not options.projfs.is_file():
        parser.error(f"{options.projfs} does not exist: build it with `swift build -c release`, or say --projfs PATH")
    if os.geteuid() != 0:
        parser.error("only root may drop caches and use passthrough")
    return options


def default_binary() -> Path:
    built = Path(__file__).resolve().parent.parent / ".build" / "release" / "projfs"
    installed = shutil.which("projfs")
    return built if built.is_file() or installed is None else Path(installed)


def interrupt(number: int, frame: FrameType | None) -> None:
    """Ends the run in good order; a second signal does not disturb the cleaning up."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
