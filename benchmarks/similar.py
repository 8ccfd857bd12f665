"""How long it takes to find earlier submissions that ask for the same, as they grow in number.

    python -m benchmarks.similar [ROWS]

Two thousand submissions are kept as the service keeps them; then the tables are doubled, with new
ids and band hashes drawn at random (as those of other messages are), until ROWS stand there (a
million without a number). Asked is for 500 messages that were kept, each with words left out.
The peer is the same question while only the first submissions stand there.
"""

import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.reading import read_texts
from pipeline import TaggedItem, load_triage
from service.similar import bands_of, find_similar
from service.store import NewSubmission, Store, open_store

FIRST, ASKED = 2_000, 500
_COLUMNS = (
    "version, month, county, place, category, department, suggested_category, "
    "suggested_department, confidence, needs_review, priority, kind, model, source, station, "
    "external_id, text, suggestion"
)


def keep(store: Store, texts: list[str]) -> None:
    """Keep the first submissions."""
    for tagged in load_triage().pipe(("", text) for text in texts):
        if isinstance(tagged, TaggedItem):
            item = tagged.to_dict()
            new = NewSubmission(suggestion=item, source="web", bands=bands_of(item["text"]))
            store.add(new)


def grow(path: Path, rows: int) -> int:
    """Double both tables until they hold so many submissions; return how many."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA synchronous = OFF")
        while True:
            [[count, last]] = database.execute("SELECT count(*), max(number) FROM submissions")
            if count >= rows:
                return int(count)
            database.execute(
                f"INSERT INTO submissions (number, id, {_COLUMNS}) SELECT number + {last}, "
                f"lower(hex(randomblob(13))), {_COLUMNS} FROM submissions"
            )
            database.execute(
                "INSERT INTO submission_bands (band, number) SELECT random() AS band, "
                f"number + {last} FROM submission_bands ORDER BY band"
            )
            database.commit()


def ask(store: Store, texts: list[str]) -> tuple[list[float], int]:
    """Return the seconds of every question, and how many found what was kept."""
    rng, times, found = random.Random(0), [], 0
    for text in texts:
        cut = rng.randrange(max(1, len(text) - 8))
        question = text[:cut] + text[cut + 4 :]
        start = time.perf_counter()
        similar = find_similar(store, question, "", limit=5)
        times.append(time.perf_counter() - start)
        found += bool(similar)
    return sorted(times), found


def main() -> None:
    """Print a line for the first submissions and one for all."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    texts = read_texts([])[:FIRST]
    print("| submissions | p50 ms | p99 ms | found of those asked for |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        for size in (0, rows):
            with open_store(f"sqlite:///{path}") as store:
                if not size:
                    keep(store, texts)
                count = grow(path, size)
                times, found = ask(store, texts[:ASKED])
            p50, p99 = (1000 * times[int(share * len(times))] for share in (0.5, 0.99))
            print(f"| {count:,} | {p50:.2f} | {p99:.2f} | {found} of {ASKED} |", flush=True)


if __name__ == "__main__":
    main()
