"""Axes of plots: positions of values in percent, and ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Axis:
    """A linear axis.

    Attributes:
        low, high: values at its ends.
        ticks: values to write, round numbers in rising order.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, values: Iterable[float | None], ticks: int = 5, zero: bool = False) -> Axis:
        """An axis that has room for all values.

        Args:
            ticks: about how many.
            zero: True if 0 has to lie on it.
        """
        finite = [v for v in values if v is not None and math.isfinite(v)]
        finite += [0.0] if zero or not finite else []
        low, high = min(finite), max(finite)
        margin = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
        low, high = low - margin, high + margin
        rough = (high - low) / ticks
        power = 10 ** math.floor(math.log10(rough))
        step = power * next(s for s in STEPS if s * power >= rough * 0.999)
        first, last = math.ceil(low / step), math.floor(high / step)
        return cls(low, high, tuple(i * step for i in range(first, last + 1)))

    def at(self, value: float) -> float:
        """Percent of the axis, from its low end."""
        return round(100 * (value - self.low) / (self.high - self.low), 2)

    def label(self, value: float) -> str:
        """A tick's text, with as many digits as the ticks need."""
        step = self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else abs(value) or 1.0
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        digits += not math.isclose(step * 10**digits, round(step * 10**digits), rel_tol=1e-6)
        return f"{value + 0.0:,.{digits}f}"
