"""What several commands do alike: reading data files, finding or building the model."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import registry
from pipeline.corpus import LabelledMessage, read_labelled
from pipeline.gazetteer import Gazetteer
from pipeline.home import data_path, models_dir
from pipeline.model import Model
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy
from pipeline.triage import Triage, assemble, load_segmenter

# What only training and notes need is imported by what needs it: a start should be quick.
if TYPE_CHECKING:
    from pipeline.notes import NoteReader
    from pipeline.notes.hints import Hints

DEFAULT = "default"
KINDS = "kinds"

model_option = click.option(
    "--model", "name", default=None, metavar="NAME",
    help="用哪个模型；不写就用在用的（wuwei models list）。",
)  # fmt: skip


def say(line: str) -> None:
    """Tell the operator something without touching the data on standard output."""
    click.echo(line, err=True)


def chosen(name: str | None) -> str:
    """Return the name of the model to use: the one named, else the one that serves."""
    return name or registry.serving_name(models_dir())


def load_triage(name: str | None) -> Triage:
    """Return the flow with a model (`chosen`); the default one is built where it is missing."""
    name = chosen(name)
    if name == DEFAULT and name not in registry.names(models_dir()):
        say("还没有默认模型，先用 corpora/ 训练一个（约一分钟）……")
        segmenter = load_shipped_segmenter()
        build_default(segmenter, seed=0)
        return assemble(registry.load(models_dir(), name), segmenter)
    return assemble(registry.load(models_dir(), name))


def load_note_reader(name: str | None) -> "NoteReader":
    """Return the reader of notes with the named model; the model of kinds is built if missing."""
    from pipeline.notes import NoteReader
    from pipeline.notes.hints import Hints

    triage, hints = load_triage(name), Hints.from_file(data_path("notes.toml"))
    if KINDS not in registry.names(models_dir()):
        say("还没有会议记录的段落模型，先用 corpora/segments 训练一个……")
        build_kinds(triage.segmenter, hints)
    return NoteReader(triage, registry.load(models_dir(), KINDS), hints)


def build_kinds(segmenter: Segmenter, hints: "Hints") -> Model:
    """Train the model of what a note's segments are from the shipped segments and save it."""
    from pipeline.notes.kinds import train_kinds

    segments = read_labelled([data_path("segments")])
    kinds = train_kinds(segments, segmenter, name=KINDS, shares=hints.shares)
    registry.save(kinds, models_dir())
    return kinds


def load_shipped_segmenter() -> Segmenter:
    """Return the segmenter with the lexicon and gazetteer in use."""
    return load_segmenter(Gazetteer.from_file(data_path("gazetteer.csv")))


def build_default(segmenter: Segmenter, *, seed: int) -> Model:
    """Train the default model from the shipped corpus and save it."""
    from pipeline.training import train

    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    messages = read_shipped_corpus()
    model = train(messages, taxonomy, segmenter, name=DEFAULT, seed=seed, progress=say)
    registry.save(model, models_dir())
    return model


def read_shipped_corpus() -> list[LabelledMessage]:
    """Return the messages of `corpora/messages`, checked against the taxonomy in use."""
    return read_labelled([data_path("messages")], Taxonomy.from_file(data_path("taxonomy.toml")))


def as_paths(names: tuple[str, ...]) -> list[Path]:
    """Turn command line arguments into paths."""
    return [Path(name).expanduser() for name in names]
