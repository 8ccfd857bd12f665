"""What serves: a pointer that training cannot touch, and a way back that is always there."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import registry
from pipeline.errors import ModelError
from pipeline.model import Model
from pipeline.registry import serving

Train = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def train(model: Model, folder: Path) -> Train:
    """Save a model of a name whose digest starts with the digits given."""

    def save(name: str, digits: str, *, confidence: float = 0.5) -> Path:
        thresholds = replace(model.thresholds, confidence=confidence)
        named = replace(model, name=name, digest=digits * 64, thresholds=thresholds)
        return registry.save(named, folder)

    return save


def serves(folder: Path) -> str:
    """The first digit of the digest of what serves."""
    return registry.serving_model(folder).digest[0]


def test_the_default_model_serves_until_something_is_promoted(folder: Path, train: Train) -> None:
    train("default", "0")
    assert registry.serving_name(folder) == "default"
    assert (serves(folder), registry.serving_stamp(folder)) == ("0", None)
    train("default", "1")
    assert serves(folder) == "1"


def test_training_does_not_touch_what_was_promoted(folder: Path, train: Train) -> None:
    train("new", "1")
    registry.promote(folder, "new", by="小王")
    train("new", "2")
    assert serves(folder) == "1"
    assert registry.load(folder, "new").digest[0] == "2"
    assert registry.serving_model(folder).version == "new@11111111"


def test_rollback_leads_back_over_a_retrained_name_to_the_unpromoted_default(
    folder: Path, train: Train
) -> None:
    train("default", "0")
    train("new", "1")
    registry.promote(folder, "new", by="小王")
    train("new", "2")
    registry.promote(folder, "new", by="小王")
    train("default", "9")
    assert serves(folder) == "2"
    assert registry.rollback(folder, by="小李").version.startswith("new@11111111-")
    assert serves(folder) == "1"
    registry.rollback(folder, by="小李")
    assert serves(folder) == "0"
    with pytest.raises(ModelError, match="没有更早的模型可以换回"):
        registry.rollback(folder, by="小李")
    assert serves(folder) == "0"


def test_the_same_weights_with_other_thresholds_are_another_version(
    folder: Path, train: Train
) -> None:
    train("new", "1", confidence=0.5)
    registry.promote(folder, "new", by="小王")
    train("new", "1", confidence=0.75)
    registry.promote(folder, "new", by="小王")
    assert registry.serving_model(folder).thresholds.confidence == 0.75
    registry.rollback(folder, by="小王")
    assert registry.serving_model(folder).thresholds.confidence == 0.5


def test_history_says_who_when_why_and_instead_of_what(folder: Path, train: Train) -> None:
    train("default", "0")
    train("new", "1")
    registry.promote(folder, "new", by="小王", reason="学进了九月的更正", figures={"n": 300})
    registry.rollback(folder, by="小李", reason="学校的留言分错了")
    first, second = registry.history(folder)
    assert (first.by, first.reason, first.figures) == ("小王", "学进了九月的更正", {"n": 300})
    assert (first.action, first.name) == ("promote", "new")
    assert (second.by, second.reason, second.action) == ("小李", "学校的留言分错了", "rollback")
    assert first.replaced == second.version and second.replaced == first.version
    assert first.since <= second.since
    assert json.loads((folder / "serving.json").read_text("utf-8"))["name"] == "default"


def test_a_reason_may_hold_any_line_break(folder: Path, train: Train) -> None:
    train("new", "1")
    registry.promote(folder, "new", by="小王", reason="一\n二\u2028三")
    train("new", "2")
    registry.promote(folder, "new", by="小王")
    assert [e.reason for e in registry.history(folder)] == ["一\n二\u2028三", ""]


def test_the_stamp_changes_with_every_change(folder: Path, train: Train) -> None:
    train("a", "1")
    train("b", "2")
    stamps = {registry.serving_stamp(folder)}
    for name in ("a", "b", "a"):
        registry.promote(folder, name, by="小王")
        stamps.add(registry.serving_stamp(folder))
    assert len(stamps) == 4


def test_what_serves_is_not_promoted_again(folder: Path, train: Train) -> None:
    train("new", "1")
    registry.promote(folder, "new", by="小王")
    with pytest.raises(ModelError, match=r"new@11111111-\w{8} 已经在用"):
        registry.promote(folder, "new", by="小李")
    assert len(registry.history(folder)) == 1


def test_a_kept_version_is_loaded_and_promoted_by_its_name(folder: Path, train: Train) -> None:
    train("new", "1")
    kept = registry.promote(folder, "new", by="小王").version
    train("new", "2")
    registry.promote(folder, "new", by="小王")
    assert registry.load(folder, kept).version == "new@11111111"
    assert registry.promote(folder, kept, by="小王").version == kept
    assert serves(folder) == "1"


@pytest.mark.parametrize(
    ("digest", "instead_of", "message"),
    [
        ("9" * 64, None, "模型 new 在比较之后换成了 new@22222222"),
        (None, "9" * 64, "在用的模型在比较之后换成了 default@00000000"),
        (None, "", "在用的模型在比较之后换成了 default@00000000"),
    ],
)
def test_figures_of_other_models_than_these_do_not_count(
    folder: Path, train: Train, digest: str | None, instead_of: str | None, message: str
) -> None:
    train("default", "0")
    train("new", "2")
    with pytest.raises(ModelError, match=message):
        registry.promote(folder, "new", by="小王", digest=digest, instead_of=instead_of)
    assert serves(folder) == "0"
    registry.promote(folder, "new", by="小王", digest="2" * 64, instead_of="0" * 64)
    assert serves(folder) == "2"


def _halve(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize("spoil", [_halve, Path.unlink])
@pytest.mark.parametrize("file", ["weights.npz", "vocabulary.json", "model.json"])
def test_a_half_copied_directory_is_refused(
    folder: Path, train: Train, file: str, spoil: Callable[[Path], None]
) -> None:
    train("default", "0")
    registry.promote(folder, "default", by="小王")
    before = sorted((folder / ".versions").iterdir())
    spoil(train("new", "1") / file)
    with pytest.raises(ModelError, match=r"缺失或损坏|不是本程序写的|没有名为 new 的"):
        registry.promote(folder, "new", by="小王")
    assert serves(folder) == "0"
    assert sorted((folder / ".versions").iterdir()) == before


def test_a_damaged_kept_version_is_refused_and_no_rollback_leads_to_it(
    folder: Path, train: Train
) -> None:
    train("a", "1")
    train("b", "2")
    kept = registry.promote(folder, "a", by="小王").version
    registry.promote(folder, "b", by="小王")
    _halve(folder / ".versions" / kept / "weights.npz")
    with pytest.raises(ModelError, match="缺失或损坏。请用 wuwei models rollback"):
        registry.rollback(folder, by="小王")
    assert serves(folder) == "2"
    registry.promote(folder, "a", by="小王")  # the directory it was copied from is whole
    assert serves(folder) == "1"


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: "",
        lambda entry: "{",
        lambda entry: "[]",
        lambda entry: '{"name": "a", "digest": "1"}',
        lambda entry: json.dumps(entry | {"version": "../../etc"}),
        lambda entry: json.dumps(entry | {"version": "a@11111111-00000000/.."}),
        lambda entry: json.dumps(entry | {"name": "b"}),
        lambda entry: json.dumps(entry | {"digest": "2" * 64}),
        lambda entry: json.dumps(entry | {"digest": None}),
    ],
)
def test_a_pointer_changed_by_hand_is_refused_and_can_be_rewritten(
    folder: Path, train: Train, change: Callable[[dict[str, object]], str]
) -> None:
    train("a", "1")
    train("b", "2")
    registry.promote(folder, "a", by="小王")
    pointer = folder / "serving.json"
    pointer.write_text(change(json.loads(pointer.read_text("utf-8"))), "utf-8")
    with pytest.raises(ModelError, match=r"serving\.json 被改动或已损坏"):
        registry.serving_model(folder)
    assert registry.promote(folder, "b", by="小王").replaced == registry.history(folder)[0].version
    assert serves(folder) == "2"
    registry.rollback(folder, by="小王")
    assert serves(folder) == "1"


def test_a_pointer_whose_digest_is_not_its_models_is_refused(folder: Path, train: Train) -> None:
    train("a", "1")
    registry.promote(folder, "a", by="小王")
    pointer = folder / "serving.json"
    entry = json.loads(pointer.read_text("utf-8"))
    entry["digest"] = "1" * 8 + "2" * 56
    pointer.write_text(json.dumps(entry), "utf-8")
    with pytest.raises(ModelError, match=r"serving\.json 指的不是 a@11111111"):
        registry.serving_model(folder)


def test_a_line_spoilt_by_hand_stays_and_hides_nothing_else(folder: Path, train: Train) -> None:
    train("a", "1")
    registry.promote(folder, "a", by="小王")
    with (folder / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write("这一行不是 JSON\n")
    train("a", "2")
    registry.promote(folder, "a", by="小王")
    assert [e.digest[0] for e in registry.history(folder)] == ["1", "2"]
    assert "这一行不是 JSON\n" in (folder / "history.jsonl").read_text("utf-8")


def test_only_the_last_versions_are_kept(
    folder: Path, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "KEPT", 3)
    for digit in "12345":
        train("new", digit)
        registry.promote(folder, "new", by="小王")
    kept = sorted(path.name[4] for path in (folder / ".versions").iterdir())
    assert kept == ["3", "4", "5"]
    registry.rollback(folder, by="小王")
    registry.rollback(folder, by="小王")
    assert serves(folder) == "3"


def test_kept_versions_are_not_listed_as_models(folder: Path, train: Train) -> None:
    train("new", "1")
    registry.promote(folder, "new", by="小王")
    assert registry.names(folder) == ["new"]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(["1", "2", "3", "back"]), max_size=7))
def test_promotions_and_rollbacks_behave_like_a_stack(
    model: Model, tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    folder, stack = tmp_path_factory.mktemp("stack"), ["0"]
    for digit in "0123":
        name = "default" if digit == "0" else f"m{digit}"
        registry.save(replace(model, name=name, digest=digit * 64), folder)
    for step in steps:
        if step == "back" and len(stack) > 1:
            registry.rollback(folder, by="小王")
            stack.pop()
        elif step != "back" and step != stack[-1]:
            registry.promote(folder, f"m{step}", by="小王")
            stack.append(step)
        assert serves(folder) == stack[-1]
