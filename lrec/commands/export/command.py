"""A saved model in TensorFlow's formats, with the size, time and lost metrics of each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lrec import __version__
from lrec.base.errors import ConfigError, listed
from lrec.commands.composing import Invocation, location_of
from lrec.commands.export import export_formats
from lrec.commands.export.benchmark import FormatBenchmark, degradation, ranked_by_lrec
from lrec.commands.next_commands import with_model
from lrec.commands.runs.saved import load_model, refuse_changed, split_of
from lrec.commands.settings import RunSettings
from lrec.commands.written_folder import foreign, replaced
from lrec.evaluation.bucket import group_names
from lrec.model import Model
from lrec.reporting.formatting import metric_name, signed
from lrec.reporting.markdown import markdown_table
from lrec.reporting.terminal import Screen, show_warnings
from lrec.training.strategy.cpu import CPU

if TYPE_CHECKING:
    import pandas as pd

ORIGINAL = "lrec"
FACTS, ITEMS, TABLE = "export.json", "items.json", "export.csv"


@dataclass(frozen=True)
class ExportSettings(RunSettings):
    """The root of `conf/export.yaml`: the run's own config, and the formats to write.

    Attributes:
        run: MLflow id of the run.
        formats: the formats to write.
        sample: test users that every format ranks items for, at most.
        folder: the folder to write to, or None for the run folder of the command.
    """

    run: str
    formats: list[str]
    sample: int
    folder: str | None

    file: ClassVar[str] = "conf/export.yaml"

    def __post_init__(self) -> None:
        super().__post_init__()
        options = list(export_formats.FILES)
        if not self.formats or sorted(set(self.formats) & set(options)) != sorted(self.formats):
            raise ConfigError(
                f"formats must be some of {', '.join(options)}. Received: {self.formats}"
            )
        if self.sample < 1:
            raise ConfigError(f"sample must be 1 or more. Received: {self.sample}")
        if (
            self.folder is not None
            and (path := foreign(Path(self.folder).expanduser())) is not None
        ):
            raise ConfigError(
                f"folder holds what no export wrote, or what has changed since, {listed([path])}, "
                f"and it would be lost: name another folder. Received: {self.folder}"
            )


def run(settings: ExportSettings, invocation: Invocation) -> None:
    """Write the formats, evaluate each of them, and log a child run."""
    composed = invocation.config
    screen = Screen()
    show_warnings(screen)
    # first: TensorFlow takes seconds to import
    data = refuse_changed(settings.dataset.load(), settings.run)
    CPU().start()  # in float32, whatever the run was trained in
    model = load_model(settings.run)
    folder = Path(settings.folder).expanduser() if settings.folder else composed.folder / "export"
    name, tags = f"export-{model.name}", {"lrec.command": "export", "lrec.exports": settings.run}
    with settings.tracking.run(name, tags, composed.folder, settings.run) as log:
        log.params({key: composed.values[key] for key in ("bucket", "k", "formats", "sample")})
        split = split_of(settings, model, settings.run, data)
        benchmark = FormatBenchmark(
            model, split, settings.bucket.values(), settings.k, settings.sample
        )
        screen.note(
            f"every format ranks items for {len(benchmark.queries):,} {benchmark.whose} users, "
            "one at a time"
        )
        weights = sum(array.nbytes for array in model.state().values())
        rows = {ORIGINAL: benchmark.measure(ranked_by_lrec(model), weights)}
        with replaced(folder) as unfinished:
            for format in settings.formats:
                path = export_formats.write(model, format, unfinished)
                rows[format] = benchmark.measure(
                    export_formats.read(path), export_formats.size(path)
                )
                rows[format] |= degradation(rows[ORIGINAL], rows[format])
            describe(unfinished, settings, model, rows)
        for format, values in rows.items():
            log.metrics({f"{format}/{key}": value for key, value in values.items()})
        tables = compared(rows, settings)
        texts = {t: markdown_table([*map(str, frame)], frame.values) for t, frame in tables.items()}
        log.describe("\n\n".join(f"{title}:\n\n{text}" for title, text in texts.items()))
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            log.file(path, Path("export", path.parent.relative_to(folder)).as_posix())
    for title, table in tables.items():
        screen.note(f"\n{title}")
        screen.rows(table)
    screen.note(f"\nfolder: {folder}")
    screen.note(log.location)
    screen.commands("next", *following(settings, folder, location_of(invocation.config)))


def following(
    settings: ExportSettings, folder: Path, location: Mapping[str, Any]
) -> list[list[str]]:
    """Commands that use what was written, or the model as it is."""
    used = with_model(settings.run, location=location)
    path = folder / export_formats.FILES["savedmodel"]
    if "savedmodel" not in settings.formats:
        return used
    show = ["saved_model_cli", "show", "--dir", str(path), "--tag_set", "serve"]
    return [[*show, "--signature_def", export_formats.SIGNATURE], *used]


def compared(
    rows: Mapping[str, Mapping[str, float]], settings: ExportSettings
) -> dict[str, pd.DataFrame]:
    """Tables of the formats by bucket, a title each."""
    groups = group_names(settings.bucket.values())
    metrics = (f"recall_at_{max(settings.k)}", f"ndcg_at_{min(settings.k)}")
    words = "by bucket, and how it differs from lrec's own"
    return {f"{metric_name(m)} {words}": shown(rows, m, groups) for m in metrics}


def describe(
    folder: Path, settings: ExportSettings, model: Model, rows: Mapping[str, Mapping[str, float]]
) -> None:
    """Write the item of each code, and the metrics of the formats."""
    import pandas as pd

    catalogue = model.catalogue
    items: dict[str, Any] = {"ids": catalogue.ids[: catalogue.n_items].tolist()}
    if catalogue.features.titles is not None:
        items["titles"] = catalogue.features.titles[: catalogue.n_items].tolist()
    (folder / ITEMS).write_text(json.dumps(items), encoding="utf-8")
    facts = {"lrec": __version__, "run": settings.run, "model": model.name, "formats": rows}
    (folder / FACTS).write_text(json.dumps(facts, indent=1))
    table = pd.DataFrame([{"format": format, **values} for format, values in rows.items()])
    table.to_csv(folder / TABLE, index=False)


def shown(
    rows: Mapping[str, Mapping[str, float]], metric: str, groups: Sequence[str]
) -> pd.DataFrame:
    """Compare the formats in a table for a terminal."""
    import pandas as pd

    def cell(values: Mapping[str, float], group: str) -> str:
        name = f"{metric}/{group}"
        if name not in values:
            return "–"
        change = values[name] - rows[ORIGINAL][name]
        return f"{values[name]:.4f}" + ("" if values is rows[ORIGINAL] else f" {signed(change)}")

    return pd.DataFrame(
        [
            {
                "format": format,
                "size": f"{values['bytes'] / 1e6:.2f} MB",
                "p50": f"{values['p50_ms']:.1f} ms",
                **{group: cell(values, group) for group in groups},
            }
            for format, values in rows.items()
        ]
    )
