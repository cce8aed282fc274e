"""What is special about this model; lrec's own tests check the rest, see README.md."""

import numpy as np
from mine.model.foo import Foo
from scipy.sparse import csr_array


def test_weights_are_probabilities_of_a_walk() -> None:
    users = csr_array(np.array([[1, 1, 0], [0, 1, 1]], np.float32))
    weights = Foo(neighbours=3).item_weights(users).toarray()
    assert weights[0, 1] == 1 / 2  # over the one user of item 0, to one of that user's two items
    assert weights[1, 0] == 1 / 4
