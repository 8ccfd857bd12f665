"""What reading a message costs: repair and masking against segmentation, in the same run.

    python benchmarks/reading.py [FILE.csv COLUMN]

Without arguments the shipped corpus is read. Only messages that need no repair are timed:
that is what nearly all messages are, and what a repair may not make slower.
"""

import csv
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline.masking import find_sensitive
from pipeline.normalise import PLAN, normalise
from pipeline.segmenter import make_tokenizer

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 3


def read_texts(arguments: Sequence[str]) -> list[str]:
    if arguments:
        path, column = arguments
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            return [row[column] for row in csv.DictReader(file)]
    paths = sorted((ROOT / "corpora/messages").glob("*.jsonl"))
    return [json.loads(line)["text"] for path in paths for line in path.open(encoding="utf-8")]


def seconds(work: Callable[[str], object], texts: Sequence[str]) -> float:
    """The best of some rounds over all texts, in seconds."""

    def once() -> float:
        start = time.perf_counter()
        for text in texts:
            work(text)
        return time.perf_counter() - start

    return min(once() for _ in range(ROUNDS))


def main() -> None:
    texts = read_texts(sys.argv[1:])
    clean = [text for text in texts if not normalise(text).repairs]
    with tempfile.TemporaryDirectory() as folder:
        peer = seconds(make_tokenizer((), Path(folder)).lcut, clean)
    characters = sum(map(len, clean))
    print(f"{len(clean)} clean messages of {len(texts)}, {characters} characters")
    print(f"{'segmentation (jieba, HMM)':<28} 1.000   {characters / peer / 1e3:.0f} characters/ms")
    print(f"{'text doctor':<28} {seconds(normalise, clean) / peer:.3f}")
    for name, fix in PLAN:
        print(f"  {name:<26} {seconds(fix.find, clean) / peer:.3f}")
    print(f"{'finding personal data':<28} {seconds(find_sensitive, clean) / peer:.3f}")


if __name__ == "__main__":
    main()
