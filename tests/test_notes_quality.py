"""How well notes are read: floors on notes that were written and labelled blind.

Four sets by different hands, 759 asks. Each was blind when it was first measured and was
looked at afterwards; those first figures, lower than today's, stand in `benchmarks/README.md`.
"""

from pathlib import Path

import pytest

from pipeline.cli.shared import build_kinds
from pipeline.home import data_path
from pipeline.notes import NoteReader, from_text, read_notes
from pipeline.notes.hints import Hints
from pipeline.triage import Triage
from tests.notes_scoring import score

CASES = Path(__file__).parent / "cases"
ARTICLE = Path(__file__).resolve().parents[2] / "shared" / "real" / "enshi-2024-article.txt"


@pytest.fixture(scope="module")
def reader(shipped: Triage) -> NoteReader:
    hints = Hints.from_file(data_path("notes.toml"))
    return NoteReader(shipped, build_kinds(shipped.segmenter, hints), hints)


@pytest.mark.parametrize("folder", ["notes", "notes_blind", "notes_fresh", "notes_third"])
def test_asks_are_found_and_sorted(folder: str, reader: NoteReader) -> None:
    figures = score(reader, CASES / folder)
    assert figures.labelled >= 120
    assert figures.recall >= 0.85
    assert figures.precision >= 0.80
    assert figures.category_accuracy >= 0.86


@pytest.mark.parametrize(
    "pasted",
    [
        "一、村口的桥垮了，请来修。\n二、厂里的黑水直接放到沟里。",
        "桥垮了半边",
        "操场的灯坏了\n食堂的饭是冷的",
        "老谭：我屋后头的坎垮了，请人来看下。\n散会。",
    ],
)
def test_a_few_pasted_lines_are_read_as_what_they_are(pasted: str, reader: NoteReader) -> None:
    lines = [line for line in pasted.splitlines() if line != "散会。"]
    assert len(list(reader.asks(from_text(pasted)))) == len(lines)


@pytest.mark.skipif(not ARTICLE.is_file(), reason="../shared/real is not here")
def test_a_report_of_deeds_holds_the_six_wishes_of_one_town(reader: NoteReader) -> None:
    [note] = read_notes(ARTICLE)
    asks = [tagged.ask for tagged in reader.asks(note)]
    [start] = {note.text.index("珠山")}
    assert [a.start > start and a.end < start + 200 for a in asks] == [True] * 6
    kinds = {one.segment.text: one.kind for one in reader.segments(note)}
    [deed] = [text for text in kinds if "河堤" in text]
    [founded] = [text for text in kinds if "互助" in text]
    assert (kinds[deed], kinds[founded]) == ("done", "done")
