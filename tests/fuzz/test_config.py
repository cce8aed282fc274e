"""A thousand overrides at the config check: each takes effect as it was said, or is refused in one
line; nothing crashes, and nothing unknown is accepted."""

from __future__ import annotations

import importlib
import types
import typing
from pathlib import Path
from typing import Any

import pytest
from helpers.cli import CommandLine
from helpers.composing import SINGLE, checked, composed, composed_anew
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf, open_dict

from lrec.base.config.conf import CONF, groups, options
from lrec.cli.main import report
from lrec.cli.quoting import quoted
from lrec.commands.composing import prepare
from lrec.commands.settings import RunSettings

# Whole configs to throw overrides at; few metrics, because all of them are built every time.
FEW = "metric=[ndcg,mse,gini]"
WHOLE = {
    "plain": [FEW],
    "file": [
        *(FEW, "dataset=csv", "dataset.path=a.csv", "model=attention", "split=ratio"),
        *("augment=vae", "bucket=[activity,counts]", "feature=[titles,vectors]"),
        "feature.vectors.path=a.npy",
    ],
    "other": [FEW, "model=dense", "split=user_holdout", "strategy=mirrored", "augment=gan"],
}
OTHERS = (*groups(), "experiment", "hydra")
ModelResult = dict[str, Any] | str


PLAIN = {name: OmegaConf.to_container(composed(*overrides)) for name, overrides in WHOLE.items()}


def outcome(word: str, whole: str | None = "plain") -> ModelResult:
    """What the command line makes of one word: the config, or the line that refuses it.

    Args:
        whole: the config to change; None composes it with Hydra.
    """
    words = [quoted(word)]
    try:
        anew = whole is None
        config = composed_anew(FEW, *words) if anew else composed(*WHOLE[whole], *words)
        settings, found = prepare(config, RunSettings, {}, words, Path())
        settings.check_monitor()
        return found.values
    except Exception as error:
        line, status = report(error, "train", words)
        assert status == 2, (word, line)
        assert line.isprintable()
        assert 5 < len(line) < 700
        return line


def examples(n: int) -> settings:
    """The same examples every time, each answered within seconds on a machine however busy."""
    return settings(
        max_examples=n,
        derandomize=True,
        database=None,
        deadline=10_000,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )


def leaves(node: Any, key: str = "") -> dict[str, Any]:
    """Every key of a config, and its value."""
    if not isinstance(node, dict):
        return {key: node}
    found = {}
    for name, value in node.items():
        found |= leaves(value, f"{key}.{name}".lstrip("."))
    return found


LEAVES = {name: leaves(plain) for name, plain in PLAIN.items()}


def at(config: Any, key: str) -> Any:
    for name in key.split("."):
        config = config[int(name) if isinstance(config, list) else name]
    return config


def written(value: Any) -> str:
    """A value as people write it on a command line."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, str):
        quoted = value.replace("'", "\\'")
        return f"'{quoted}'"
    return repr(value)


# Right values, which have to take effect


share = st.floats(0, 0.45)
size = st.integers(1, 10**6)
some = st.floats(1e-9, 1e6)
texts = st.text(
    st.characters(exclude_categories=["C"], exclude_characters="$\\"), min_size=1, max_size=9
)
RIGHT: dict[str, st.SearchStrategy[Any]] = {
    "seed": st.integers(0, 2**31 - 1),
    "k": st.lists(size, max_size=4, unique=True).map(lambda k: [10, *(n for n in k if n != 10)]),
    "monitor": st.sampled_from(checked(composed(FEW)).monitors),
    "catalogue": st.just("training"),
    "validate_users": st.one_of(st.none(), size),
    "model.hidden_sizes": st.lists(size, min_size=1, max_size=3),
    "model.latent_size": size,
    "model.dropout": share,
    "model.beta": st.one_of(some, st.integers(0, 9)),
    "schedule.learning_rate": some,
    "schedule.epochs": size,
    "schedule.patience": st.one_of(st.none(), size),
    "schedule.clip_norm": st.one_of(st.none(), some),
    "dataset.n_users": size,
    "dataset.noise": st.one_of(some, st.just(0)),
    "dataset.drift": share,
    "split.validation": share,
    "split.test": st.floats(0.1, 0.45),
    "strategy.threads": st.one_of(st.none(), st.integers(1, 64)),
    "tracking.keep_user_ids": st.booleans(),
    "tracking.experiment": texts,
    "tracking.run_name": st.one_of(st.none(), texts),
    "bucket.activity.quantiles": st.just([0.25, 0.75]),
}


@given(st.sampled_from(sorted(RIGHT)), st.sampled_from(["", "", "++"]), st.data())
@examples(250)
def test_right_values_take_effect(key: str, prefix: str, draws: st.DataObject) -> None:
    value = draws.draw(RIGHT[key])
    config = outcome(f"{prefix}{key}={written(value)}")
    assert not isinstance(config, str), config
    assert leaves(config) == LEAVES["plain"] | {key: value}


# Unknown keys, which must never pass


@st.composite
def typos(draw: st.DrawFn) -> tuple[str, str]:
    """A config and a key that it does not have, but nearly."""
    whole = draw(st.sampled_from(sorted(WHOLE)))
    key = draw(st.sampled_from(sorted(LEAVES[whole])))
    place, letter = draw(st.integers(0, len(key) - 1)), draw(st.sampled_from("aexyz_"))
    wrong = draw(
        st.sampled_from(
            [
                key[:place] + key[place + 1 :],
                key[:place] + letter + key[place:],
                key[:place] + letter + key[place + 1 :],
                f"{key}.{letter}",
                f"{key}_{letter}",
                f"{letter}.{key}",
                key.upper(),
                key.rpartition(".")[2] + letter,
            ]
        )
    )
    known = [*OTHERS, *LEAVES[whole]]
    assume(all(wrong.split(".")) and not any(f"{k}.".startswith(f"{wrong}.") for k in known))
    return whole, wrong


VALUES = ["1", "0.5", "true", "null", "x", "[1]", "{a: 1}", "''", "${seed}"]


@given(typos(), st.sampled_from(["", "+", "++"]), st.sampled_from(VALUES))
@examples(250)
def test_unknown_keys_are_refused(wrong: tuple[str, str], prefix: str, value: str) -> None:
    whole, key = wrong
    said = outcome(f"{prefix}{key}={value}", whole)
    assert isinstance(said, str), key
    assert key.split(".")[0] in said or key.rpartition(".")[2] in said


# Values of a wrong type, or out of range


def wrong_values(hint: Any) -> list[str]:
    """What no argument of a type takes; told apart without the check's own rules."""
    union = typing.get_origin(hint) in (types.UnionType, typing.Union)
    kinds = set(typing.get_args(hint)) if union else {hint}
    wrong = ["{a: [1]}"]
    listed = any(typing.get_origin(kind) not in (None, typing.Literal) for kind in kinds)
    if not listed:
        wrong += ["[1]", "[]"]
    if types.NoneType not in kinds:
        wrong.append("null")
    if str not in kinds:
        wrong += ["words", "''", "'1'"]
    if bool not in kinds:
        wrong += ["true", "nan", "-inf"] if str not in kinds else ["true", "nan"]
    if kinds & {int, float} and str not in kinds:
        wrong += ["-1000000", str(10**30) if float not in kinds else str(10**400)]
        wrong += [] if float in kinds else ["1.5"]
    return wrong


def hints() -> list[tuple[str, str, Any]]:
    """A config, a key of it, and the type of its constructor's argument."""
    found = []
    for whole, plain in PLAIN.items():
        nodes = {group: plain[group] for group in SINGLE}
        nodes |= {f"bucket.{name}": node for name, node in plain["bucket"].items()}
        for key, node in nodes.items():
            module, _, name = node["_target_"].rpartition(".")
            target = getattr(importlib.import_module(module), name)
            types_of = typing.get_type_hints(target.__init__)
            found += [(whole, f"{key}.{n}", types_of[n]) for n in node if n != "_target_"]
    return found


FREE = {"dataset.min_rating"}  # every number makes sense


@given(st.sampled_from(hints()), st.sampled_from(["", "++"]), st.data())
@examples(250)
def test_wrong_values_are_refused(
    argument: tuple[str, str, Any], prefix: str, draws: st.DataObject
) -> None:
    whole, key, hint = argument
    value = draws.draw(st.sampled_from(wrong_values(hint)))
    assume(not (key in FREE and value.startswith("-1")))
    said = outcome(f"{prefix}{key}={value}", whole)
    assert isinstance(said, str), (key, value, hint)
    assert key.rpartition(".")[2] in said


# Anything


ODD_KEYS = [
    *("model", "k", "k[0]", "k.0", "k.1", "k.x", "model.hidden_sizes.0", "metric.ndcg", "metric.x"),
    *("model.", ".", "", "a.b.c", "_target_", "model._target_", "defaults", "é", "model.é", "0"),
    *(
        "true",
        "null",
        "@",
        "model@x",
        "/model",
        "model/vae",
        "model:x",
        "$",
        "${seed}",
        "__class__",
    ),
    *("seed.x", "bucket.new", "bucket.activity", "feature.none.x", "schedule", "experiment.x"),
]
ODD_VALUES = [
    *("", "'x'", '"x"', "[", "]", "{", "}", "{a:{b:c}}", "${nokey}", "${oc.env:NOPE}", "${model}"),
    *("${", "$", "\\", "'", '"', "1,2", "range(1,3)", "choice(1,2)", "glob(*)"),
    *("sort(2,1)", "int(1.2)", "str(1)", "é☃", "\0", "\n", "a=b", "=", "%", "#", "???", "1_000"),
    *(
        "0x10",
        "lrec.model.vae.VAE",
        "os.system",
        "lrec.",
        "lrec..",
        "lrec.base.config.check.check",
        "val/",
        "/",
    ),
    *("[[10]]", "[null]", "{1:2,a:3}", "{null:1}", "${k[0]}", "${.seed}", "${..seed}", "&a", "*a"),
    *("!!python/object:os.system", "- 1", "a: b", "1 2", " 1", "1 ", "\t1", "${now:%Y}", "1e400"),
    *("${oc.create:{a:1}}", "${model.latent_size}", "x" * 999, "9" * 5000, "nan", "lrec.nothing.X"),
]
words = st.one_of(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "", "+", "++", "~", "~~", "+++", "+~"]),
        st.one_of(st.sampled_from(ODD_KEYS), st.sampled_from(sorted(LEAVES["plain"]))),
        st.sampled_from(["=", "=", "=", ""]),
        st.sampled_from(ODD_VALUES),
    ),
    st.text("ab=[]{}${}'\",.+~ \\é\0:1\n", max_size=12),
)


@given(words.filter(lambda word: not word.startswith("-")))
@examples(250)
def test_anything_takes_effect_or_is_refused(word: str) -> None:
    config = outcome(word)
    if isinstance(config, str):
        return
    said = OverridesParser.create().parse_override(quoted(word))
    key = said.key_or_group
    if said.is_delete():
        assert key not in leaves(config)
        return
    with open_dict(reference := composed(*WHOLE["plain"])):
        reference["said"] = said.value()
    value = OmegaConf.to_container(reference, resolve=True)["said"]  # interpolated
    found = at(config, key)
    if isinstance(value, dict):  # adds to what is there
        assert value.items() <= found.items()
    else:
        assert found == value


# The same with the whole of Hydra


@pytest.mark.parametrize(
    "word",
    [
        *("seed=7", "++model.dropout=0.25", "model.latent_sise=8", "~model.dropout", "+seed=1"),
        *("model.hidden_sizes=[6", "k.x=1", "model.beta=many", "monitor=${nokey}", "é=1"),
    ],
)
def test_quick_composition_is_hydras(word: str) -> None:
    assert outcome(word) == outcome(word, whole=None)


CHOICES = [(group, name) for group in groups() if group != "metric" for name in options(group)]


@given(st.sampled_from(CHOICES), st.sampled_from(["", "", "x", "/", "..", ",a"]))
@examples(12)
def test_choices_take_effect_or_are_refused(choice: tuple[str, str], letter: str) -> None:
    group, name = choice
    prefix = "+" if group == "experiment" else ""
    config = outcome(f"{prefix}{group}={name}{letter}", whole=None)
    if letter:
        assert isinstance(config, str)
        assert group in config
    elif isinstance(config, str):  # what has to be said beside it
        assert "is needed" in config or "monitor must be" in config
    elif group in SINGLE:
        file = OmegaConf.load(CONF / group / f"{name}.yaml")
        file.pop("defaults", None)
        assert OmegaConf.merge(config[group], file) == config[group]


@pytest.mark.parametrize("word", ["k.x=1", "model.latent_size=1\n2", "~hydra", "+seed=1", "é=1"])
def test_command_line_says_the_same(word: str, lrec: CommandLine, tmp_path: Path) -> None:
    answer = lrec(tmp_path, "train", word)
    assert (answer.rc, answer.out) == (2, "")
    assert answer.complaint == f"lrec: {outcome(word, whole=None)}"
