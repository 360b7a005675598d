"""Samples and how to take them fairly: the sides of a comparison take turns, and the order changes each round."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """The values measured for one side of a comparison."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, *values: float) -> Sample:
        return cls(tuple(values))

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles; of fewer than four values, the least and the greatest."""
        if len(self.values) < 4:
            return min(self.values), max(self.values)
        first, _, third = statistics.quantiles(self.values, n=4, method="inclusive")
        return first, third

    @property
    def width(self) -> float:
        low, high = self.spread
        return high - low


Side = Callable[[], float]


def interleave(rounds: int, *sides: Side) -> tuple[Sample, ...]:
    """Runs every side once a round, forwards and backwards in turn, and collects what each returns."""
    values: list[list[float]] = [[] for _ in sides]
    for turn in range(rounds):
        order = range(len(sides))
        for index in order if turn % 2 == 0 else reversed(order):
            values[index].append(sides[index]())
    return tuple(Sample(tuple(each)) for each in values)


def ratio(projfs: Sample, native: Sample) -> float:
    """The median of the ratios of each round where the rounds pair up: slow drift of the machine cancels out."""
    if len(projfs.values) != len(native.values):
        return projfs.median / native.median
    return statistics.median(mine / theirs for mine, theirs in zip(projfs.values, native.values, strict=True))


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
