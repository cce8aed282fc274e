"""A mixture of trained models, in which each member weighs by the length of the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from lrec.base.arrays import Arrays, Bools, Floats, Sparse
from lrec.base.config.check import build
from lrec.base.errors import DataError
from lrec.data.catalogue import Catalogue
from lrec.data.histories import Histories
from lrec.data.queries import Queries, Split
from lrec.model import Model
from lrec.model.blend import mixing
from lrec.model.blend.blend_export import blend_scorer
from lrec.model.blend.fitting import fit, halves
from lrec.model.blend.member_states import learn_on, restored, stored
from lrec.model.blend.mixture import Mixture
from lrec.model.blend.probabilities import RANK, ScoreScale
from lrec.model.common.export_scorer import ExportScorer
from lrec.model.common.factorised_scores import FactorisedScores
from lrec.model.common.protocols import Callback, Schedule, Strategy


class Blend(Model):
    """p(i | history) = Σ_m w_m(n) p_m(i | history): members' probabilities of the next item.

    A member's scores become probabilities of the items that are not in the history (`ScoreScale`);
    its weight depends on the number n of the history's items (`Mixture`). Both are fitted to one
    half of the validation users. A member without scores of its own for a history leaves its
    weight to the others, and one that does not score the items that nobody trained on gives them
    nothing. A single member gives its own scores.

    Args:
        members: config of each member, by name.
        scale: what scores become: probabilities, or values of their ranks.
        k: length of the lists whose NDCG the weights are fitted to.

    Attributes:
        members: by name; after `fit` without those that got no weight.
        mixture: the members' weights.
        scales: the map from scores to probabilities of each member.
        dropped: names of the members that got no weight.
        fitted_users: number of users that it was fitted to.
        contains_histories: True if a member's state holds histories of people.
    """

    name = "blend"
    is_baseline = False

    def __init__(
        self,
        members: dict[str, dict[str, Any]],
        scale: Literal["probability", "rank"] = "probability",
        k: int = 10,
    ) -> None:
        if not members:
            raise ValueError(f"members must name one at least. Received: {members}")
        if k < 1:
            raise ValueError(f"k must be 1 or more. Received: {k}")
        self.scale = scale
        self.k = k
        self.mixture: Mixture | None = None
        self.scales: list[ScoreScale] = []
        self.dropped: list[str] = []
        self.fitted_users = 0
        self._take(
            {
                name: build(node, f"model.members.{name}", "config.yaml", Model)
                for name, node in members.items()
            }
        )

    def hand_over(self, members: Mapping[str, Model]) -> None:
        """Take the trained members.

        Raises:
            DataError: they have different catalogues.
        """
        first, some = next(iter(members.items()))
        for name, member in members.items():
            if not np.array_equal(member.catalogue.ids, some.catalogue.ids):
                raise DataError(
                    f"{first} and {name} have different catalogues, or their items in another "
                    "order: name runs that learned from the same data."
                )
        self._take(members)
        self.catalogue = self._widest

    def fit(
        self, split: Split, schedule: Schedule, strategy: Strategy, seed: int, callback: Callback
    ) -> None:
        """Fit scales and weights to a half of `split.validation`; members stay as they are.

        After `warm_start` the members go on learning first, each as it does alone, and weights
        stay as they are where nobody is in the validation part.

        Raises:
            DataError: members are not trained, or on another catalogue, or nobody is in the
                validation part.
        """
        updated = self.pretrained is not None
        if self.pretrained is not None:
            self.restore(self.pretrained.state, self.pretrained.catalogue)
            learn_on(self.members, self.pretrained, split, schedule, strategy, seed, callback)
            self.pretrained = None
        if not all(hasattr(member, "catalogue") for member in self.members.values()):
            raise DataError(
                "a blend is made of trained models: train them, then lrec blend 'runs=[…]'. "
                f"Received: {', '.join(self.members)}, which are not trained"
            )
        if not np.array_equal(self._some.catalogue.ids, split.catalogue.ids):
            raise DataError(
                "the members of this blend were trained on another catalogue: the data has changed "
                "since. Train them again, then lrec blend."
            )
        fitted = fit(self.members, halves(split.validation)[0], self.scale, self.k, callback.status)
        if fitted is None and not updated:
            raise DataError(
                "the weights of a blend are fitted to validation users, and there is none with an "
                "item that a member can find. Choose a split with more of them."
            )
        if fitted is not None:
            self.mixture, self.scales = fitted.mixture, fitted.scales
            self.dropped, self.fitted_users = fitted.dropped, fitted.users
            self._take({name: self.members[name] for name in fitted.names})
        self.catalogue = replace(self._widest, features=split.catalogue.features)

    def weights(self, histories: Histories) -> Floats:
        """Weights of the members, `(n, n_members)` float32."""
        assert self.mixture is not None
        lengths = histories.within(self.catalogue.n_items).lengths
        return self.mixture.weights(lengths, self._available(histories))

    def score(self, histories: Histories) -> Floats:
        if self._single:  # its very scores, of which probabilities may round some away
            return self._some.score(histories)
        if self.scores_sparsely:
            dense: Floats = self.sparse_scores(histories).toarray()
            return dense
        return mixing.mixed(self._pairs, self.weights(histories), histories)

    @property
    def scores_sparsely(self) -> bool:
        """True if all members do, of one wide catalogue: items that no member reaches score 0."""
        n_items = self.catalogue.n_items
        sparse = all(
            member.scores_sparsely and member.catalogue.n_items == n_items
            for member in self.members.values()
        )
        wide = self.scale != RANK and n_items > mixing.WIDE
        return sparse and (self._single or wide)

    def sparse_scores(self, histories: Histories) -> Sparse:
        if self._single:
            return self._some.sparse_scores(histories)
        return mixing.mixed_sparsely(self._pairs, self.weights(histories), histories)

    def common_scores(self) -> Floats | None:
        return self._some.common_scores() if self._single else None

    def factorised_scores(self) -> FactorisedScores | None:
        return self._some.factorised_scores() if self._single else None

    def rate(self, queries: Queries, scores: Floats) -> Floats | None:
        return self._some.rate(queries, scores) if self._single else None

    def uses_tensorflow(self) -> bool:
        return any(member.uses_tensorflow() for member in self.members.values())

    def is_personalised(self, histories: Histories) -> Bools:
        return np.asarray(self._available(histories).any(axis=1))

    def _available(self, histories: Histories) -> Bools:
        """True where a member has scores of its own, `(n, n_members)`."""
        found = [member.is_personalised(histories) for member in self.members.values()]
        return np.stack(found, axis=1)

    def export_scorer(self) -> ExportScorer:
        if self._single:
            return self._some.export_scorer()
        assert self.mixture is not None
        return blend_scorer(self._pairs, self.mixture, self.catalogue.n_items)

    @property
    def is_saved_exactly(self) -> bool:
        return all(member.is_saved_exactly for member in self.members.values())

    def round_to_saved(self) -> None:
        for member in self.members.values():
            member.round_to_saved()

    def state(self) -> Arrays:
        """The states of the members, each under its name, and what was fitted."""
        assert self.mixture is not None
        return {
            "members": np.array(list(self.members)),
            "shapes": np.array([scale.shape for scale in self.scales]),
            "scales": np.array([(scale.sharpness, scale.unit) for scale in self.scales]),
            "weights": np.stack([self.mixture.level, self.mixture.slope]),
            "lengths": np.array([self.mixture.shortest, self.mixture.longest]),
            **stored(self.members),
        }

    def restore(self, state: Arrays, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        names = [str(name) for name in state["members"]]
        self._take(restored({name: self.members[name] for name in names}, state, catalogue))
        pairs = zip(state["shapes"].tolist(), state["scales"].tolist(), strict=True)
        self.scales = [ScoreScale(shape, *numbers) for shape, numbers in pairs]
        level, slope = state["weights"]
        shortest, longest = state["lengths"].tolist()
        self.mixture = Mixture(level, slope, shortest, longest)

    @property
    def _pairs(self) -> list[tuple[Model, ScoreScale]]:
        """Each member, and its scale."""
        return list(zip(self.members.values(), self.scales, strict=True))

    @property
    def _some(self) -> Model:
        return next(iter(self.members.values()))

    @property
    def _widest(self) -> Catalogue:
        """The members' catalogue: of those with items that nobody trained on, if there are any."""
        catalogues = [member.catalogue for member in self.members.values()]
        return max(catalogues, key=lambda catalogue: catalogue.n_items)

    @property
    def _single(self) -> bool:
        return len(self.members) == 1

    def _take(self, members: Mapping[str, Model]) -> None:
        """Set the members, and what follows from them."""
        self.members: dict[str, Model] = dict(members)
        those, some = list(members.values()), self._some
        self.seeded = any(member.seeded for member in those)
        self.uses_weights = any(member.uses_weights for member in those)
        self.scores_empty = any(member.scores_empty for member in those)
        self.contains_histories = any(member.contains_histories for member in those)
        self.scores_by_content = any(member.scores_by_content for member in those)
        self.fine_tuning = next((m for m in those if not m.is_baseline), some).fine_tuning
        self.scores_are_products = self._single and some.scores_are_products
        self.rating_head = some.rating_head if self._single else "calibrated"
