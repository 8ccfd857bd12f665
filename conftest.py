"""Records built by hand and a small model, so that no unit test needs the shipped one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from pipeline import registry
from pipeline.cli.shared import build_default
from pipeline.corpus import LabelledMessage
from pipeline.departments import Departments
from pipeline.gazetteer import Gazetteer
from pipeline.home import data_path
from pipeline.model import Model
from pipeline.segmenter import Segmenter
from pipeline.taxonomy import Taxonomy
from pipeline.training import train
from pipeline.triage import Triage, assemble, load_segmenter

SHARED = Path(__file__).resolve().parent.parent / "shared"


@pytest.fixture(scope="session", autouse=True)
def wuwei_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the tests a home of their own: none may touch the user's models."""
    home = tmp_path_factory.mktemp("home")
    before = os.environ.get("WUWEI_HOME")
    os.environ["WUWEI_HOME"] = str(home)
    yield home
    if before is None:
        del os.environ["WUWEI_HOME"]
    else:
        os.environ["WUWEI_HOME"] = before


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data, which is not part of the repository."""
    if not SHARED.is_dir():
        pytest.skip(f"real data is not in the repository; put it at {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    return Taxonomy.from_file(data_path("taxonomy.toml"))


@pytest.fixture(scope="session")
def departments(taxonomy: Taxonomy) -> Departments:
    return Departments.from_file(data_path("departments.toml"), taxonomy)


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer.from_file(data_path("gazetteer.csv"))


@pytest.fixture(scope="session")
def segmenter(gazetteer: Gazetteer) -> Segmenter:
    return load_segmenter(gazetteer)


# Two sentences a topic, far apart, so that a model trained on them is sure of its ground.
_LESSONS = {
    "roads": ("transport", "通组公路还没有硬化，路面坑坑洼洼", "村口的路烂了，请修路铺水泥"),
    "drinking_water": ("water", "自来水停水好几天，水管没有水", "饮水工程的水浑，请解决吃水"),
    "farm_sales": ("agriculture", "茶叶卖不出去，请帮忙找销路", "橘子滞销，收购价太低，求销路"),
    "tourism": ("culture_tourism", "景区开发民宿，带动旅游", "希望把古寨做成旅游景点"),
    "sewage": ("environment", "污水直接排进河里，臭得很", "厂里偷排废水污染河道"),
    "noise": ("environment", "夜间施工噪声太大，睡不着", "工厂机器噪声扰民"),
    "lavish_banquets": ("civil_affairs", "整无事酒成风，人情负担重", "彩礼太高，办酒攀比"),
    "gambling": ("police", "麻将馆通宵打牌赌钱", "村里聚众打麻将赌博成风"),
    "praise": ("petition", "感谢干部热心帮忙，表扬他们", "非常感谢，事情办好了，点赞"),
    "slogans": ("publicity", "传达学习会议精神，统一思想", "坚定不移贯彻落实，凝聚共识"),
}
_OPENINGS = ("", "请问，", "领导好：", "我们村", "再反映一次，")


@pytest.fixture(scope="session")
def lessons(taxonomy: Taxonomy) -> list[LabelledMessage]:
    """A made-up training set of 100 messages; for plumbing, not for quality."""
    return [
        LabelledMessage(
            id=f"{topic}-{i}-{j}",
            text=opening + sentence,
            category=taxonomy.topics[topic].category,
            topic=topic,
            department=department,
            group=f"{topic}-{i}-{j}",
        )
        for topic, (department, *sentences) in _LESSONS.items()
        for i, sentence in enumerate(sentences)
        for j, opening in enumerate(_OPENINGS)
    ]


@pytest.fixture(scope="session")
def model(lessons: list[LabelledMessage], taxonomy: Taxonomy, segmenter: Segmenter) -> Model:
    return train(lessons, taxonomy, segmenter, name="lessons")


@pytest.fixture(scope="session")
def shipped(segmenter: Segmenter, tmp_path_factory: pytest.TempPathFactory) -> Triage:
    """The flow with the default model, trained on the shipped corpus (takes most of a minute).

    Tests that run side by side share it: the first to need it trains it.
    """
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shipped"
    home.mkdir(exist_ok=True)
    with FileLock(home / "lock"):
        if not registry.names(home):
            registry.save(build_default(segmenter, seed=0), home)
    return assemble(registry.load(home, "default"), segmenter)


@pytest.fixture(scope="session")
def triage(model: Model, segmenter: Segmenter) -> Triage:
    return assemble(model, segmenter)
