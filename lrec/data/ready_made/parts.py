"""Parts of a split that data comes with."""

from __future__ import annotations

TRAIN, VALIDATION, TEST = "train", "validation", "test"
PARTS = (TRAIN, VALIDATION, TEST)  # by their codes
# Usual words for them, the best first, as columns and names of files have them.
WORDS = {
    TRAIN: ("train", "training"),
    VALIDATION: ("validation", "valid", "val", "dev"),
    TEST: ("test", "testing"),
}
