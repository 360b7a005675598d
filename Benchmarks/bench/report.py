"""Tables: what was measured, on both sides, against which target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from bench.measure import Sample, ratio


def _scaled(value: float, steps: tuple[tuple[float, str], ...]) -> str:
    for scale, unit in steps:
        if abs(value) >= scale:
            return f"{value / scale:.3g} {unit}" if abs(value) < 1000 * scale else f"{value / scale:.0f} {unit}"
    scale, unit = steps[-1]
    return f"{value / scale:.3g} {unit}"


class Unit(Enum):
    """What a value is measured in, and how it is written."""

    SECONDS = "seconds"
    BYTES = "bytes"
    BYTES_PER_SECOND = "bytes/second"
    OPERATIONS_PER_SECOND = "operations/second"
    COUNT = "count"

    def text(self, value: float) -> str:
        return _FORMATS[self](value)


_BINARY = ((2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B"))

_FORMATS: dict[Unit, Callable[[float], str]] = {
    Unit.SECONDS: lambda value: _scaled(value, ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))),
    Unit.BYTES: lambda value: _scaled(value, _BINARY),
    Unit.BYTES_PER_SECOND: lambda value: _scaled(value, _BINARY) + "/s",
    Unit.OPERATIONS_PER_SECOND: lambda value: _scaled(value, ((1e6, "M/s"), (1e3, "k/s"), (1.0, "/s"))),
    Unit.COUNT: lambda value: f"{value:.0f}",
}


@dataclass(frozen=True)
class Target:
    """A promise: how it is written, and whether it is kept."""

    text: str
    kept: bool


@dataclass(frozen=True)
class Row:
    """One comparison. Without a target it only informs."""

    what: str
    unit: Unit
    projfs: Sample
    native: Sample | None = None
    target: Target | None = None

    @property
    def ratio(self) -> float | None:
        if self.native is None or self.native.median == 0:
            return None
        return ratio(self.projfs, self.native)

    @property
    def missed(self) -> bool:
        return self.target is not None and not self.target.kept

    def cells(self) -> tuple[str, ...]:
        factor = self.ratio
        verdict = "" if self.target is None else "PASS" if self.target.kept else "MISS"
        return (self.what, self._side(self.native), self._side(self.projfs),
                "" if factor is None else f"{factor:.2f}", "" if self.target is None else self.target.text, verdict)

    def _side(self, sample: Sample | None) -> str:
        if sample is None:
            return "–"
        if len(sample.values) == 1:
            return self.unit.text(sample.median)
        low, high = sample.spread
        return f"{self.unit.text(sample.median)} [{self.unit.text(low)} … {self.unit.text(high)}]"


def at_most(limit: float, what: str, unit: Unit, projfs: Sample, native: Sample) -> Row:
    """A row whose target is an upper limit of projfs ÷ native: for times."""
    return Row(what, unit, projfs, native, Target(f"≤ {limit:.2f} ×", ratio(projfs, native) <= limit))


def at_least(limit: float, what: str, unit: Unit, projfs: Sample, native: Sample) -> Row:
    """A row whose target is a lower limit of projfs ÷ native: for rates."""
    return Row(what, unit, projfs, native, Target(f"≥ {limit:.2f} ×", ratio(projfs, native) >= limit))


def below(limit: float, what: str, unit: Unit, projfs: Sample, native: Sample | None = None) -> Row:
    """A row whose target is an upper limit of the median itself."""
    return Row(what, unit, projfs, native, Target(f"≤ {unit.text(limit)}", projfs.median <= limit))


def exactly(wanted: int, what: str, value: int, native: int | None = None) -> Row:
    """A row that counts, with one right answer."""
    other = None if native is None else Sample.of(native)
    return Row(what, Unit.COUNT, Sample.of(value), other, Target(f"= {wanted}", value == wanted))


@dataclass
class Table:
    """What one case found."""

    case: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    HEADER = ("what", "native", "projfs", "ratio", "target", "")

    def add(self, *rows: Row) -> None:
        self.rows.extend(rows)

    def note(self, text: str) -> None:
        self.notes.append(text)

    @property
    def missed(self) -> bool:
        return any(row.missed for row in self.rows)

    def text(self) -> str:
        lines = [self.HEADER, *(row.cells() for row in self.rows)]
        columns = [max(len(line[column]) for line in lines) for column in range(len(self.HEADER))]
        lines.insert(1, tuple("-" * width for width in columns))
        body = ["  ".join(map(str.ljust, line, columns)).rstrip() for line in lines]
        return "\n".join([f"== {self.case}", *body, *(f"   {note}" for note in self.notes)]) + "\n"

    def data(self) -> dict[str, Any]:
        """The same for a program: every value, in the unit's base."""
        return {
            "case": self.case,
            "notes": self.notes,
            "rows": [{
                "what": row.what,
                "unit": row.unit.value,
                "native": None if row.native is None else list(row.native.values),
                "projfs": list(row.projfs.values),
                "ratio": row.ratio,
                "target": None if row.target is None else row.target.text,
                "kept": None if row.target is None else row.target.kept,
            } for row in self.rows],
        }
