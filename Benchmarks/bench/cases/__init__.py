"""The cases, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable

from bench.cases import (
                         change,
                         checkout,
                         crash,
                         descriptors,
                         edit,
                         file_latency,
                         find,
                         first_access,
                         git_reads,
                         git_status,
                         identity,
                         memory,
                         mount,
                         mount_to_status,
                         passthrough,
                         sharing,
                         small_open,
                         switch,
                         unpack,
                         write,
)
from bench.context import Bench
from bench.report import Table

Case = Callable[[Bench, Table], None]

CASES: dict[str, Case] = {
    "identity": identity.run,
    "mount": mount.run,
    "passthrough": passthrough.run,
    "find": find.run,
    "first-access": first_access.run,
    "small-open": small_open.run,
    "descriptors": descriptors.run,
    "memory": memory.run,
    "sharing": sharing.run,
    "write": write.run,
    "unpack": unpack.run,
    "edit": edit.run,
    "change": change.run,
    "file-latency": file_latency.run,
    "git-status": git_status.run,
    "mount-to-status": mount_to_status.run,
    "switch": switch.run,
    "checkout": checkout.run,
    "git-reads": git_reads.run,
    "crash": crash.run,
}
