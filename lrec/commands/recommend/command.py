"""Recommendations of a saved model: to users of the data, to a bucket of them, or to new users."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from lrec.base.errors import ConfigError, as_list, nearest
from lrec.commands.composing import Invocation, location_of
from lrec.commands.next_commands import with_model, without
from lrec.commands.recommend.explanation import explain_items
from lrec.commands.recommend.requests import Requests
from lrec.commands.recommend.restriction import (
    NONE,
    TARGETS,
    check_exclude,
    excluded_items,
    ids_of,
)
from lrec.commands.recommend.search_note import search_note
from lrec.commands.recommend.table_file import is_replaceable, write
from lrec.commands.recommend.users import given_histories, known_users, new_users
from lrec.commands.runs.saved import is_data_of, load_model, refuse_changed
from lrec.commands.settings import RunSettings
from lrec.data.histories import Histories
from lrec.evaluation.approximate.approximate_ranker import ApproximateRanker, ranker_of
from lrec.evaluation.approximate.hnsw_index import (
    EXACT,
    HNSW,
    check_retrieval,
    index_of,
    without_vectors,
)
from lrec.evaluation.bucket import group_names
from lrec.evaluation.ranking import Ranker
from lrec.reporting.terminal import Screen, show_warnings

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 200  # rows on the screen at most


@dataclass(frozen=True)
class RecommendSettings(RunSettings):
    """The root of `conf/recommend.yaml`: the run's own config, and the request.

    Attributes:
        run: MLflow id of the run.
        users: ids of users in the data, or the name of a bucket, or `all`.
        history: item ids of one new user, or the path of a table of several.
        exclude: what is not recommended: `history`, a user's own items; `targets`, those of them
            that were held out, such as purchases; `none`; or ids that no user gets, beside the
            history.
        only: item ids to choose from, or the path of a table of them, or None for all.
        top: length of the lists.
        explain: True to name the item of the history whose removal lowers each score most.
        retrieval: `exact` to rank the whole catalogue, `hnsw` to search it approximately.
        to: file to write, or None for the screen.
        escape_formulas: put an apostrophe before ids and titles that a spreadsheet would run.
    """

    run: str
    users: list[Any] | str | int | None
    history: list[Any] | str | None
    exclude: list[Any] | str
    only: list[Any] | str | None
    top: int
    explain: bool
    retrieval: str
    to: str | None
    escape_formulas: bool

    file: ClassVar[str] = "conf/recommend.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.users is None) == (self.history is None):
            raise ConfigError(
                "either users or history says who gets recommendations: users=[id,id], users=tail, "
                f"history=[id,id] or history=people.csv. Received: users={self.users}, "
                f"history={self.history}"
            )
        groups = group_names(self.bucket.values()) if isinstance(self.users, str) else []
        if isinstance(self.users, str) and self.users not in groups:
            raise ConfigError(
                f"users must be a list of ids, {as_list('users', self.users)}, or a bucket, one "
                f"of {', '.join(groups)}"
                f"{nearest(self.users, groups)}. Received: {self.users}"
            )
        check_exclude(self.exclude, from_data=self.users is not None)
        if self.top < 1:
            raise ConfigError(f"top must be 1 or more. Received: {self.top}")
        check_retrieval(self.retrieval)
        if self.to is not None and Path(self.to).suffix not in (".csv", ".parquet"):
            raise ConfigError(f"to must be a .csv or a .parquet file. Received: {self.to}")
        if self.to is not None and not is_replaceable(Path(self.to).expanduser()):
            raise ConfigError(
                "to names a file that holds something else than recommendations, which would be "
                f"lost: name another. Received: {self.to}"
            )


def run(settings: RecommendSettings, invocation: Invocation) -> None:
    """Recommend; print or write the lists."""
    screen = Screen()
    show_warnings(screen)
    # Files first: TensorFlow takes seconds to import.
    only = ids_of(settings.only)
    given, data = None, None
    if settings.history is not None:
        given = given_histories(settings.history)
    else:
        data = settings.dataset.load()
        if location_of(invocation.config):
            refuse_changed(data, settings.run)
        elif not is_data_of(data, settings.run):
            warnings.warn(
                "the data has changed since the run was trained: histories are as they are now, "
                "and items that are new are not recommended. lrec update trains on",
                stacklevel=2,
            )
    settings.strategy.start_for(settings.model.uses_tensorflow())
    model = load_model(settings.run)
    if given is not None:
        users, histories = new_users(given, model.catalogue)
        targets = histories
    else:
        assert data is not None
        users, histories, targets = known_users(settings, data, settings.users, model.catalogue)
    empty = Histories.of([[] for _ in users])
    own = {TARGETS: targets, NONE: empty}.get(str(settings.exclude), histories)
    ids = model.catalogue.ids[: model.catalogue.n_items]
    excluded = excluded_items(settings.exclude, only, ids)
    index = index_of(model, screen.note) if settings.retrieval == HNSW else None
    if settings.retrieval == HNSW and index is None:
        screen.note(without_vectors(model))
    ranker = ranker_of(model, settings.top, index)
    requests = Requests(users, histories, own, excluded)
    table = recommend(ranker, requests, settings.explain)
    if isinstance(ranker, ApproximateRanker):
        note = search_note(ranker, requests)
        screen.note(note)
        logging.getLogger(__name__).info(note)
    if settings.to is not None:
        escaped = write(Path(settings.to).expanduser(), table, settings.escape_formulas)
        without_list = len(users) - table["user"].nunique()
        rest = f"; {without_list:,} users got none" if without_list else ""
        screen.note(f"{len(table):,} recommendations for {len(users):,} users{rest}: {settings.to}")
        if escaped:
            screen.note(
                f"{escaped:,} ids and titles that a spreadsheet would run as formulas have an "
                "apostrophe before them: escape_formulas=false leaves them as they are"
            )
        screen.commands("next", with_model(settings.run)[-1])
        return
    screen.rows(table.head(SHOWN))
    if len(table) > SHOWN:
        screen.note(f"{SHOWN} of {len(table):,} rows; to=FILE.csv or .parquet writes them all")
    again = ["lrec", "recommend", *without(invocation.config.overrides, "to"), "to=lists.csv"]
    screen.commands("next", again)


def recommend(
    ranker: Ranker | ApproximateRanker, requests: Requests, explain: bool
) -> pd.DataFrame:
    """Rank the catalogue for each user.

    Args:
        ranker: of lists that are shorter than asked for where the catalogue runs out.
        explain: True for the column `because`.

    Returns:
        Columns `user`, `rank` (from 1), `item`, `score`, `title` where the catalogue has titles,
        `personalised` (false where a model that cannot rank for an empty history falls back on
        popularity), `retrieval` if the ranker searches (`hnsw`, or `exact` for lists that are) and,
        if explained, `because`: an item id, empty where the list is not due to the history; and
        `because_title`.
    """
    import pandas as pd

    model, users, histories = ranker.model, requests.users, requests.histories
    catalogue = model.catalogue
    rankings, searched = [], []
    for queries in requests.batches(catalogue.n_items):
        rankings.append(ranker(queries))
        if isinstance(ranker, ApproximateRanker):
            searched.append(ranker.searches(queries))
    items = np.concatenate([ranking.items for ranking in rankings])
    scores = np.concatenate([ranking.scores for ranking in rankings])
    is_personalised = np.concatenate([ranking.is_personalised for ranking in rankings])
    row, rank = np.nonzero(items >= 0)
    item = items[row, rank]
    columns: dict[str, Any] = {
        "user": users[row],
        "rank": rank + 1,
        "item": catalogue.ids[item],
        "score": scores[row, rank],
        "personalised": is_personalised[row],
    }
    if catalogue.features.titles is not None:
        columns["title"] = catalogue.features.titles[item]
    if searched:
        columns["retrieval"] = np.where(np.concatenate(searched), HNSW, EXACT)[row]
    if explain:
        because = np.full(items.shape, -1)
        rows = np.flatnonzero(is_personalised & (histories.within(catalogue.n_items).lengths > 0))
        because[rows] = explain_items(model, histories.take(rows), items[rows])
        ids = np.append(catalogue.ids[: catalogue.n_items], "")
        columns["because"] = ids[because[row, rank]]
        if catalogue.features.titles is not None:
            titles = np.append(catalogue.features.titles[: catalogue.n_items], "")
            columns["because_title"] = titles[because[row, rank]]
    return pd.DataFrame(columns)
