"""Mirrored training on two logical devices of the CPU, in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers.forked import Script

MIRRORED = """
import json, sys
from lrec.data.dataset.csv import CSV
from lrec.model.dense import Dense
from lrec.training.schedule.standard import Trainer
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.training.strategy.mirrored import Mirrored
from lrec.model.common.protocols import StatelessCallback

class LossCollector(StatelessCallback):
    wants_steps = False
    losses = []
    def on_epoch_end(self, epoch, loss):
        self.losses.append(loss)
        return float("nan")

strategy = Mirrored(devices=int(sys.argv[2]))
strategy.start()
model = Dense(embedding_size=8, hidden_sizes=(16, 8), dropout=0.0, examples=sys.argv[3])
split = LeaveOneOut()(CSV(sys.argv[1]).load())
collector = LossCollector()
examples = split.train if sys.argv[3] == "users" else split.train.item
uneven = len(examples) - 1  # leaves a batch of one, of which a device has no share
schedule = Trainer(epochs=5, batch_size=uneven, learning_rate=0.01, evaluate_steps=1)
model.fit(split, schedule, strategy, 1, collector)
print(json.dumps([strategy.distribution.num_replicas_in_sync, collector.losses,
                  model.score(split.test.history).tolist()]))
"""


@pytest.mark.parametrize("examples", ["interactions", "users"])
def test_two_devices_train_like_one(examples: str, tiny: Path, tmp_path: Path) -> None:
    scripts = [Script(MIRRORED, [str(tiny), devices, examples], tmp_path) for devices in ("1", "2")]
    results = []
    for script in scripts:
        status, out, err = script.wait(200)
        assert status == 0, err
        results.append(json.loads(out.splitlines()[-1]))
    (one, losses, scores), (two, same_losses, same_scores) = results
    assert (one, two) == (1, 2)
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(same_losses, losses, rtol=0, atol=1e-5)
    np.testing.assert_allclose(same_scores, scores, rtol=0, atol=1e-4)
