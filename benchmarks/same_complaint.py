"""What it costs to find the same complaint in a run, and how well it is found.

    python benchmarks/same_complaint.py [ROWS…]

Runs of 10,000, 100,000 and 1,000,000 messages are made of the shipped corpus: sentences of
three messages each, so that hardly two are alike. Planted among them, in any order:

- copies: 5–15 % of the characters edited, other boilerplate around them, place left out of half;
- near-misses, which are no copies: the same text about another town, or a short template
  filled in with another village of the same town, or with another matter.

Recall is the share of copies that stand in one group with what they are copies of; precision,
of copies and near-misses that do, the share that are copies. Purity counts all rows in groups:
those that belong where most of their group does. Last, one text 100,000 times.
"""

import random
import resource
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.reading import read_texts
from pipeline.same_complaint import PERMUTATIONS, group, read_signature

SIZES = (10_000, 100_000, 1_000_000)
EDITS = (0.05, 0.10, 0.15)
TOWNS = [f"{county}/{town}镇" for county in ("甲县", "乙县", "丙市") for town in "东南西北中"]
HEADS = ("尊敬的领导您好！", "领导好，", "来电人反映：", "市民来电咨询：", "打扰了，", "")
TAILS = (
    "请相关部门核实处理。",
    "望回复，谢谢！",
    "盼尽快解决，万分感谢！",
    "联系电话13800138000",
    "",
)
VILLAGES = [a + b + "村" for a in "龙马石桐水青白" for b in ("坪", "坝", "河沟", "家湾", "树垭")]
MATTERS = (
    ("路灯", "不亮", "晚上走路摔了好几个老人"),
    ("自来水", "没有", "挑水要走两里多山路"),
    ("通组公路", "烂了", "娃娃上学鞋子都是泥"),
    ("垃圾池", "没人清", "夏天臭得窗户都不敢开"),
    ("手机信号", "没有", "打个急救电话都要爬到坡上"),
    ("水渠", "垮了", "三百亩秧田今年插不下去"),
)
TEMPLATES = (
    "{village}的{thing}{state}已经三个月了，{harm}，找村里说了几次都没有结果。",
    "我们{village}二组的{thing}{state}，{harm}，去年报上去说列入计划，到现在没有动静。",
    "{village}这边{thing}{state}，{harm}。村支书说没有钱，镇里说要等项目，到底要等到哪一年？",
)


class Planted(NamedTuple):
    """A message: which complaint it is, whose copy or near-miss, and of which kind."""

    text: str
    place: str
    truth: str
    kind: str


def families(texts: Sequence[str], rng: random.Random) -> Iterator[list[Planted]]:
    """Yield messages with their copies and near-misses, without end."""
    sentences = [s + "。" for text in texts for s in text.split("。") if len(s) > 5]
    noise = "".join(texts)
    truth = 0
    while True:
        truth += 1
        town = rng.choice(TOWNS)
        if rng.random() < 0.1:
            yield from_template(town, rng)
            continue
        text = "".join(rng.choice(sentences) for _ in range(rng.choice((2, 3, 4, 6))))
        family = [Planted(text, town, str(truth), "base")]
        if rng.random() < 0.2:
            for _ in range(rng.choice((1, 1, 1, 2, 4))):
                share = rng.choice(EDITS)
                copy = rng.choice(HEADS) + edited(text, share, noise, rng) + rng.choice(TAILS)
                place = town if rng.random() < 0.5 else rng.choice((town.partition("/")[0], ""))
                family.append(Planted(copy, place, str(truth), f"copy {share:.0%}"))
        if rng.random() < 0.05:
            other = rng.choice([t for t in TOWNS if t != town])
            family.append(Planted(text, other, f"{truth} elsewhere", "other town"))
        yield family


def from_template(town: str, rng: random.Random) -> list[Planted]:
    """Return a short message and a near-miss; who names village, matter and town is the truth."""
    template = rng.choice(TEMPLATES)
    village, elsewhere = rng.sample(VILLAGES, 2)
    matter, other = rng.sample(MATTERS, 2)
    kind = rng.choice(("other village", "other matter", "named village"))
    told = [(village, matter), (village, other) if kind == "other matter" else (elsewhere, matter)]
    return [
        Planted(
            template.format(village=where, thing=what[0], state=what[1], harm=what[2]),
            f"{town}/{where}" if kind == "named village" else town,
            f"{town} {where} {what[0]}",
            kind if i else "base",
        )
        for i, (where, what) in enumerate(told)
    ]


def edited(text: str, share: float, noise: str, rng: random.Random) -> str:
    """Replace, leave out or add stretches of one to three characters."""
    characters, left = list(text), round(len(text) * share)
    while left > 0:
        n = min(left, rng.choice((1, 1, 2, 2, 3)))
        at, source = rng.randrange(max(1, len(characters) - n)), rng.randrange(len(noise) - n)
        how = rng.choice(("replace", "remove", "add"))
        new = "" if how == "remove" else noise[source : source + n]
        characters[at : at if how == "add" else at + n] = new
        left -= n
    return "".join(characters)


def memory() -> float:
    """Peak resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def shuffled(rows: int, texts: Sequence[str], rng: random.Random) -> Iterator[tuple[int, Planted]]:
    """Yield rows with their family's number, in any order within blocks of 10,000."""
    block: list[tuple[int, Planted]] = []
    for number, family in enumerate(families(texts, rng)):
        block += [(number, planted) for planted in family]
        if len(block) >= min(rows, 10_000):
            rng.shuffle(block)
            yield from block[:rows]
            rows -= len(block)
            block = []
        if rows <= 0:
            return


def run(rows: int, texts: Sequence[str], folder: Path) -> None:
    rng = random.Random(rows)
    matrix = np.lib.format.open_memmap(
        folder / "signatures.npy", "w+", np.uint32, (rows, PERMUTATIONS)
    )
    present = np.zeros(rows, dtype=bool)
    family: list[int] = []
    truth, kinds, places = [], [], []
    signing = 0.0
    for i, (number, planted) in enumerate(shuffled(rows, texts, rng)):
        start = time.perf_counter()
        signature = read_signature(planted.text)
        signing += time.perf_counter() - start
        if signature is not None:
            matrix[i], present[i] = signature, True
        family.append(number)
        truth.append(planted.truth)
        kinds.append(planted.kind)
        places.append(planted.place)
    before, start = memory(), time.perf_counter()
    groups = group(matrix, present, places)
    seconds = time.perf_counter() - start
    print(
        f"\n{rows:,} messages: signing {signing:.1f} s, grouping {seconds:.1f} s; "
        f"peak {before:.0f} MB before grouping, {memory():.0f} MB after; {groups.max():,} groups"
    )
    judge(groups, family, truth, kinds)


def judge(
    groups: NDArray[np.int64], family: Sequence[int], truth: Sequence[str], kinds: Sequence[str]
) -> None:
    """Print what became of copies and near-misses, and whether groups are of one complaint."""
    rows = list(zip(groups.tolist(), family, truth, kinds, strict=True))
    base = {number: found for found, number, _, kind in rows if kind == "base"}
    together = Counter(k for found, n, _, k in rows if found > 0 and found == base.get(n))
    total = Counter(kinds)
    for kind in sorted(total.keys() - {"base"}):
        share = together[kind] / total[kind]
        print(f"  {kind:<14} {together[kind]:>8,} of {total[kind]:>8,} = {share:.3f}")
    copies = {kind for kind in total if kind.startswith("copy")}
    right = sum(together[kind] for kind in copies)
    wrong = sum(together[kind] for kind in total.keys() - copies - {"base"})
    members: dict[int, Counter[str]] = defaultdict(Counter)
    for found, _, complaint, _ in rows:
        if found > 0:
            members[found][complaint] += 1
    grouped = sum(m.total() for m in members.values())
    pure = sum(m.most_common(1)[0][1] for m in members.values())
    print(
        f"  recall {right / sum(total[kind] for kind in copies):.3f}, "
        f"precision {right / max(1, right + wrong):.3f}, purity {pure / max(1, grouped):.3f}"
    )


def one_text(texts: Sequence[str], rows: int = 100_000) -> None:
    """A hundred thousand copies of one text: equal, edited, and at a thousand places."""
    rng = random.Random(0)
    text, noise = next(t for t in texts if 300 < len(t) < 400), "".join(texts[:500])
    equal = read_signature(text)
    variants = [read_signature(edited(text, 0.03, noise, rng)) for _ in range(rows // 10)]
    present = np.ones(rows, dtype=bool)
    many = [f"县{i % 10}/镇{i % 1000}" for i in range(rows)]
    edits = np.stack([variants[i % len(variants)] for i in range(rows)])
    # Every row a signature of its own: a few numbers of each are replaced by chance.
    noise_at = np.random.default_rng(0).random(edits.shape) < 0.02
    edits[noise_at] = np.arange(noise_at.sum(), dtype=np.uint32)
    for name, matrix, places in (
        ("equal", np.tile(equal, (rows, 1)), [""] * rows),
        ("equal, 1,000 places", np.tile(equal, (rows, 1)), many),
        ("all different edits", edits, [""] * rows),
        ("all different edits, 1,000 places", edits, many),
    ):
        start = time.perf_counter()
        groups = group(matrix, present, places)
        print(
            f"  {name:<34} {time.perf_counter() - start:6.1f} s, {groups.max():,} groups, "
            f"{(groups < 0).mean():.1%} alone, peak {memory():.0f} MB",
            flush=True,
        )


def main() -> None:
    texts = read_texts([])
    for rows in [int(a) for a in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            run(rows, texts, Path(folder))
    print("\none text, 100,000 rows")
    one_text(texts)


if __name__ == "__main__":
    main()
