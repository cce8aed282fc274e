"""Sentences on a front: gains, costs, and that there is no trade."""

from __future__ import annotations

import re

from helpers.fronts import SECONDS, TAIL, front_of, users

from lrec.commands.tune.results.trade import gain_sentence, trade_sentence


def test_a_trade_that_is_told_apart_is_one_sentence() -> None:
    front = front_of({0: users(0.2, 0.3), 1: users(0.25, 0.27)})
    sentence = trade_sentence(front)
    gain = r"\+25 % for the tail \(ndcg@10 \+0\.05\d\d; 95 %: .+\)"
    cost = r"10 % in the head \(ndcg@10 −0\.03\d\d; 95 %: .+\)"
    assert re.fullmatch(f"{gain} costs {cost}: trial 2 against trial 1\\.", sentence)


def test_a_front_that_luck_explains_is_no_trade() -> None:
    front = front_of({0: users(0.2, 0.3, n=20, seed=0), 1: users(0.205, 0.299, n=20, seed=1)})
    assert len(front.settings) == 2
    assert "no trade-off was found" in trade_sentence(front)
    assert "no two of them" in trade_sentence(front)


def test_a_front_of_one_setting_is_no_trade() -> None:
    sentence = trade_sentence(front_of({0: users(0.2, 0.3), 1: users(0.3, 0.4)}))
    assert sentence.startswith("no trade-off was found between ndcg@10 (tail) and ndcg@10 (head)")
    assert "trial 2 is best in all" in sentence


def test_a_cost_needs_no_interval() -> None:
    front = front_of({0: users(0.2, 0.3), 5: users(0.3, 0.3)}, (TAIL, SECONDS))
    assert trade_sentence(front).endswith(
        "costs 50 % in seconds (seconds +5.00): trial 6 against trial 1."
    )


def test_the_gain_over_the_candidate_as_it_is_says_where_luck_is_left() -> None:
    shown = gain_sentence(front_of({0: users(0.2, 0.3), 1: users(0.25, 0.3)}, (TAIL,)))
    assert shown.startswith("trial 2 of 2 is best, ndcg@10 (tail): 0.2")
    assert "as it is +25 %" in shown
    assert "luck" not in shown
    unclear = {0: users(0.2, 0.3, n=20, seed=0), 1: users(0.201, 0.3, n=20, seed=1)}
    assert "luck cannot be excluded" in gain_sentence(front_of(unclear, (TAIL,)))
    none = gain_sentence(front_of({0: users(0.2, 0.3), 1: users(0.1, 0.3)}, (TAIL,)))
    assert none.startswith("none of 2 trials is better than the candidate as it is")
