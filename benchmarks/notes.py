"""How long meeting notes take, and how much memory: 500 pages, as one file and as 500.

    python benchmarks/notes.py [PAGES]

A page holds 600 characters (a printed A4 page of minutes holds 500–700), put together from the
whole notes of the corpus in another order; speakers and numbers are changed, so that hardly a
sentence occurs twice. Measured is `wuwei notes` as a user runs it: start-up, reading, tagging
and writing. The peer is jieba cutting the same text once.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import jieba

from benchmarks.same_complaint import TOWNS
from tests.word_files import p, write_docx

ROOT = Path(__file__).resolve().parents[1]
PAGES, PAGE = 500, 600
_PEAK = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024); sys.exit(code)"
)


def pages(count: int) -> Iterator[list[str]]:
    """Yield pages of paragraphs."""
    rows = [
        json.loads(line)["text"]
        for path in sorted((ROOT / "corpora" / "segments").glob("sn*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    rng = random.Random(0)
    for number in range(count):
        page, length = [f"{rng.choice(TOWNS)}第{number + 1}次院坝夜话记录"], 0
        while length < PAGE:
            text = f"{rng.choice(rows)}（{rng.randrange(10_000)}号）"
            page.append(text)
            length += len(text)
        yield page


def measure(files: list[Path], output: Path) -> tuple[float, int]:
    """Return seconds and the peak memory in MB of `wuwei notes`."""
    command = [str(Path(sys.executable).with_name("wuwei")), "notes", *map(str, files)]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, *command, "-o", str(output)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return time.perf_counter() - start, int(done.stdout.split()[-1])


def main() -> None:
    """Print one line a way of keeping the notes."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else PAGES
    made = list(pages(count))
    jieba.initialize()
    start = time.perf_counter()
    for page in made:
        jieba.lcut("\n".join(page))
    peer = time.perf_counter() - start
    print("| notes | pages | seconds | × jieba | peak MB | asks |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few = [folder / f"few-{i}.txt" for i in range(max(1, count // 10))]
        many = [folder / f"many-{i}.txt" for i in range(count)]
        for path, page in [*zip(few, made, strict=False), *zip(many, made, strict=True)]:
            path.write_text("\n".join(page), "utf-8")
        body = "".join(
            p(text.replace("&", "＆").replace("<", "＜")) for page in made for text in page
        )
        book = write_docx(folder / "book.docx", body)
        for label, files, size in (
            ("txt, a page each", few, len(few)),
            ("txt, a page each", many, count),
            ("one docx", [book], count),
        ):
            output = folder / "asks.csv"
            seconds, peak = measure(files, output)
            asks = sum(1 for _ in output.open(encoding="utf-8-sig")) - 1
            print(f"| {label} | {size} | {seconds:.1f} | {seconds / peer:.1f} | {peak} | {asks} |")


if __name__ == "__main__":
    main()
