"""Confirmation of the best settings: on several seeds, and on the test part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lrec.commands.compare.charts import differences_chart
from lrec.commands.compare.table import bucket_orders
from lrec.commands.compare.user_tables import meanings, user_table
from lrec.commands.composing import Invocation, Job, own_keys
from lrec.commands.runs.find_or_train import find_or_train
from lrec.commands.tune.results.front import Front
from lrec.commands.tune.results.outcome import StudyOutcome
from lrec.commands.tune.settings import TuneSettings
from lrec.evaluation.bucket import ALL
from lrec.evaluation.comparison.compare import compare
from lrec.evaluation.comparison.comparison import BETTER, TOO_FEW, WORSE, Comparison
from lrec.evaluation.comparison.user_alignment import ComparisonError, ModelTables
from lrec.evaluation.metric import metric_of
from lrec.reporting.formatting import joined, metric_name, relative, signed
from lrec.reporting.page.svg import Chart
from lrec.tracking import finished

OWN = "as it is"
WINNER = "winner"  # of one objective; settings of a front go by their trial


@dataclass(frozen=True)
class Confirmation:
    """Gains on validation, seen again on the test part.

    Attributes:
        sentences: one for each setting that was trained again, or why there is none.
        comparison: of them with the candidate as it is; None if nothing was compared.
        edges: bucket -> its meaning, in words.
        runs: name of each setting -> ids of its runs.
    """

    sentences: list[str]
    comparison: Comparison | None = None
    edges: Mapping[str, str] = field(default_factory=dict)
    runs: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def chart(self) -> Chart | None:
        """Differences by bucket."""
        if self.comparison is None:
            return None
        return differences_chart(self.comparison, {"buckets": self.edges})


def confirm(
    settings: TuneSettings,
    invocation: Invocation,
    outcomes: Sequence[StudyOutcome],
    fronts: Sequence[Front],
) -> list[Confirmation]:
    """Find or train the chosen settings of each study and its candidate as it is; compare them.

    They are trained like any run, so that they are found again; a killed one goes on. Of a model
    without a seed there is one run for all seeds.
    """
    wanted = [contenders(outcome, front) for outcome, front in zip(outcomes, fronts, strict=True)]
    jobs: list[Job] = []
    for index, (outcome, named) in enumerate(zip(outcomes, wanted, strict=True)):
        for name, overrides in named.items():
            jobs += [
                outcome.candidate.composer.compose(
                    [*overrides, f"seed={seed}"],
                    own_keys(TuneSettings),
                    invocation.folder / f"confirmed-{index}-{name.replace(' ', '_')}-{seed}",
                )
                for seed in settings.confirm_seeds
            ]
    ids: list[str | None] = []
    if jobs:
        command = ["tune", *invocation.config.overrides]
        ids = find_or_train(jobs, False, invocation.launch, command, tolerant=True)
    found = iter(ids)
    confirmations = []
    for outcome, named in zip(outcomes, wanted, strict=True):
        runs = {name: [next(found) for _ in settings.confirm_seeds] for name in named}
        confirmations.append(confirmed(outcome, settings.confirm_seeds, runs))
    return confirmations


def contenders(outcome: StudyOutcome, front: Front) -> dict[str, list[str]]:
    """Overrides of the candidate as it is and of the settings that are confirmed, by name.

    None if nothing but the candidate as it is was chosen.
    """
    chosen, own = front.chosen(), list(outcome.candidate.overrides)
    if not chosen:
        return {}
    several = len(front.objectives) > 1
    named = {f"trial {t.number + 1}" if several else WINNER: [*own, *t.overrides] for t in chosen}
    return {OWN: own, **named}


def confirmed(
    outcome: StudyOutcome, seeds: Sequence[int], found: Mapping[str, Sequence[str | None]]
) -> Confirmation:
    """The comparison of the runs that were found or trained.

    Args:
        found: id of the run of each seed, by the setting's name; None where it failed.
    """
    if not found:
        best = "the winner is the candidate as it is" if outcome.trials else "no trial has a value"
        return Confirmation([f"{best}: there is nothing to confirm."])
    whole = {name: [str(i) for i in ids] for name, ids in found.items() if None not in ids}
    failed = [f"{name} was not confirmed: a run of it failed." for name in found.keys() - whole]
    if OWN not in whole or len(whole) < 2:
        return Confirmation(sorted(failed), runs=whole)
    job, goal = outcome.candidate.job[0], outcome.study.objectives[0]
    names = {metric_of(one.column) for one in outcome.study.objectives if not one.is_cost}
    metrics = {name: metric for name, metric in job.metric.items() if name in names}
    try:
        tables, edges = tested(whole)
    except ComparisonError as error:  # nobody has test items
        return Confirmation([f"there is no comparison on the test part: {error}"], runs=whole)
    primary, orders = goal.column.removesuffix("_pooled"), bucket_orders(tables)
    comparison = compare(tables, OWN, primary, metrics, orders)
    repeated = f", over seeds {', '.join(map(str, seeds))}" if job.seeded else ""
    sentences = [
        f"on the test part{repeated}, {sentence(comparison, name)}"
        for name in comparison.models
        if name != OWN
    ]
    ends = [table for table in tables if table.name != OWN]
    if len(ends) > 1:  # the trade between them, which is not seen from the candidate as it is
        one, other = ends[0].name, ends[-1].name
        between = compare([ends[0], ends[-1]], other, primary, metrics, orders)
        sentences.append(f"on the test part{repeated}, {sentence(between, one, other)}")
    return Confirmation([*sentences, *sorted(failed)], comparison, edges, whole)


def tested(runs: Mapping[str, Sequence[str]]) -> tuple[list[ModelTables], dict[str, str]]:
    """User tables of tested runs, and the meaning of their buckets.

    Args:
        runs: ids by setting, as many for each; the same id where a model has no seed.

    Raises:
        ComparisonError: they have no test.
    """
    tables: list[ModelTables] = []
    edges: dict[str, str] = {}
    for name, ids in runs.items():
        saved = {run.id: run for run in finished("", ids=list(dict.fromkeys(ids)))}
        of_run = {run_id: user_table(run) for run_id, run in saved.items()}
        some = saved[ids[0]]
        n_items = int(some.metrics["data/catalogue_items"])
        tables.append(ModelTables(name, [of_run[run_id] for run_id in ids], n_items))
        edges |= meanings(saved.values())
    return tables, edges


def sentence(comparison: Comparison, name: str, other: str = "the candidate as it is") -> str:
    """A setting's verdicts against another one over all buckets, in one sentence."""
    rows = [comparison.row(name, comparison.primary, bucket) for bucket in comparison.buckets]
    better, worse, few = (
        [row for row in rows if row["verdict"] == verdict] for verdict in (BETTER, WORSE, TOO_FEW)
    )
    unclear = [row for row in rows if row not in [*better, *worse, *few]]
    clauses = []
    for word, found in (("better", better), ("worse", worse)):
        if found:
            gains = joined([f"{_users(row)} ({_amount(comparison, row)})" for row in found])
            clauses.append(f"{word} than {other} for {gains}")
    lead = f"the {name}" if name == WINNER else name
    said = [f"{lead} is {' and '.join(clauses)}" if clauses else ""]
    if unclear:
        said.append(f"for {joined(list(map(_users, unclear)))} luck cannot be excluded")
        said[0] = said[0] or f"{lead} is not shown to be better than {other}"
    if few:
        said.append(f"{joined(list(map(_users, few)))} are too few for a verdict")
        said[0] = said[0] or f"{lead} has no verdict"
    return "; ".join(said) + "."


def _users(row: Mapping[str, Any]) -> str:
    return "all users" if row["bucket"] == ALL else f"the {row['bucket']}"


def _amount(comparison: Comparison, row: Mapping[str, Any]) -> str:
    bounds = f"95 %: {signed(row['low'])} to {signed(row['high'])}"
    share = relative(row)
    value = f"{metric_name(comparison.primary)} {signed(row['difference'])}"
    return ", ".join(filter(None, [share, f"{value}; {bounds}"]))
