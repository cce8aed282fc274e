"""A small comparison: three models, three buckets, one of them with too few users."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from lrec.evaluation.comparison.comparison import Comparison

NAN = math.nan
MODELS = ["ease", "vae", "gan"]
FACTS: dict[str, Any] = {
    "version": "0",
    "command": "lrec compare <&>",
    "data": "csv",
    "digest": "d",
    "split": {"split": "ratio"},
    "users": 50,
    "buckets": {"tail": "n <= 2"},
    "seeds": [1],
    "resamples": 100,
    "baseline_named": False,
    "meanings": {"ndcg_at_10": "Gain: more hits, and sooner."},
    "plain": [],
    "runs": {m: [{"id": m, "seed": 1, "minutes": 1.0, "command": "lrec"}] for m in MODELS},
    "addresses": {"vae": "http://127.0.0.1:5000/#/experiments/1/runs/vae"},
}


def row(bucket: str, model: str, verdict: str, difference: float = NAN, **more: Any) -> Any:
    is_defined = not math.isnan(difference)
    return {
        "bucket": bucket,
        "model": model,
        "metric": "ndcg_at_10",
        "users": 50,
        "value": 0.2 + (difference if is_defined else 0),
        "value_low": 0.18,
        "value_high": 0.22,
        "seeds_low": 0.1,
        "seeds_high": 0.3,
        "seeds_sd": NAN,
        "baseline": 0.2,
        "difference": difference,
        "low": difference - 0.01,
        "high": difference + 0.01,
        "p": 0.01 if is_defined else NAN,
        "p_holm": 0.02 if is_defined else NAN,
        "effect_size": 0.25 if is_defined else NAN,
        "detectable": 0.03 if is_defined else NAN,
        "verdict": verdict,
        **more,
    }


def small_comparison() -> Comparison:
    """VAE is better than EASE for the tail, GAN worse."""
    rows = [
        row("all", "ease", "baseline"),
        row("all", "vae", "undecided", 0.005),
        row("all", "gan", "undecided", -0.005),
        row("tail", "ease", "baseline"),
        row("tail", "vae", "better", 0.05),
        row("tail", "gan", "worse", -0.02),
        row("head", "ease", "baseline", users=3),
        row("head", "vae", "too few users", users=3),
        row("head", "gan", "too few users", users=3),
    ]
    return Comparison(
        rows=pd.DataFrame(rows),
        served=None,
        baseline="ease",
        primary="ndcg_at_10",
        models=["ease", "vae", "gan"],
        bucketings={"activity": ["tail", "head"]},
        directions={"ndcg_at_10": 1},
        subsample=20,
    )
