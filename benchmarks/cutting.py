"""Cutting into words: the compiled kernel, jieba and rjieba side by side in one run.

    python benchmarks/cutting.py [FILE.csv COLUMN]

Without arguments the shipped corpus is read. Each text is cut once by each of them, in
slices that take turns, so that no cache is warm and no cutter gets the quiet minute. Each
must give its words as a list of strings, except for the lines that say `boundaries`.
`pip install rjieba` for its line; nothing else needs it.
"""

import os
import platform
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from benchmarks.reading import read_texts
from pipeline.home import data_path
from pipeline.kernel import Cutter, Tables, build_tables
from pipeline.segmenter import make_tokenizer, read_lexicon

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import jieba
    import jieba.finalseg

try:
    import rjieba
except ImportError:
    rjieba = None

SLICE = 100
RARE = 20_000
ROUNDS = 20

Cut = Callable[[list[str]], object]


def lexical_tokenizer(folder: Path) -> jieba.Tokenizer:
    lexicon = read_lexicon(data_path("lexicon.txt"))
    return make_tokenizer(lexicon, folder)


def one_by_one(cut: Callable[[str], object]) -> Cut:
    return lambda texts: [cut(text) for text in texts]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def take_turns(cutters: dict[str, Cut], texts: Sequence[str]) -> dict[str, float]:
    """Time every cutter on every slice; each slice starts with another of them."""
    spent = dict.fromkeys(cutters, 0.0)
    names = list(cutters)
    for turn, start in enumerate(range(0, len(texts), SLICE)):
        part = list(texts[start : start + SLICE])
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            spent[name] += seconds(lambda name=name, part=part: cutters[name](part))
    return spent


def rare_run(tokenizer: jieba.Tokenizer) -> str:
    """Characters no dictionary knows: where jieba's own Viterbi is quadratic."""
    unknown = [chr(c) for c in range(0x4E00, 0x9FD6) if chr(c) not in tokenizer.FREQ]
    return "".join(unknown[i * 7919 % len(unknown)] for i in range(RARE))


def report_loading(tokenizer: jieba.Tokenizer, folder: Path) -> Cutter:
    built: list[Tables] = []
    print(f"building the tables      {seconds(lambda: built.append(build(tokenizer))):6.2f} s")
    built[0].save(folder)
    size = sum(path.stat().st_size for path in folder.glob("*.npy")) / 1e6
    loaded: list[Cutter] = []
    spent = seconds(lambda: loaded.append(Cutter(Tables.load(folder))))
    print(f"loading them ({size:.1f} MB)   {spent * 1e3:6.1f} ms\n")
    return loaded[0]


def build(tokenizer: jieba.Tokenizer) -> Tables:
    return build_tables(tokenizer, jieba.finalseg)


def report_speed(cutters: dict[str, Cut], texts: Sequence[str]) -> None:
    spent = take_turns(cutters, texts)
    characters = sum(map(len, texts))
    for name, taken in spent.items():
        print(
            f"{name:<24} {spent['jieba'] / taken:6.1f} × jieba"
            f" {taken / characters * 1e9:8.1f} ns a character"
        )


def report_differences(tokenizer: jieba.Tokenizer, cutter: Cutter, texts: Sequence[str]) -> None:
    expected = [tokenizer.lcut(text) for text in texts]
    different = sum(cutter.cut(t) != words for t, words in zip(texts, expected, strict=True))
    print(f"\ntexts cut otherwise than by jieba: kernel {different} of {len(texts)}", end="")
    if rjieba:  # it knows no lexicon, so its peer is jieba without one
        with tempfile.TemporaryDirectory() as folder:
            plain = make_tokenizer([], Path(folder))
        print(f", rjieba {sum(rjieba.cut(text) != plain.lcut(text) for text in texts)}", end="")
    print()


def report_threads(cutter: Cutter, texts: Sequence[str]) -> None:
    """One thread and two in turns, best of some rounds: the kernel itself caches nothing."""
    halves = [texts[::2], texts[1::2]]
    alone, together = [], []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(ROUNDS):
            alone.append(seconds(lambda: [cutter.boundaries(half) for half in halves]))
            together.append(seconds(lambda: list(pool.map(cutter.boundaries, halves))))
    print(f"two threads: {min(alone) / min(together):.2f} × one")


def main() -> None:
    texts = read_texts(sys.argv[1:])
    libraries = ["numpy", "jieba", *(["rjieba"] if rjieba else [])]
    print(
        f"Python {platform.python_version()}, {', '.join(f'{n} {version(n)}' for n in libraries)};"
        f" {platform.machine()}, {os.cpu_count()} cores\n"
        f"{len(texts)} texts, {sum(map(len, texts)) / len(texts):.0f} characters on average"
    )
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = lexical_tokenizer(Path(folder))
        cutter = report_loading(tokenizer, Path(folder) / "tables")
        cutters = {
            "jieba": one_by_one(tokenizer.lcut),
            "kernel, words": one_by_one(cutter.cut),
            "kernel, boundaries": cutter.boundaries,
        }
        if rjieba:
            rjieba.cut("先装词典")
            cutters["rjieba"] = one_by_one(rjieba.cut)
        report_speed(cutters, texts)
        report_differences(tokenizer, cutter, texts)
        report_threads(cutter, texts)
        rare = rare_run(tokenizer)
        print(
            f"{RARE:,} rare characters: {seconds(lambda: cutter.cut(rare)) * 1e3:.1f} ms,", end=""
        )
        print(f" jieba {seconds(lambda: tokenizer.lcut(rare)) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
