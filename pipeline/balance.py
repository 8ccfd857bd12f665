"""Before training: are there enough messages of every category, and of every one alike?"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.corpus import LabelledMessage
from pipeline.errors import DataFileError
from pipeline.taxonomy import Taxonomy

FEWEST = 5
# The code of the fallback that `fold_rare_categories` makes where a taxonomy has none.
FOLDED = "other"
# A category this many times larger than another is worth a word.
_LOPSIDED = 20

Progress = Callable[[str], None]


def check_counts(messages: Sequence[LabelledMessage]) -> None:
    """Refuse what cannot be learnt from.

    Raises:
        DataFileError: fewer than two categories, or one with fewer than five messages.
    """
    counts = Counter(m.category for m in messages)
    if len(counts) < 2:
        raise DataFileError(
            f"标注数据只有一个类别 {next(iter(counts), '')!r}，无法训练。请至少准备两个类别。",
            "The labelled data has fewer than two categories.",
        )
    for category, count in counts.items():
        if count < FEWEST:
            raise DataFileError(
                f"类别 {category!r} 只有 {count} 条，至少要 {FEWEST} 条。"
                "请补充，或用 --rare fold 并入“其他”。",
                f"Category {category!r} has {count} messages; at least {FEWEST} are needed "
                "(or use --rare fold).",
            )


def fold_rare_categories(
    messages: Sequence[LabelledMessage],
    taxonomy: Taxonomy,
    *,
    progress: Progress = lambda step: None,
) -> tuple[list[LabelledMessage], Taxonomy]:
    """Move the messages of categories with fewer than five of them to the fallback."""
    counts = Counter(m.category for m in messages)
    fallback = taxonomy.fallback or FOLDED
    rare = [c for c, n in counts.items() if n < FEWEST and c != fallback]
    if not rare:
        return list(messages), taxonomy
    named = "、".join(f"{taxonomy.categories.get(c, c)}（{counts[c]} 条）" for c in rare)
    progress(f"不足 {FEWEST} 条的类别并入“其他”：{named}")
    folded = [
        replace(m, category=fallback, topic=None) if m.category in rare else m for m in messages
    ]
    kept = {c: name for c, name in taxonomy.categories.items() if c not in rare}
    topics = {code: t for code, t in taxonomy.topics.items() if t.category in kept}
    shares = {c: share for c, share in taxonomy.shares.items() if c in kept}
    categories = {FOLDED: "其他"} | kept if fallback == FOLDED else kept
    return folded, replace(
        taxonomy, categories=categories, topics=topics, shares=shares, fallback=fallback
    )


def tell_imbalance(
    messages: Sequence[LabelledMessage], taxonomy: Taxonomy, progress: Progress
) -> None:
    """Say so where one category dwarfs another: the small one will hardly be recognised."""
    ranked = Counter(m.category for m in messages).most_common()
    (most, n), (least, few) = ranked[0], ranked[-1]
    if n > _LOPSIDED * few:
        name = taxonomy.categories
        progress(
            f"注意：类别很不均衡，“{name.get(most, most)}”有 {n} 条，“{name.get(least, least)}”"
            f"只有 {few} 条；少的一类多半认不准，请先看评测里它的召回率"
        )
