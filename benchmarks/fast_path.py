"""The whole way and its parts against what people build first, interleaved in one run.

    python benchmarks/fast_path.py [FILE.csv COLUMN]

Without arguments the shipped corpus is read; it uses the model in use (`wuwei train`). The
peers are trained on messages of the corpus: jieba and scikit-learn (words 1-2, characters 2-4,
logistic regression), the same with rjieba, and fastText on rjieba's words; the last two where
`pip install rjieba fasttext-numpy2` was done, nothing else needs them. Everyone sees every text
once, in slices that take turns. Throughput is told by processor time, which other programs on
the machine disturb least; latency, threads and starting by the clock.
"""

import os
import platform
import random
import resource
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, make_pipeline

from benchmarks.reading import read_texts
from pipeline import load_triage
from pipeline.cli.shared import read_shipped_corpus
from pipeline.corpus import LabelledMessage
from pipeline.home import home
from pipeline.triage import Triage

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jieba
try:
    import rjieba
except ImportError:
    rjieba = None
try:
    import fasttext
except ImportError:
    fasttext = None

ROOT = Path(__file__).resolve().parents[1]
SLICE = 64
TRAINED_ON = 4000
ROUNDS = 7
STARTS = 5
SENTENCE = "村里的污水直接排到河里，臭得很，请派人来管"
DAMAGED = "反映，浣犲ソ涓栫晫"
RESIDENT = f"""
from pipeline import load_triage
load_triage().triage({SENTENCE!r})
print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmRSS')))
"""

Work = Callable[[Sequence[str]], object]


def train_union(cut: Callable[[str], list[str]], messages: Sequence[LabelledMessage]) -> Any:
    """The recipe of many a municipality: two TF-IDF views and a logistic regression."""
    words = TfidfVectorizer(analyzer=lambda text: with_pairs(cut(text)), min_df=2)
    characters = TfidfVectorizer(analyzer="char", ngram_range=(2, 4), min_df=2)
    union = FeatureUnion([("words", words), ("characters", characters)])
    model = make_pipeline(union, LogisticRegression(max_iter=30, tol=1e-2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # how well it fits is not measured here
        return model.fit([m.text for m in messages], [m.category for m in messages])


def with_pairs(words: list[str]) -> list[str]:
    return words + [f"{a} {b}" for a, b in pairwise(words)]


def train_fasttext(messages: Sequence[LabelledMessage]) -> Any:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        for message in messages:
            file.write(f"__label__{message.category} {words_of(message.text)}\n")
        file.flush()
        return fasttext.train_supervised(file.name, wordNgrams=2, epoch=10, verbose=0)


def words_of(text: str) -> str:
    return " ".join(rjieba.cut(text)).replace("\n", " ")


def peers(messages: Sequence[LabelledMessage]) -> dict[str, Work]:
    naive = train_union(jieba.lcut, messages)
    found: dict[str, Work] = {
        "jieba + scikit-learn, row by row": lambda part: [naive.predict([t]) for t in part]
    }
    if rjieba:
        quick = train_union(rjieba.cut, messages)
        found["rjieba + scikit-learn, row by row"] = lambda part: [quick.predict([t]) for t in part]
    if rjieba and fasttext:
        fast = train_fasttext(messages)
        found["rjieba + fastText, row by row"] = lambda part: [
            fast.predict(words_of(t)) for t in part
        ]
    return found


def ours(triage: Triage) -> dict[str, Work]:
    def in_batches(size: int) -> Work:
        return lambda part: [
            triage.model.classify(part[i : i + size], triage.segmenter).argmax(axis=1)
            for i in range(0, len(part), size)
        ]

    return {
        "ours, category only, one by one": in_batches(1),
        "ours, category only, batches of 32": in_batches(32),
        f"ours, category only, batches of {SLICE}": in_batches(SLICE),
        "ours, everything, one by one": lambda part: [triage.triage(t) for t in part],
        f"ours, everything, batches of {SLICE}": lambda part: list(
            triage.pipe(("", text) for text in part)
        ),
    }


def take_turns(workers: dict[str, Work], texts: Sequence[str]) -> dict[str, float]:
    """Processor seconds of every worker; each slice starts with another of them."""
    spent, names = dict.fromkeys(workers, 0.0), list(workers)
    for turn, start in enumerate(range(0, len(texts), SLICE)):
        part = texts[start : start + SLICE]
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            began = time.process_time()
            workers[name](part)
            spent[name] += time.process_time() - began
    return spent


def report_throughput(spent: dict[str, float], n: int) -> None:
    slowest, fast = next(iter(spent.values())), spent.get("rjieba + fastText, row by row")
    print("| | µs a text | × naive | × rjieba + fastText |\n|---|---|---|---|")
    for name, seconds in spent.items():
        beside = f"{fast / seconds:.1f}" if fast else "–"
        print(f"| {name} | {seconds / n * 1e6:.0f} | {slowest / seconds:.1f} | {beside} |")


def report_latency(triage: Triage, texts: Sequence[str]) -> None:
    for clock in (time.perf_counter, time.process_time):
        seconds = []
        for text in texts:
            began = clock()
            triage.triage(text)
            seconds.append(clock() - began)
        middle, high = np.percentile(np.array(seconds) * 1e3, [50, 99])
        kind = "by the clock" if clock is time.perf_counter else "processor time"
        print(f"| one suggestion, everything on, {kind} | p50 {middle:.2f} ms, p99 {high:.2f} ms |")


def report_threads(triage: Triage, texts: Sequence[str]) -> None:
    """One thread and two in turns over the same model, best of some rounds."""
    work: dict[str, Work] = {
        "category only": lambda part: triage.model.classify(part, triage.segmenter),
        "everything": lambda part: list(triage.pipe(("", text) for text in part)),
    }
    halves = [texts[::2], texts[1::2]]
    with ThreadPoolExecutor(2) as pool:
        for name, each in work.items():
            alone, together = [], []
            for _ in range(ROUNDS):
                alone.append(by_the_clock(lambda each=each: [each(half) for half in halves]))
                together.append(by_the_clock(lambda each=each: list(pool.map(each, halves))))
            print(f"| two threads, {name} | {min(alone) / min(together):.2f} × one |")


def by_the_clock(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def report_starting(triage: Triage) -> None:
    command = [str(Path(sysconfig.get_path("scripts")) / "wuwei"), "suggest", SENTENCE]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    clock = [by_the_clock(lambda: run(command)) for _ in range(STARTS)]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / STARTS
    print(f"| `wuwei suggest`, cold | {min(clock):.2f} s, processor time {busy:.2f} s |")
    resident = int(run([sys.executable, "-c", RESIDENT])) / 1e3
    print(f"| resident after one suggestion | {resident:.0f} MB |")
    folder = home() / "models" / triage.model.name
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    print(f"| model directory | {size:.1f} MB |")


def run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def commit() -> str:
    head = (ROOT / ".git/HEAD").read_text().strip().removeprefix("ref: ")
    path = ROOT / ".git" / head
    return (path.read_text().strip() if path.is_file() else head)[:8]


def main() -> None:
    triage = load_triage()
    texts = list(dict.fromkeys(t for t in read_texts(sys.argv[1:]) if t.strip()))
    random.Random(0).shuffle(texts)
    messages = random.Random(0).sample(read_shipped_corpus(), TRAINED_ON)
    names = ["numpy", "scikit-learn", "jieba", *(["rjieba"] if rjieba else [])]
    names += ["fasttext-numpy2"] if fasttext else []
    print(
        f"Commit {commit()}, Python {platform.python_version()},"
        f" {', '.join(f'{n} {version(n)}' for n in names)};"
        f" {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n\n"
        f"{len(texts)} texts, {sum(map(len, texts)) / len(texts):.0f} characters on average\n"
    )
    workers = peers(messages) | ours(triage)
    for work in workers.values():
        work([SENTENCE, DAMAGED])  # dictionaries are read at the first text that needs them
    report_throughput(take_turns(workers, texts), len(texts))
    print("\n| | |\n|---|---|")
    began = time.process_time()
    triage.model.classify(texts, triage.segmenter)
    whole = (time.process_time() - began) / len(texts)
    print(f"| category only, one batch of {len(texts)} | {whole * 1e6:.0f} µs a text |")
    report_latency(triage, texts[:2000])
    report_threads(triage, texts)
    report_starting(triage)


if __name__ == "__main__":
    main()
