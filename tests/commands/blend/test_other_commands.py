"""Commands that take models, and a blend: they work, or say in one line why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.cli import SilentCallback
from helpers.composing import checked, composed
from helpers.saved_runs import saved_run

from lrec.base.errors import ConfigError
from lrec.commands.map import MapSettings
from lrec.commands.runs.sweep_composition import refuse_unsaved
from lrec.commands.settings import AnyRunSettings
from lrec.commands.simulate.command import refuse_blends
from lrec.commands.simulate.environment import GroundTruthEnvironment
from lrec.commands.simulate.retraining import RankingPolicy
from lrec.commands.simulate.rollout import roll_out
from lrec.commands.update.settings import UpdateSettings
from lrec.data.dataset.synthetic import Synthetic
from lrec.data.split.user_holdout import UserHoldout
from lrec.model.blend.blended import Blend
from lrec.model.common import saving

NODES = {
    "sknn": {"_target_": "lrec.model.sknn.SKNN"},
    "popularity": {"_target_": "lrec.model.popularity.Popularity"},
}
NODE = {"_target_": "lrec.model.blend.blended.Blend", "members": NODES}


@pytest.mark.parametrize(
    ("command", "root", "overrides", "words"),
    [
        ("map", MapSettings, ["run=some"], "sees users as vectors: .* a run of blend"),
        (
            "update",
            UpdateSettings,
            ["run=some", "feedback=new.csv", "retrain=true"],
            "not trained from scratch: leave out retrain=true.* run=some, a blend",
        ),
    ],
)
def test_what_a_blend_cannot_do_is_one_line(
    command: str, root: type[AnyRunSettings], overrides: list[str], words: str
) -> None:
    config = composed(*overrides, root=command)
    config.model = NODE
    with pytest.raises(ConfigError, match=words) as refused:
        checked(config, trains=False, root=root)
    assert "\n" not in str(refused.value)


def test_a_simulation_does_not_train_a_blend_again() -> None:
    refuse_blends([saved_run("ease")])
    with pytest.raises(
        ConfigError, match=r"which a blend is not: .*Received: run blend-1, a blend"
    ):
        refuse_blends([saved_run("ease"), saved_run("blend")])


def test_a_blend_with_histories_of_others_takes_part_in_a_simulation(tmp_path: Path) -> None:
    """Saved and loaded, as `lrec simulate` gets it."""
    data = Synthetic(n_users=300, n_items=80, activity_median=6).load()
    split = UserHoldout(validation=0.2, test=0.2, order="time")(data)
    nothing: Any = None
    blend = Blend(NODES)
    for member in blend.members.values():
        member.fit(split, nothing, nothing, 1, nothing)
    blend.hand_over(blend.members)
    blend.fit(split, nothing, nothing, 1, SilentCallback())
    assert blend.contains_histories
    saving.save(tmp_path, blend, NODE)
    loaded = saving.load(tmp_path)
    assert loaded.contains_histories
    environment = GroundTruthEnvironment(split, 2, 0)
    shown = [roll_out(environment, RankingPolicy(m, 5, split), 2).shown for m in (blend, loaded)]
    np.testing.assert_array_equal(shown[0], shown[1])
    assert (shown[0][0] != shown[0][1]).any()


def test_candidates_that_would_not_be_saved_are_refused_before_training() -> None:
    def job(*overrides: str) -> Any:
        return checked(composed(*overrides)), None

    kept = job("model=sknn", "tracking.keep_histories=true")
    refuse_unsaved([job("model=ease"), kept], "blend")
    with pytest.raises(ConfigError, match=r"model=sknn contains .* add tracking.keep_histories="):
        refuse_unsaved([job("model=ease"), job("model=sknn")], "blend")
    with pytest.raises(ConfigError, match=r"model=ease would not be saved: add tracking.log_model"):
        refuse_unsaved([job("model=ease", "tracking.log_model=false")], "simulate")
