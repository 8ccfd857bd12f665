"""An installed wheel works outside a checkout: it carries the data files."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = (
        "import sys; from hatchling.builders.wheel import WheelBuilder; "
        "print(next(WheelBuilder(sys.argv[1]).build(directory=sys.argv[2])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", build, str(ROOT), str(folder)],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    return Path(done.stdout.strip().splitlines()[-1])


def test_the_wheel_carries_code_and_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = ["taxonomy.toml", "departments.toml", "gazetteer.csv", "lexicon.txt", "urgency.toml"]
    assert {f"pipeline/_corpora/{name}" for name in [*wanted, "sample.txt"]} <= names
    assert any(name.startswith("pipeline/_corpora/messages/") for name in names)
    assert {"pipeline/py.typed", "service/py.typed"} <= names


def test_it_finds_its_data_outside_a_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "from pipeline.home import checkout, data_path; from pipeline.taxonomy import Taxonomy; "
        "assert checkout() is None; print(Taxonomy.from_file(data_path('taxonomy.toml')).version)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "site", check=True, capture_output=True,
        env={"PYTHONPATH": str(tmp_path / "site"), "WUWEI_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert done.stdout.strip()
