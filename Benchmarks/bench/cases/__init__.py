"""The cases, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable

from bench.cases import (
                         change,
                         crash,
                         descriptors,
                         edit,
                         file_latency,
                         find,
                         first_access,
                         identity,
                         memory,
                         mount,
                         passthrough,
                         sharing,
                         small_open,
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
    "crash": crash.run,
}
