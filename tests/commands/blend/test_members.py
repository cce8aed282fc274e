"""Names of members, and their settings."""

from __future__ import annotations

import pytest
from helpers.composing import checked, composed
from helpers.saved_runs import saved_run

from lrec.base.errors import ConfigError
from lrec.commands.blend.members import BlendSettings, unique_names


def test_members_of_one_model_are_numbered() -> None:
    runs = [saved_run(model) for model in ("attention", "ease", "attention")]
    assert unique_names(runs) == ["attention_1", "ease", "attention_2"]
    assert unique_names([saved_run("vae", feature="genres")]) == ["vae-genres"]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("resamples=10", "resamples must be 100 or more. Received: 10"),
        ("requests=0", "requests must be 1 or more. Received: 0"),
        ("scale=sum", "scale must be one of probability, rank"),
        ("monitor=val/ndcg_at_7/all", "monitor must be a validation metric"),
        ("monitor=val/mse_pooled/all", "monitor must be a metric of lists"),
    ],
)
def test_wrong_settings_are_refused(override: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        checked(composed(override, root="blend"), root=BlendSettings)
