"""The model card people read."""

from typing import Any


def card_text(manifest: dict[str, Any]) -> str:
    """Return the card of a model in Chinese, as Markdown."""
    card, held_out = manifest["card"], manifest["card"]["held_out"]
    names_of = manifest["taxonomy"]["categories"]
    rows = "\n".join(
        f"| {names_of[code]} | {card['per_category'].get(code, 0)} | {f['precision']:.3f} "
        f"| {f['recall']:.3f} | {f['f1']:.3f} "
        f"| {held_out['coverage_per_category'].get(code, 0):.0%} |"
        for code, f in held_out["per_category"].items()
    )
    thresholds = manifest["thresholds"]
    return f"""# 模型 {manifest["name"]}@{manifest["digest"][:8]}

{manifest["created"]} 由 {card["messages"]} 条标注留言训练。下面的数字来自留出的训练数据
（交叉验证，近似重复不跨折），不是真实留言上的成绩；真实成绩用 `wuwei evaluate` 测。

| 类别 | 条数 | 精确率 | 召回率 | F1 | 自动通过 |
|---|---|---|---|---|---|
{rows}

准确率 {held_out["accuracy"]:.3f}，宏平均 F1 {held_out["macro_f1"]:.3f}，
校准误差 {held_out["ece"]:.3f}。
把握低于 {thresholds["confidence"]:.2f} 的留言交人看：如此自动通过 {thresholds["coverage"]:.0%}，
其中差错不超过 {thresholds["target_error"]:.1%}。
第二类别的概率到 {thresholds["second_category"]:.2f} 才写出。

分类体系 {card["taxonomy_version"]}，语料摘要 `{card["corpus_digest"][:16]}`，
随机种子 {card["seed"]}。
版本：{", ".join(f"{k} {v}" for k, v in card["versions"].items())}。
"""
