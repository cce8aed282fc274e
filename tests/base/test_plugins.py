"""Plugins: found, refused, and never imported because something saved names them."""

from __future__ import annotations

import pickle
import re
import shutil
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from helpers.cli import CommandLine, SilentCallback

from lrec import train
from lrec.base.config import conf, plugins
from lrec.base.config.check import component_class, target_class
from lrec.base.config.code_digest import plugin_digest
from lrec.base.config.conf import PACKAGE, options
from lrec.base.errors import ConfigError
from lrec.cli.from_python import composed
from lrec.commands.runs.config_digest import config_digest
from lrec.commands.runs.stored_config import read_stored_config, stored_text
from lrec.commands.tune.candidate import candidates
from lrec.data.dataset.csv import CSV
from lrec.data.histories import Histories
from lrec.data.split.leave_one_out import LeaveOneOut
from lrec.model import Model
from lrec.model.common import saving
from lrec.training.strategy.cpu import CPU

NODE = {"_target_": "mine.model.foo.Foo", "neighbours": 5, "damping": 1.0}
FOO = NODE["_target_"]


def install(folder: Path) -> None:
    """As `pip install` leaves a package with an entry point."""
    info = folder / "mine-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[lrec.plugins]\nfoos = mine\n")
    sys.path.append(str(folder))


def trained(tiny: Path) -> Model:
    split = LeaveOneOut()(CSV(str(tiny)).load())
    model: Model = target_class(FOO, "model", "", Model)(neighbours=5)
    model.fit(split, None, CPU(), 1, SilentCallback())  # type: ignore[arg-type]
    return model


def test_named_package_is_found_beside_its_conf_and_is_code_that_may_run(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"must lie in lrec or in a plugin .*plugins=\[mine\]"):
        target_class(FOO, "model._target_", "foo.yaml", Model)
    assert "foo" not in options("model")
    plugins.activate(["mine"])
    assert "foo" in options("model")
    assert "foo" in options("search")
    assert component_class("model", "foo").name == "foo"
    assert plugins.words() == ["plugins=[mine]"]


def test_conf_of_another_folder_leads_to_the_package_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    plugins.activate(["mine"], "work/conf")
    assert component_class("model", "foo").__module__ == "mine.model.foo"
    assert plugins.words() == ["--config-dir=work/conf", "plugins=[mine]"]


def test_entry_point_is_found_without_a_word_but_loads_nothing_saved(
    folder: Path, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(folder)
    plugins.activate()
    assert "mine" not in sys.modules, "found by its files only"
    saving.save(tmp_path / "model", trained(tiny), NODE)
    assert plugins.words() == [], "its class was looked up, and no command has chosen it"
    with pytest.raises(ConfigError, match=r"If you trust the package, name it: plugins=\[mine\]"):
        saving.load(tmp_path / "model")
    monkeypatch.setenv(plugins.VARIABLE, "foos")  # the entry point's name, as MLflow's server has
    assert saving.load(tmp_path / "model").name == "foo"


def test_what_was_chosen_by_its_own_words_can_be_read_again(
    folder: Path, tiny: Path, tmp_path: Path
) -> None:
    """By a command that trains and then loads, or later in a session of Python."""
    install(folder)
    result = train("model=foo", "dataset=csv", f"dataset.path={tiny}", log=False, verbose=False)
    assert plugins.words() == ["plugins=[mine]"], "for other commands, which load the run"
    saving.save(tmp_path / "model", result.model, NODE)
    assert saving.load(tmp_path / "model").name == "foo"
    with pytest.raises(ConfigError, match=r"'other\.boom\.Boom'.*plugins=\[other\]"):
        plugins.refuse_unnamed(["mine.model.foo.Foo", "other.boom.Boom"], "run 1")


def test_config_of_a_saved_run_imports_no_plugin(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(stored_text({"model": NODE, "metric": {"a": {"_target_": "mine.boom.Boom"}}}))
    with pytest.raises(ConfigError, match=r"config of run 1 names 'mine\.model\.foo\.Foo'.*mine\]"):
        read_stored_config(path, "1")
    assert "mine" not in sys.modules
    plugins.activate(["mine"])
    assert read_stored_config(path, "1").model.neighbours == 5


def test_what_cannot_be_found_is_refused_with_where_it_was_looked_for(folder: Path) -> None:
    with pytest.raises(ConfigError, match=f"there is no package yours: install it.*{folder}"):
        plugins.activate(["yours"])
    with pytest.raises(ConfigError, match="plugins are packages by name"):
        plugins.activate(["../mine"])


def test_name_of_a_file_of_lrec_is_refused(folder: Path) -> None:
    shutil.copy(folder / "conf" / "model" / "foo.yaml", folder / "conf" / "model" / "vae.yaml")
    with pytest.raises(ConfigError, match=r"vae.yaml has the name of another model.*rename"):
        plugins.activate(["mine"])


def test_code_that_fails_on_import_says_so(folder: Path) -> None:
    plugins.activate(["mine"])
    (folder / "mine" / "model" / "bad.py").write_text("import no_such_library\n")
    with pytest.raises(ConfigError, match=r"cannot be imported, ModuleNotFoundError: .*no_such"):
        target_class("mine.model.bad.Bad", "model._target_", "", Model)
    with pytest.raises(ConfigError, match="does not exist"):
        target_class("mine.model.none.Bad", "model._target_", "", Model)


def test_changed_code_of_a_plugin_is_another_run(folder: Path) -> None:
    plugins.activate(["mine"])
    before = config_digest({"model": NODE})
    assert config_digest({"model": NODE}) == before
    (folder / "mine" / "model" / "foo.py").open("a").write("\n# changed\n")
    assert config_digest({"model": NODE}) != before
    assert plugin_digest(["lrec.model.ease.EASE"]) is None


def test_code_that_changed_since_it_was_imported_is_refused(folder: Path) -> None:
    """For the old code would train, and be recorded as the new one."""
    plugins.activate(["mine"])
    file = folder / "mine" / "model" / "foo.py"
    file.open("a").write("\n# before it is imported\n")
    words = ["plugins=[mine]", "model=foo"]
    with composed("train", words, folder):
        before = plugin_digest([FOO])
    (folder / "mine" / "later.py").write_text("# nobody has imported it\n")
    with composed("train", words, folder):
        assert plugin_digest([FOO]) != before
    text = file.read_text()
    file.write_text(f"{text}\n# after it was imported\n")
    with (
        pytest.raises(ConfigError, match=r"^plugin mine has changed since.*restart.*foo.py$"),
        composed("train", words, folder),
    ):
        pass
    changed = plugin_digest([FOO])
    file.write_text(text)
    assert plugin_digest([FOO]) == changed, "the digest of the code that runs"
    with composed("train", words, folder):
        pass


OTHERS = {
    "metric/first": """
from lrec.evaluation.metric import RankingMetric

class First(RankingMetric):
    name = "first"

    def __call__(self, lists, k):
        return lists.hits[:, 0].astype(float)
""",
    "split/newest": """
from lrec.data.split.leave_one_out import LeaveOneOut

class Newest(LeaveOneOut):
    name = "newest"
""",
    "bucket/pairs": """
from lrec.evaluation.bucket import ActivityBucketing

class Pairs(ActivityBucketing):
    name = "pairs"
    names = ("few", "many")

    def __init__(self, edge: int = 5) -> None:
        self.edge = edge

    def edges(self, train, catalogue):
        return [float(self.edge)]
""",
    "feature/counts": """
import numpy as np
from lrec.data.feature import Feature

class CountVectors(Feature):
    name = "counts"

    def __call__(self, split):
        return np.log1p(split.catalogue.popularity)[:, None].astype(np.float32)
""",
    "augment/nothing": """
from lrec.training.augment.none import NoAugmenter

class Nothing(NoAugmenter):
    name = "nothing"
""",
    "dataset/mall": """
from lrec.data.dataset.synthetic import Synthetic

class Mall(Synthetic):
    name = "mall"

    def __init__(self, n_users: int = 200) -> None:
        super().__init__(n_users=n_users, n_items=80)
""",
}
ARGUMENTS = {"bucket/pairs": "edge: 5 # of the few", "dataset/mall": "n_users: 200 # customers"}


def add_others(folder: Path) -> None:
    """A component of every other kind, each of two files."""
    for place, code in OTHERS.items():
        group, name = place.split("/")
        title = code.partition("class ")[2].partition("(")[0]
        several = f"# @package {group}.{name}\n" if group in ("metric", "bucket", "feature") else ""
        target = f"_target_: mine.{group}.{name}.{title}\n"
        for path, text in (
            (f"mine/{place}.py", f"from __future__ import annotations\n{code}"),
            (f"conf/{place}.yaml", f"{several}# Of mine.\n{target}{ARGUMENTS.get(place, '')}\n"),
        ):
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)


LACKING = {
    ("    recency = 1.0", "    # none"): "class Foo has no attribute recency, which ItemItemModel",
    (
        '    name = "foo"',
        "    # none",
    ): "class Foo has no attribute name, which Component asks for: set name = 'foo' in the class",
    ("def item_weights(", "def item_weight("): "class Foo defines neither item_weights nor "
    "weights_of, and ItemItemModel asks for one of them. Received: mine.model.foo.Foo [",
    (".common.item_item import ItemItemModel", " import Model as ItemItemModel"): "class Foo "
    "lacks fit, restore, score, state, which every Model",
}


@pytest.mark.parametrize(("change", "reason"), LACKING.items())
def test_class_that_lacks_what_its_base_asks_for_is_refused_when_it_is_built(
    folder: Path, change: tuple[str, str], reason: str
) -> None:
    """With the class and the attribute, before any data is read."""
    file, conf = folder / "mine" / "model" / "foo.py", folder / "conf" / "model" / "foo.yaml"
    text = file.read_text()
    assert change[0] in text
    file.write_text(text.replace(*change))
    with (
        pytest.raises(ConfigError, match=f"^model: {re.escape(reason)}.*{re.escape(str(conf))}"),
        composed("train", ["plugins=[mine]", "model=foo"], folder),
    ):
        pass


SPACES = {
    "model.neighbors: choice(5,10)": r"no such key \(did you mean model.neighbours\?\)",
    "model.neighbours: choice(5,10": "must be choice.*no viable alternative.*choice\\(5,10",
    "model.neighbours: [5, 10]": "model.neighbours must be choice",
    "model.damping: interval(low,high)": "must be choice.*mismatch type argument start",
    "model.damping: interval(1.0,0.5)": "an interval goes from low to high",
    "model.damping: tag(log,interval(0,1))": "log needs numbers above 0",
    "model.damping: tag(lag,interval(0,1))": "no such tag: lag",
    "model.damping: interval(0.5,1.5)": "model.damping=1.5 is refused: .*between 0 and 1.*yaml",
    "model.neighbours: interval(5,50)": r"model.neighbours=5.62 is refused: .* a whole number",
    "model.neighbours: choice(5,many)": r"model.neighbours=many is refused: .* a whole number",
    "augment: choice(none,some)": r"augment=some is refused: .*some",
    "- model.damping": "must have lines like",
    "model.damping: interval(0,1)\nmodel.damping: choice(1)": "cannot be read: .*duplicate",
    "model.damping: ${seed}": "cannot be read: .*Interpolation",
}


def test_mistakes_in_a_search_space_are_told_with_its_file_before_a_trial(folder: Path) -> None:
    """The others of a space, which fit, are tried with a bad value too."""
    file = folder / "conf" / "search" / "foo.yaml"
    words = ["plugins=[mine]", "candidates=['model=foo model.damping=0.5']"]
    for text, reason in SPACES.items():
        file.write_text(f"{text}\n")
        with (
            composed("tune", words, folder) as call,
            pytest.raises(ConfigError, match=f"^{re.escape(str(file))}.*{reason}") as refused,
        ):
            candidates(call.settings, call.invocation)
        assert "\n" not in str(refused.value)


def test_components_of_every_kind_work_together(folder: Path) -> None:
    add_others(folder)
    chosen = [f"{place.replace('/', '=')}" for place in OTHERS if not place.startswith("metric")]
    words = ("plugins=[mine]", "model=foo", "metric=[ndcg,first]", "k=[10]", *chosen)
    result = train(*words, log=False, verbose=False)
    assert result.metrics.columns.tolist() == ["all", "few", "many", "cold"]
    assert result.metrics.loc["first_at_10", "all"] <= result.metrics.loc["ndcg_at_10", "all"] + 1
    assert result.settings.dataset.name == "mall"


def test_contract_tests_run_on_the_template_and_find_a_broken_file(folder: Path) -> None:
    """Of every kind of component; not those that train often, which take half a minute."""
    add_others(folder)
    words = ["-p", "lrec.testing.plugin_option", "--pyargs", "lrec.testing", "--plugin", "mine"]
    chosen = "yaml or check or search_space or empty_histories_are or name or there_is or metric "
    chosen += "or disjoint or bucketing or feature or augmenter or data_set"
    pytest_run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rsf"]
    (folder / "conf" / "model" / "bar.yaml").write_text(
        "# Of none.\n_target_: mine.model.foo.Foo\n"
    )
    (folder / "mine" / "model" / "baz.py").write_text(
        'from mine.model.foo import Foo\n\nclass Baz(Foo):\n    name = "baz"\n'
    )
    text = (folder / "conf" / "model" / "foo.yaml").read_text()
    (folder / "conf" / "model" / "baz.yaml").write_text(text.replace("foo.Foo", "baz.Baz"))
    pytest_run += ["-k", chosen, "--plugin-set", "model.neighbours=6"]
    ran = subprocess.run([*pytest_run, *words], capture_output=True, text=True, cwd=folder)
    failed = {
        line.split("::")[-1].partition(" ")[0]
        for line in ran.stdout.splitlines()
        if "FAILED" in line
    }
    assert {name for name in failed if "model=bar" not in name} == set(), ran.stdout
    assert "test_name_is_that_of_the_file[model=bar]" in failed, ran.stdout
    assert (
        "neighbours is missing, an argument of the constructor of Foo: neighbours: 100"
        in ran.stdout
    )
    assert "no conf/search/baz.yaml: lrec tune trains it as it is" in ran.stdout
    assert int(re.findall(r"(\d+) passed", ran.stdout)[0]) > 25


def test_template_is_trained_tuned_compared_and_used_outside_the_repository(
    lrec: CommandLine, tiny: Path, folder: Path
) -> None:
    lrec.give_store(folder)
    data = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    word = "plugins=[mine]"
    forgotten = lrec(folder, "train", *data, "model=foo")
    assert (forgotten.rc, "needs plugins=[PACKAGE]" in forgotten.complaint) == (2, True)
    budget = ("trials=2", "confirm_seeds=[]", "workers=2")
    tuned = lrec(folder, "tune", word, *data, "candidates=[foo]", *budget)
    assert (tuned.rc, tuned.err) == (0, "")
    compared = lrec(
        folder, "compare", word, *data, "candidates=[popularity,foo]", "seeds=[1]", "resamples=100"
    )
    assert (compared.rc, compared.err) == (0, "")
    refused = lrec(folder, "recommend", "run=foo", "users=all", "to=lists.csv")
    assert refused.rc == 2
    assert "plugins=[mine]" in refused.complaint
    used = lrec(folder, "recommend", word, "run=foo", "users=all", "to=lists.csv")
    assert (used.rc, used.err) == (0, "")
    assert (folder / "lists.csv").stat().st_size > 1000


def test_installed_plugin_is_compared_without_a_word_and_used_with_it(
    lrec: CommandLine, tiny: Path, folder: Path
) -> None:
    """The command has chosen it, and so reads the runs that it has trained, or found again."""
    install(folder)
    lrec.give_store(folder)
    data = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out", "resamples=100")
    compared = lrec(folder, "compare", *data, "candidates=[popularity,foo]", "seeds=[1]")
    assert (compared.rc, compared.err) == (0, "")
    best = re.findall("the best for all users: (popularity|foo)", compared.out)
    assert f"next, with {best[0]}: lrec recommend 'plugins=[mine]'" in compared.out
    refused = lrec(folder, "compare", "resamples=100")
    assert refused.rc == 2
    assert "plugins=[mine]" in refused.complaint


def test_models_of_the_documentation_can_be_copied(folder: Path, tiny: Path) -> None:
    """docs/plugins.md has a plain model and one that learns from the order."""
    text = (PACKAGE.parent / "docs" / "plugins.md").read_text()
    blocks = re.findall(r"`mine/model/(\w+)\.py`:\n\n```python\n(.*?)```", text, re.S)
    assert [name for name, _ in blocks] == ["by_length", "follows"]
    for name, code in blocks:
        (folder / "mine" / "model" / f"{name}.py").write_text(code)
        title = code.partition("class ")[2].partition("(")[0]
        yaml = f"# Copied.\n_target_: mine.model.{name}.{title}\n"
        keys = {"by_length": "edge: 5", "follows": "power: 0.5\nrecency: 0.7"}[name]
        (folder / "conf" / "model" / f"{name}.yaml").write_text(f"{yaml}{keys}\n")
    data = ("dataset=csv", f"dataset.path={tiny}", "split=leave_one_out")
    by_length, follows = (
        train("plugins=[mine]", f"model={name}", *data, log=False, verbose=False)
        for name, _ in blocks
    )
    split = LeaveOneOut()(CSV(str(tiny)).load())
    rows = [row.tolist() for row in np.split(split.train.item, split.train.offsets[1:-1])]
    times = Counter(pair for row in rows for pair in pairwise(row))
    weights = follows.model.weights.toarray()
    assert {pair: round(weights[pair] ** 2) for pair in times} == times
    assert np.count_nonzero(weights) == len(times)
    short = split.train.lengths <= 5
    counts = np.bincount(split.train.item[short[split.train.row]], minlength=weights.shape[0])
    assert by_length.model.score(Histories.of([[]])).tolist() == [counts.tolist()]


def test_template_is_renamed_by_the_command_of_its_readme(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    (command,) = re.findall(r"^    (grep .*perl.*)$", text, re.M)
    subprocess.run(command, shell=True, check=True, cwd=folder)
    plugins.activate(["yours"])
    assert component_class("model", "foo").__module__ == "yours.model.foo"
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert [path for path in files if re.search(r"\bmine\b", f"{path} {path.read_text()}")] == []


def test_other_processes_are_handed_the_plugins(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a launcher does with its jobs, which may run in another folder."""
    state = pickle.dumps(plugins.activate(["mine"]))
    monkeypatch.setattr(plugins, "_here", plugins.Plugins([], [], set()))
    monkeypatch.setattr(conf, "_added", [])
    sys.path.remove(str(folder))
    monkeypatch.chdir(tmp_path)
    plugins.adopt(pickle.loads(state))
    assert component_class("model", "foo").name == "foo"
