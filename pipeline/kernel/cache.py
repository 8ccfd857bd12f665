"""Tables kept on disk between runs, so that only the first start on a machine builds them."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipeline.errors import ModelError
from pipeline.kernel.tables import LAYOUT, Tables

# Tables of other dictionaries that are kept: checkouts and homes on one machine take turns.
KEPT = 4


def cached_tables(folder: Path, key: str, build: Callable[[], Tables]) -> Tables:
    """Return the tables of a key, mapped from a private folder; built and saved if missing.

    What is damaged is built again; where the folder cannot be written the tables simply stay
    in memory.

    Args:
        key: a digest of everything the tables are built from.
    """
    path = folder / f"cut-{LAYOUT}-{key[:32]}"
    try:
        return Tables.load(path)
    except ModelError:
        tables = build()
    try:
        _put_in_place(tables, path)
        return Tables.load(path)
    except (OSError, ModelError):
        return tables


def _put_in_place(tables: Tables, path: Path) -> None:
    """Write beside and rename: readers find all of the files or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".cut-", dir=path.parent))
    try:
        tables.save(draft)
        shutil.rmtree(path, ignore_errors=True)
        draft.rename(path)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _drop_old(path)


def _drop_old(newest: Path) -> None:
    """Leave the tables written last; who has mapped others keeps them until it ends."""
    found = [p for p in newest.parent.glob("cut-*") if p != newest and p.is_dir()]
    for old in sorted(found, key=lambda p: p.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
