"""What was acknowledged survives `kill -9`."""

import subprocess
import sys
from pathlib import Path

import pytest

from service.store import open_store
from tests.store_databases import BACKENDS, fresh_url

ROOT = Path(__file__).resolve().parents[1]

WRITER = """
import sys
from service.store import open_store
from tests.store_databases import new
with open_store(sys.argv[1]) as store:
    for i in range(1_000_000):
        print(store.add(new(text=f"第{i}条", bands=(i,)))[0].id, flush=True)
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_acknowledged_survives_kill_9(backend: str, tmp_path: Path) -> None:
    acknowledged: list[str] = []
    with fresh_url(backend, tmp_path) as url:
        for round in range(3):
            writer = subprocess.Popen(
                [sys.executable, "-c", WRITER, url], cwd=ROOT, stdout=subprocess.PIPE, text=True
            )
            assert writer.stdout is not None
            acknowledged += [writer.stdout.readline().strip() for _ in range(20 + round)]
            writer.kill()  # SIGKILL, most likely in the midst of a write
            rest = writer.communicate()[0]
            acknowledged += [line for line in rest.split("\n")[:-1] if line]
        with open_store(url) as store:
            kept = list(store.export())
            # One transaction each: no submission without its bands.
            for s in kept:
                with_its_band = store.similar([int(s.text.strip("第条"))])
                assert s.id in {c.submission.id for c in with_its_band}
    assert set(acknowledged) <= {s.id for s in kept}
    assert all(s.text.startswith("第") and s.version == 1 for s in kept)
