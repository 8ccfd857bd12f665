"""What one message costs, step by step, beside jieba's segmentation of the same messages.

    python benchmarks/message.py [FILE.csv COLUMN]

Times `Triage.triage` for single messages (repair, segmentation, category, topic, evidence,
department, place, urgency) and its steps. Without arguments it reads the shipped corpus;
with a csv and a column, real messages. It uses the model `default` (`wuwei train`).

Figures are ratios to jieba's segmentation alone; milliseconds are of this machine.
"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.reading import read_texts
from pipeline import load_triage
from pipeline.documents import read_document
from pipeline.home import cache_dir
from pipeline.records import Document, Prediction
from pipeline.segmenter import make_tokenizer

ROUNDS = 3
MOST = 1000


def times(work: Callable[..., Any], inputs: Sequence[tuple[Any, ...]]) -> np.ndarray:
    """Seconds of every call, the best of some rounds each."""
    rounds = []
    for _ in range(ROUNDS):
        seconds = []
        for arguments in inputs:
            start = time.perf_counter()
            work(*arguments)
            seconds.append(time.perf_counter() - start)
        rounds.append(seconds)
    return np.min(rounds, axis=0)


def main() -> None:
    triage = load_triage()
    texts = read_texts(sys.argv[1:])[:MOST]
    documents = [d for t in texts if isinstance(d := read_document(t, triage.segmenter), Document)]
    predictions: list[Prediction] = triage.model.predict(documents)
    jieba = make_tokenizer(triage.router.gazetteer.words, cache_dir())
    segmenting = times(jieba.lcut, [(d.text,) for d in documents])
    cutting = times(triage.segmenter.cut, [(d.text,) for d in documents])
    reading = times(lambda raw: read_document(raw, triage.segmenter), [(d.raw,) for d in documents])
    deciding = times(lambda d: triage.model.predict([d]), [(d,) for d in documents])
    routing = times(triage.router.route, list(zip(documents, predictions, strict=True)))
    whole = times(triage.triage, [(d.raw,) for d in documents])
    characters = np.mean([len(d.text) for d in documents])
    print(f"{len(documents)} messages, {characters:.0f} characters on average")
    print("| step | × segmentation | median ms | 95th percentile ms |\n|---|---|---|---|")
    for name, seconds in (
        ("segmentation (jieba, HMM)", segmenting),
        ("segmentation as in use", cutting),
        ("reading: repair, segmentation, personal data", reading),
        ("category, topic, department, evidence", deciding),
        ("routing: places, addressees, rules, level, urgency", routing),
        ("the whole message", whole),
    ):
        ratio = seconds.sum() / segmenting.sum()
        middle, high = np.percentile(seconds * 1000, [50, 95])
        print(f"| {name} | {ratio:.2f} | {middle:.2f} | {high:.2f} |")
    share = routing.sum() / (reading.sum() + deciding.sum())
    print(f"\nrouting adds {share:.0%} to reading and classifying")


if __name__ == "__main__":
    main()
