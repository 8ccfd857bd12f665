"""What the notebooks share: the file to work on, where results go, and a font for the plots.

Whatever is worth a test of its own belongs in `pipeline`; here is only what five notebooks
would otherwise repeat.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown, display
from matplotlib import font_manager

from pipeline.audit import LabelledRow, read_rows, write_rows
from pipeline.corpus import LabelledMessage, read_labelled
from pipeline.departments import Departments
from pipeline.gazetteer import Gazetteer
from pipeline.home import data_path, home
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy
from pipeline.triage import load_segmenter

# A notebook takes about this many rows of its file instead of all: for tests, and to try out.
ROWS = "WUWEI_NOTEBOOK_ROWS"
# The font for plots; empty: none, plots then say things in ASCII.
FONT = "WUWEI_NOTEBOOK_FONT"
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei", "SimHei",
    "PingFang SC", "Hiragino Sans GB", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "Noto Sans CJK JP", "SimSun",
)  # fmt: skip


@dataclass(frozen=True)
class Corpus:
    """A labelled file as the notebooks work on it.

    Attributes:
        path: one file that holds the rows: the analyst's own, or a copy of the shipped ones.
        taxonomy: the shipped one where it knows every category, else that of the file.
    """

    path: Path
    messages: list[LabelledMessage]
    taxonomy: Taxonomy


def open_corpus(file: str | None, *, fewest: int = 1) -> Corpus:
    """Open an analyst's labelled file, or the shipped corpus where none is named.

    Args:
        fewest: categories with fewer messages are left out, and named beneath the cell.

    Raises:
        DataFileError: as `pipeline.corpus.read_labelled`.
    """
    path = _one_file(Path(file).expanduser() if file else None)
    messages, shipped = read_labelled([path]), Taxonomy.from_file(data_path("taxonomy.toml"))
    if {m.category for m in messages} <= set(shipped.categories):
        return Corpus(path, _without_rare(read_labelled([path], shipped), fewest), shipped)
    # Topics belong to the categories of the shipped taxonomy, and mean nothing beside others.
    messages = [replace(m, topic=None) for m in _without_rare(messages, fewest)]
    return Corpus(path, messages, Taxonomy.from_labels(m.category for m in messages))


def segmenter() -> Segmenter:
    """Return the segmenter with the lexicon and the place names in use."""
    return load_segmenter(Gazetteer.from_file(data_path("gazetteer.csv")))


def department_names() -> dict[str, str]:
    """Return department code → what it does."""
    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    departments = Departments.from_file(data_path("departments.toml"), taxonomy)
    return {department.code: department.name for department in departments.by_code.values()}


def results() -> Path:
    """Return the folder that notebooks write to, below the home."""
    folder = home() / "notebooks" / "output"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def prepare_plots() -> None:
    """Set a font that has Chinese, where one is installed, and sizes that fit a page."""
    font = chinese_font()
    family = [font, "DejaVu Sans"] if font else ["DejaVu Sans"]
    plt.rcParams.update(
        {
            "font.family": family,
            "axes.unicode_minus": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "figure.figsize": (9, 4),
            "figure.autolayout": True,
        }
    )
    pd.set_option("display.max_colwidth", 90, "display.max_rows", 60, "display.precision", 3)


def chinese_font() -> str | None:
    """Return the name of an installed font that has Chinese, or None."""
    named = os.environ.get(FONT)
    if named is not None:
        return named or None
    installed = set(font_manager.get_font_names())
    return next((font for font in CHINESE_FONTS if font in installed), None)


def say(chinese: str, ascii: str) -> str:
    """Return what a plot can show: the Chinese, or ASCII where no font has it."""
    return chinese if chinese_font() else ascii


def labels(names: Mapping[str, str]) -> dict[str, str]:
    """Return code → what a plot can show for it; a table explains what is not its name."""
    if chinese_font():
        return dict(names)
    shown = {c: c if c.isascii() else f"#{i}" for i, c in enumerate(names, 1)}
    display(pd.DataFrame({"图中": shown.values(), "名称": names.values()}))
    return shown


def _without_rare(messages: Sequence[LabelledMessage], fewest: int) -> list[LabelledMessage]:
    counts = Counter(m.category for m in messages)
    rare = {category: n for category, n in counts.items() if n < fewest}
    if rare:
        listed = "、".join(f"{category}（{n} 条）" for category, n in rare.items())
        display(Markdown(f"不到 {fewest} 条、这里不用的类别：{listed}。"))
    return [m for m in messages if m.category not in rare]


def _one_file(path: Path | None) -> Path:
    """Return the file itself, or a copy of the rows that are wanted."""
    every = _rows_wanted()
    if path is not None and every is None:
        return path
    files = [path] if path else sorted(data_path("messages").glob("*.jsonl"))
    rows = [row for file in files for row in read_rows(file)]
    kept = rows if every is None else rows[:: max(1, len(rows) // every)]
    copy = results() / f"{path.stem if path else 'corpus'}.jsonl"
    write_rows(copy, [_fields(row) for row in kept])
    return copy


def _rows_wanted() -> int | None:
    wanted = os.environ.get(ROWS, "")
    return int(wanted) if wanted else None


def _fields(row: LabelledRow) -> dict[str, Any]:
    """Give the row its id: its number is another in the copy."""
    return {"id": row.message.id, **row.fields}
