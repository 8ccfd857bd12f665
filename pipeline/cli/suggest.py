"""`wuwei suggest`: one message."""

import json
import sys
from collections.abc import Sequence

import click

from pipeline.cli.shared import load_triage, model_option
from pipeline.errors import InputError
from pipeline.records import Evidence, TaggedItem
from pipeline.review import REASONS

_URGENCY = {"normal": "一般", "urgent": "加急", "emergency": "紧急"}


@click.command()
@click.argument("text")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 对象。")
@click.option("--station", default="", metavar="PLACE", help="收件站点：县市/乡镇，或它的名称。")
@model_option
def suggest(text: str, as_json: bool, station: str, name: str | None) -> None:
    """看一条留言：类别、主题、部门和理由。TEXT 写 - 时从标准输入读。"""
    text = _read_standard_input() if text == "-" else text
    item = load_triage(name).triage(text, station=station)
    if as_json:
        click.echo(json.dumps(item.to_dict(), ensure_ascii=False))
    else:
        click.echo("\n".join(describe(item)))


def describe(item: TaggedItem) -> list[str]:
    """Return the lines a person reads."""
    prediction, routing = item.prediction, item.routing
    names = item.category_names
    second = f"；也像 {names[code]}" if (code := prediction.second_category) else ""
    lines = [
        f"类别    {names[prediction.category]}（把握 {prediction.confidence:.0%}{second}）",
        f"主题    {item.topic_names[item.topic] if item.topic else '—'}",
    ]
    for choice in routing.departments:
        role = "主办" if choice.role == "lead" else "协办"
        lines.append(f"{role}    {choice.name}——{choice.reason}")
    if not routing.departments:
        lines.append("主办    —（没有看出要谁办什么）")
    if routing.place:
        lines.append(f"地点    {routing.place}")
    said = f"（{'、'.join(routing.urgency_words)}）" if routing.urgency_words else ""
    lines.append(f"缓急    {_URGENCY[routing.urgency]}{said}")
    lines.append(f"依据    {_words(prediction.evidence)}")
    if prediction.second_category:
        name = names[prediction.second_category]
        lines.append(f"        像 {name}：{_words(prediction.second_evidence)}")
    if item.needs_review:
        lines.append(f"请人看  {'、'.join(REASONS[r] for r in item.review_reasons)}")
    return lines


def _words(evidence: Sequence[Evidence]) -> str:
    return "、".join(e.text for e in evidence if e.weight > 0) or "—"


def _read_standard_input() -> str:
    data = sys.stdin.buffer.read()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(
        "标准输入既不是 UTF-8 也不是 GB18030 编码。请先转换编码。",
        "Standard input is neither UTF-8 nor GB18030.",
    )
