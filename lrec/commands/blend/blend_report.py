"""Everything that a blend's run has beside those of other runs: on screen, and logged."""

from __future__ import annotations

import numpy as np
from rich.table import Table

from lrec.base.arrays import Bools, Ints
from lrec.commands.blend.costs import costs, falls
from lrec.commands.blend.gain import gain_table
from lrec.commands.blend.members import BlendSettings, Members
from lrec.commands.train.run_logging import RunContext, described
from lrec.evaluation.evaluator import EvaluationResult, Evaluator
from lrec.model.blend.blended import Blend
from lrec.reporting.formatting import metric_name, number, signed
from lrec.reporting.markdown import markdown
from lrec.reporting.terminal import Screen, cell, plain_table

LENGTHS = (1, 2, 5, 10, 20, 50, 100)  # of histories, that weights are shown for


class BlendReport:
    """Reports on a blend once it is fitted: weights, gain, costs, and its members' metrics.

    Args:
        settings: of the command.
        blend: with its trained members.
        members: their runs.
    """

    def __init__(
        self, settings: BlendSettings, blend: Blend, members: Members, screen: Screen
    ) -> None:
        self.settings = settings
        self.blend = blend
        self.runs = members
        self.models = dict(blend.members)  # those without weight too
        self.screen = screen

    def __call__(
        self, context: RunContext, evaluator: Evaluator, result: EvaluationResult | None
    ) -> None:
        """Log and show all of it."""
        sentences = self._dropped()
        tables = [self._weights(context), self._gain(context, evaluator)]
        tables.append(self._costs(context, evaluator))
        rows = {self.blend.name: {} if result is None else result.values}
        rows |= {name: run.metrics for name, run in self.runs.items()}
        if result is not None:
            sentences += self._falls(result)
        for table in tables:
            self.screen.print(table)
        for sentence in sentences:
            self.screen.line(sentence)
        shown = [described(rows, self.settings)] if result is not None else []
        context.log.describe("\n\n".join([*shown, *sentences, *map(markdown, tables)]))
        if result is not None:
            settings = self.settings
            self.screen.line("beside its members:")
            self.screen.metrics(rows, settings.groups, settings.k, settings.displayed)

    def _dropped(self) -> list[str]:
        blend = self.blend
        lines = [
            f"fitted to {blend.fitted_users:,} validation users; the gain is that of the other "
            "half, and val/… are of both"
        ]
        if blend.dropped:
            lines.append(f"dropped, as NDCG is no lower without: {', '.join(blend.dropped)}")
        return lines

    def _weights(self, context: RunContext) -> Table:
        """Weights by length of the history, if all members have scores for it."""
        import pandas as pd

        blend, mixture = self.blend, self.blend.mixture
        assert mixture is not None
        n = shown_lengths(mixture.shortest, mixture.longest)
        everyone: Bools = np.ones((len(n), len(blend.members)), bool)
        weights = mixture.weights(n, everyone)
        heads = [f"n={length}" for length in n]
        table = plain_table("member", "scale", *heads, title="weights by length", right=heads)
        frame = pd.DataFrame({"n": n})
        for name, scale, column in zip(blend.members, blend.scales, weights.T, strict=True):
            words = f"{scale.shape} {scale.sharpness:.2g}"
            table.add_row(cell(name), words, *(f"{weight:.3f}" for weight in column))
            frame[name] = column
            values = {f"weight/{name}/{length}": w for length, w in zip(n, column, strict=True)}
            context.log.metrics(values)
        context.table("weights.csv", frame)
        return table

    def _gain(self, context: RunContext, evaluator: Evaluator) -> Table:
        """The gain over the best member of each bucket, on the other half of validation."""
        settings = self.settings
        frame = gain_table(evaluator, settings, self.blend, self.models, settings.resamples)
        context.table("gain.csv", frame)
        column = settings.monitor.split("/")[1]
        heads = ("blend", "best", "gain", "95 % interval")
        title = f"{metric_name(column)} of the other validation users, gain over the best member"
        table = plain_table("bucket", *heads[:1], "member", *heads[1:], title=title, right=heads)
        for row in frame[frame["best"]].to_dict("records"):
            names = ("", "_low", "_high")
            bounds = [row[key] for key in ("difference", "low", "high")]
            context.log.metrics(
                {
                    f"gain{part}/{column}/{row['bucket']}": value
                    for part, value in zip(names, bounds, strict=True)
                }
            )
            table.add_row(
                f"{row['bucket']} ({row['users']:,})",
                number(row["blend"]),
                cell(row["member"]),
                number(row["value"]),
                signed(bounds[0]),
                f"{signed(bounds[1])} to {signed(bounds[2])}",
            )
        return table

    def _costs(self, context: RunContext, evaluator: Evaluator) -> Table:
        import pandas as pd

        models = {self.blend.name: self.blend, **self.models}
        split, settings = evaluator.split, self.settings
        queries = split.test if len(split.test) else split.validation
        found = costs(models, queries.history, settings.requests, max(settings.k))
        heads = ("MB", "p50 ms", "p99 ms")
        title = f"size, and latency of one request, of {settings.requests:,} users' at most"
        table = plain_table("model", *heads, title=title, right=heads)
        for name, values in found.items():
            table.add_row(cell(name), *(f"{value:.2f}" for value in values.values()))
            context.log.metrics({f"cost/{key}/{name}": value for key, value in values.items()})
        frame = pd.DataFrame([{"model": name, **values} for name, values in found.items()])
        context.table("costs.csv", frame)
        return table

    def _falls(self, result: EvaluationResult) -> list[str]:
        settings = self.settings
        metrics = {name: run.metrics for name, run in self.runs.items()}
        return falls(result.values, metrics, settings.groups, settings.k, settings.metric)


def shown_lengths(shortest: int, longest: int) -> Ints:
    """Lengths of histories to show weights for, between two that are among them."""
    between = [n for n in LENGTHS if shortest < n < longest]
    return np.array(sorted({shortest, *between, longest}))
