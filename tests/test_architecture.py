"""The import order of `pyproject.toml` holds, and only the right rooms do certain things."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["wuwei"][
    "rooms"
]
MODULES = sorted([*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "service").rglob("*.py")])


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The longest room that contains a module; `pipeline` itself only by its exact name."""
    rooms = [r for r in ROOMS if module == r or (r != "pipeline" and module.startswith(f"{r}."))]
    assert rooms, f"{module} stands in no room; add it to [tool.wuwei] rooms in pyproject.toml"
    return max(rooms, key=len)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} relative import; write it in full"
            module = node.module or ""
            for alias in node.names:
                submodule = ROOT / Path(*module.split(".")) / alias.name
                is_module = submodule.is_dir() or submodule.with_suffix(".py").is_file()
                yield (f"{module}.{alias.name}" if is_module else module), node.lineno


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_imports_only_from_rooms_above_its_own(path: Path) -> None:
    own = room_of(module_name(path))
    for imported, line in imports(path):
        if imported.partition(".")[0] not in ("pipeline", "service"):
            continue
        room = room_of(imported)
        assert ROOMS.index(room) <= ROOMS.index(own), f"{path}:{line} imports {imported}"


def test_every_room_of_the_declared_order_exists() -> None:
    names = {module_name(path) for path in MODULES}
    assert [room for room in ROOMS if room not in names] == []


@pytest.mark.parametrize(
    ("library", "owners"),
    [
        ("jieba", {"pipeline.segmenter"}),
        ("opencc", {"pipeline.normalise"}),
        ("ftfy", {"pipeline.normalise"}),
        ("fastapi", {"service"}),
        ("pydantic", {"service"}),
        ("click", {"pipeline.cli"}),
        ("ahocorasick_rs", {"pipeline.matching"}),
        ("jinja2", {"pipeline.templating", "service"}),
        ("pyarrow", {"pipeline.tables"}),
        ("rensa", {"pipeline.same_complaint"}),
        ("distributed", {"pipeline.batch"}),
        ("rich", {"pipeline.cli"}),
        ("filelock", {"pipeline.registry"}),
        ("sqlalchemy", {"service"}),
        ("alembic", {"service"}),
        ("psycopg", {"service"}),
        ("xlsxwriter", {"pipeline.tables", "pipeline.audit"}),
        ("python_calamine", {"pipeline.tables"}),
    ],
)
def test_a_library_is_known_to_one_room_only(library: str, owners: set[str]) -> None:
    users = {
        room_of(module_name(path))
        for path in MODULES
        for imported, _ in imports(path)
        if imported.partition(".")[0] == library
    }
    assert users == owners


def test_nothing_prints_but_the_command_line() -> None:
    printing = [
        module_name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert printing == []


@pytest.mark.parametrize(
    "folder",
    ["pipeline", "service", "models", "corpora", "notebooks", "tests", "benchmarks", "examples"],
)
def test_every_top_folder_says_what_lives_there(folder: str) -> None:
    assert len((ROOT / folder / "README.md").read_text("utf-8")) > 100


def test_data_folders_hold_no_code() -> None:
    code = [p for folder in ("models", "corpora") for p in (ROOT / folder).rglob("*.py")]
    assert code == []
