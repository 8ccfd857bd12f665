"""The analyst's notebooks run from a clean kernel, and keep to what they may do."""

import ast
import csv
import importlib
import json
import subprocess
import types
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import nbformat
import pytest
import xlsxwriter
from nbclient import NotebookClient

from pipeline import registry
from pipeline.audit import read_rows
from pipeline.audit.sheet import fingerprint
from pipeline.corpus import read_labelled
from pipeline.home import models_dir
from pipeline.model import Model
from pipeline.tables import open_tables

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = (
    "01_explore", "02_retrain_and_compare", "03_label_audit", "04_routing_review",
    "05_batch_report",
)  # fmt: skip
SETTING = "文件 = None"
PHONE = "13800138000"
# The places, among the thirty texts of each category, of labels put in wrong.
PLANTED = (9, 16)

# Three categories that the shipped taxonomy does not know.
_OWN = {
    "交通": [
        "进村的公路塌了半边，大货车根本不敢走",
        "班车一天只有一趟，错过了就要走两个钟头",
        "十字路口的红绿灯坏了，天天堵成一锅粥",
        f"桥面的钢板翘起来扎破轮胎，电话{PHONE}",
        "公交站牌立在水沟边上，老人等车没处站",
        "隧道里没有照明，骑摩托的摔了好几回",
        "停车位全被划给了商铺，住户的车停不下",
        "校门口的斑马线磨没了，过马路提心吊胆",
        "高速出口的匝道太急，上周又翻了一辆车",
        "渡口的船年久失修，过河的人心里直打鼓",
    ],
    "环境": [
        "造纸厂夜里往河里放黑水，鱼都翻了肚皮",
        "垃圾填埋场的臭味飘进屋里，窗户不敢开",
        "采石场的粉尘落得满院子都是，菜没法吃",
        f"养猪场的粪水渗进了井里，电话{PHONE}",
        "烧烤摊的油烟直往楼上灌，熏得人睡不着",
        "山上的树被人成片砍走，一下雨就滚泥沙",
        "化肥袋子和农药瓶扔在塘边，水都发绿了",
        "工地的打桩机半夜还在响，吵得娃娃直哭",
        "秸秆点着了没人管，烟大得对面看不见人",
        "洗沙的把河床挖得千疮百孔，河水成了浑汤",
    ],
    "教育": [
        "学校食堂的饭菜又冷又少，孩子回家喊饿",
        "幼儿园的学费一年涨一回，家里供不起了",
        "初中寄宿生冬天没有热水，脚上长了冻疮",
        f"老师让家长群里打卡批作业，电话{PHONE}",
        "教室的课桌高矮不齐，娃娃的背都坐弯了",
        "补习班开在老师家里，不去的座位就靠后",
        "体育课总被数学课占掉，孩子跑几步就喘",
        "村小撤并以后，一年级的小娃要住校读书",
        "学籍转了半年没转好，两边学校互相推",
        "毕业证上的名字印错了，教务处说改不了",
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def home(model: Model, wuwei_home: Path) -> Path:
    """The tests' home, with a default model in it."""
    registry.save(replace(model, name="default"), models_dir())
    return wuwei_home


@pytest.fixture(scope="module")
def own_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An analyst's file: other categories, dates, a telephone number, labels put in wrong."""
    path = tmp_path_factory.mktemp("own") / "我的.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["id", "日期", "text", "category"])
        for number, (category, text) in enumerate(_own_messages()):
            writer.writerow([f"r{number}", f"2026-0{1 + number % 4}-15", text, category])
    return path


def _own_messages() -> Iterator[tuple[str, str]]:
    """Thirty texts a category, with their labels, those planted being another's."""
    for category, texts in _OWN.items():
        wrong = "教育" if category == "环境" else "环境"
        for n, (text, opening) in enumerate(product(texts, ("", "请问，", "领导好，"))):
            yield (wrong if n in PLANTED else category), opening + text


def code_of(notebook: Any) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def run(name: str, **settings: Path) -> Any:
    """Run a notebook in a kernel of its own, any warning being an error; return it.

    Args:
        settings: what the analyst writes instead of None in the cell near the top.
    """
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    for setting, value in settings.items():
        top, changed = notebook.cells[1], f"{setting} = {str(value)!r}"
        assert f"{setting} = None" in top.source
        top.source = top.source.replace(f"{setting} = None", changed)
    strict = "import warnings\nwarnings.simplefilter('error')"
    calm = "warnings.simplefilter('ignore')"  # the kernel's own farewell is not our matter
    around = [nbformat.v4.new_code_cell(source) for source in (strict, calm)]
    notebook.cells = [around[0], *notebook.cells, around[1]]
    resources = {"metadata": {"path": str(FOLDER)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    # What goes wrong while a plot is drawn (a glyph no font has) fails no cell, but stands there.
    assert not [o for o in outputs_of(notebook) if is_trouble(o)]
    return notebook


def is_trouble(output: Any) -> bool:
    return output.output_type == "error" or output.get("name") == "stderr"


def outputs_of(notebook: Any) -> list[Any]:
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def plots_in(notebook: Any) -> int:
    return sum("image/png" in output.get("data", {}) for output in outputs_of(notebook))


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, home: Path) -> Path:
    """The environment of the kernels; returns where notebooks write."""
    monkeypatch.setenv("WUWEI_NOTEBOOK_ROWS", "400")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    return home / "notebooks" / "output"


def test_the_five_notebooks_are_there() -> None:
    assert tuple(sorted(path.stem for path in FOLDER.glob("*.ipynb"))) == NOTEBOOKS


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_on_the_shipped_corpus_and_writes_below_the_home(
    name: str, kernel: Path
) -> None:
    before = sorted(FOLDER.iterdir())
    done = run(name)
    assert plots_in(done) >= 2
    assert (kernel / "corpus.jsonl").is_file()
    assert sorted(FOLDER.iterdir()) == before


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_on_an_analysts_file_without_a_chinese_font(
    name: str, kernel: Path, own_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WUWEI_NOTEBOOK_FONT", "")
    monkeypatch.delenv("WUWEI_NOTEBOOK_ROWS")
    done = run(name, 文件=own_file)
    shown = json.dumps(outputs_of(done), ensure_ascii=False)
    assert plots_in(done) >= 1
    assert "图中" in shown, "a table should explain what stands in the plots"
    assert PHONE not in shown
    _CHECKS[name](kernel, shown)


def _retrained(output: Path, shown: str) -> None:
    categories = registry.load(models_dir(), "notebook").taxonomy.categories
    assert set(categories) == set(_OWN)
    assert (output / "换了类别.xlsx").is_file() and (output / "评测.html").is_file()


def _planted_labels_found(output: Path, shown: str) -> None:
    planted = {f"r{start + n}" for start in (0, 30, 60) for n in PLANTED}
    [sheet, *_] = open_tables(output / "复核.xlsx")
    listed = {row.values[sheet.columns.index("编号")] for row in sheet.rows()}
    assert len(planted & listed) >= len(planted) / 2
    assert "［手机号］" in shown, "the planted rows with a telephone number are shown masked"
    assert len((output / "改正后.jsonl").read_text("utf-8").splitlines()) == 90


def _reported(output: Path, shown: str) -> None:
    [table] = open_tables(output / "结果.xlsx")
    rows = [row.values for row in table.rows()]
    assert len(rows) == 90 and "category_tagged" in table.columns
    assert not [cell for row in rows for cell in row if PHONE in cell]
    assert "我的" in (output / "报告.html").read_text("utf-8")


def _explored(output: Path, shown: str) -> None:
    assert all(category in shown for category in _OWN)


def _routed(output: Path, shown: str) -> None:
    assert "没有部门标注" in shown


_CHECKS = dict(
    zip(
        NOTEBOOKS,
        (_explored, _retrained, _planted_labels_found, _routed, _reported),
        strict=True,
    )
)


def test_what_people_decided_in_the_workbook_is_put_back(
    kernel: Path, own_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WUWEI_NOTEBOOK_ROWS")
    audited = read_rows(own_file)
    [planted] = [row for row in audited if row.message.id == f"r{PLANTED[0]}"]
    decided = {
        "行号": planted.number, "编号": planted.message.id, "留言（已打码）": "", "原标注": "环境",
        "改为": "交通", "建议": "交通", "建议的把握": 1, "原标注的把握": 0, "理由": "",
        "校验（勿改）": fingerprint(planted),
    }  # fmt: skip
    with xlsxwriter.Workbook(tmp_path / "看过.xlsx") as book:
        sheet = book.add_worksheet("复核")
        sheet.write_row(0, 0, list(decided))
        sheet.write_row(1, 0, list(decided.values()))
    run("03_label_audit", 文件=own_file, 复核表=tmp_path / "看过.xlsx")
    corrected = read_labelled([kernel / "改正后.jsonl"])
    before = [row.message.category for row in audited]
    changed = [m for m, was in zip(corrected, before, strict=True) if m.category != was]
    assert [(m.id, m.category) for m in changed] == [(planted.message.id, "交通")]


def test_make_starts_jupyter_for_this_machine_only_and_without_news() -> None:
    shown = subprocess.run(
        ["make", "-n", "notebooks"], cwd=FOLDER.parent, capture_output=True, check=True, text=True
    ).stdout
    for option in ("ServerApp.ip=127.0.0.1", "news_url=None", "NeverCheckForUpdate", "readonly"):
        assert option in shown


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_is_stored_valid_and_without_outputs(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    clear = "run: jupyter nbconvert --clear-output --inplace notebooks/*.ipynb"
    assert outputs_of(notebook) == [], clear
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell for cell in cells if cell.execution_count is not None] == [], clear


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_one_cell_near_the_top_names_the_file(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    holding = [n for n, cell in enumerate(notebook.cells) if SETTING in cell.source]
    assert holding == [1]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_uses_only_what_is_public_in_pipeline(name: str) -> None:
    sources = code_of(nbformat.read(FOLDER / f"{name}.ipynb", as_version=4))
    assert not list(trespasses("\n".join(sources)))


def test_what_the_notebooks_share_uses_only_what_is_public_in_pipeline() -> None:
    assert not list(trespasses((FOLDER / "desk.py").read_text("utf-8")))


@pytest.mark.parametrize(
    "source",
    [
        "from service import app",
        "from pipeline.cli.shared import say",
        "from pipeline.report import _slices",
        "import pipeline.kernel._cut",
        "from pipeline.audit import fingerprint",
        "print(triage._tag)",
    ],
)
def test_the_check_of_names_notices(source: str) -> None:
    assert list(trespasses(source))


def trespasses(source: str) -> Iterator[str]:
    """Yield what is imported or touched that is not public."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if _is_private_module(a.name))
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if _is_private_module(module):
                yield module
            elif module.partition(".")[0] == "pipeline":
                yield from (a.name for a in node.names if not _is_public(module, a.name))
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            yield node.attr


def _is_private_module(name: str) -> bool:
    first, *rest = name.split(".")
    ours = first == "pipeline" and ("cli" in rest or any(part.startswith("_") for part in rest))
    return ours or first == "service"


def _is_public(module: str, name: str) -> bool:
    """Where a module says what is public, the name is in it; a submodule is public as well."""
    found = importlib.import_module(module)
    listed = name in getattr(found, "__all__", [name])
    is_module = isinstance(getattr(found, name, None), types.ModuleType)
    return not name.startswith("_") and (listed or is_module)
