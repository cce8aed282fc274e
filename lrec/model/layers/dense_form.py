"""Forms of the dense network: what large data lets it be."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

from lrec.base.arrays import Arrays
from lrec.data.catalogue import Catalogue

Objective = Literal["rating", "ranking"]
Interaction = Literal["joint", "product"]
Examples = Literal["interactions", "users"]
# Users × items above which a network's output for each pair would take minutes to rank by.
MANY_PAIRS = 1_000_000_000
# Training interactions above which pooling a history for each of them would take an hour an epoch.
MANY_INTERACTIONS = 5_000_000
# The layer that only products have, by which trained weights tell their form.
PRODUCT_LAYER = "user_vector"


@dataclass(frozen=True)
class DenseForm:
    """A form of the network, and of its training.

    Attributes:
        is_product: True if scores are inner products of user vectors and item parts.
        by_user: True if an example is a user with all interactions.
    """

    is_product: bool
    by_user: bool

    @classmethod
    def choose(
        cls,
        objective: Objective,
        interaction: Interaction | None,
        examples: Examples | None,
        catalogue: Catalogue,
        trained: Arrays | None,
    ) -> DenseForm:
        """The form that is asked for or, where it is left open, that suits the data.

        Args:
            objective, interaction, examples: settings of the model.
            catalogue: of the training data.
            trained: weights that the model gets, whose form decides; None for fresh ones.
        """
        if trained is not None:
            interaction = "product" if is_of_product(trained) else "joint"
        is_joint_ranking = (objective, interaction) == ("ranking", "joint")
        many = int(catalogue.interactions.sum()) > MANY_INTERACTIONS
        by_user = examples == "users" or (examples is None and many and not is_joint_ranking)
        many_pairs = catalogue.n_users * catalogue.n_items > MANY_PAIRS
        open_product = interaction is None and (many_pairs or (by_user and objective == "ranking"))
        return cls(interaction == "product" or open_product, by_user)

    def say(self, interaction: Interaction | None, examples: Examples | None) -> None:
        """Warn of what the settings left open and is not as on small data."""
        if interaction is None and self.is_product:
            warnings.warn(
                "large data: a score is the inner product of an item's vector and the hidden "
                "layers' output for a history (model.interaction=product; joint: of both through "
                "the hidden layers)",
                stacklevel=4,
            )
        if examples is None and self.by_user:
            warnings.warn(
                "large data: schedule.batch_size counts users, with all of their interactions "
                "(model.examples=users; interactions: these one by one)",
                stacklevel=4,
            )


def check_form(
    objective: Objective, interaction: Interaction | None, examples: Examples | None
) -> None:
    """Refuse the form that would fill the memory.

    Raises:
        ValueError: the settings contradict each other.
    """
    if (objective, interaction, examples) == ("ranking", "joint", "users"):
        raise ValueError(
            "examples=users with objective=ranking would send every interaction of a batch's users "
            "through the hidden layers with every negative: use interaction=product, or "
            "examples=interactions. Received: interaction=joint"
        )


def is_of_product(trained: Arrays) -> bool:
    """True if weights, named as `Model.state` names them, are of a product."""
    return any(PRODUCT_LAYER in name.split("/") for name in trained)
