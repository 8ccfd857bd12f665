"""Lists inside a paragraph: 一是…二是…, and matters in a row (反映停车难、飞线等问题)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

# Items that run on inside a paragraph: 一是…二是…, 第一…第二…, ①…②…, 1.…2.…
_INLINE = (
    re.compile(r"(?<![十百])([一二三四五六七八九十])(?:是|要|则)(?!\1)"),
    re.compile(r"第([一二三四五六七八九十])(?:[，、,：:]|(?=[^\d次个届条章年组村轮批阶季节期]))"),
    re.compile(r"([①-⑳])"),
    re.compile(r"[（(]([\d一二三四五六七八九十]{1,2})[）)]"),
    re.compile(r"(?<![\d.])(\d{1,2})[、.．](?!\d)"),
    re.compile(r"(其[一二三四五六七八九])[，、,：:]?"),
)
_MATTERS = "问题|诉求|意见|建议|心愿|愿望|事项|需求|难题|困难|短板|矛盾"
_COUNTED = r"[\d一二两三四五六七八九十几多]+[个件条项类]"
_COUNT = rf"(?:{_COUNTED})?"
_MARKED = r"(?:(?:比较|较为|最为?|较)?(?:强烈|突出|集中|普遍|迫切|多)的)?"
# 围绕停车难、飞线整治等问题
_LIST = re.compile(
    r"(?:围绕|反映|提出|聚焦|针对|收集到?|梳理出?|涉及|主要[有是]|还有|尚有|分别[有是]|包括|存在|关于|就)(?:了|的)?"
    rf"{_MARKED}(?P<items>[^，。；！？：:、“”]{{2,24}}?(?:、[^，。；！？：:、]{{2,24}}?)+?)"
    rf"(?=等(?:方面)?的?{_COUNT}\w{{0,4}}?(?:{_MATTERS})|等{_COUNTED}|等方面(?:反映|的?问题)|{_COUNT}问题|的{_COUNT}(?:{_MATTERS}))"
)
# Wishes one after another: 盼望把断头路打通、让卫生室能报销
_WISHES = re.compile(
    r"(?:盼望|期盼|盼着|希望|建议|要求|请求|提议|恳请)"
    r"(?P<items>[^，。；！？：:、]{5,40}"
    r"(?:、(?:把|让|给|将|对|为|在|增|加|修|建|改|延|安|清|扩|补|换|设)[^，。；！？：:、]{4,40})+)"
    r"(?=[，。；！？]|$)"
)
# Complaints in a row, each a sentence by itself: 反映路灯坏了半年、自来水一停就是三天
_COMPLAINTS = re.compile(
    r"(?:反映|提出|提到|指出|说到|谈到|诉说)[:：]?"
    r"(?P<items>[^，。；！？：:、“”]{5,30}(?:、[^，。；！？：:、“”]{5,30})+)(?=[。；！]|$|，)"
)
# Between its items; 和 only before the last.
_BETWEEN = re.compile(r"、|(?<=[^、]{2})(?:以及|[和及])(?=[^、]{2,}$)")
# What was brought up and is settled (反映的停车难、飞线等问题均已解决) is no list of asks.
_SETTLED = re.compile(
    r"[^。！？；]{0,40}?(?:[均都]已|已(?:经|全部|逐一)?(?:解决|办结|落实|整改|销号|完成)|得到\w{0,4}(?:解决|化解))"
)
_CLAUSE_END = re.compile(r"[，。；！？：:]")


class ListParts(NamedTuple):
    """Where the lists of a paragraph stand.

    Attributes:
        items: start and end of every item, its separator with it.
        frames: start and end of what stands around the items of a sentence (`村民反映`,
            `等问题`): it says nothing by itself.
    """

    items: frozenset[tuple[int, int]]
    frames: frozenset[tuple[int, int]]

    def edges(self) -> Iterator[int]:
        """Yield where the paragraph is to be cut."""
        for span in (*self.items, *self.frames):
            yield from span


def find_lists(text: str, body: int) -> ListParts:
    """Find the lists inside the sentences of a paragraph, from where its speech starts.

    >>> parts = find_lists("会上，大家反映停车难、飞线等问题，请快办。", 0)
    >>> sorted("会上，大家反映停车难、飞线等问题，请快办。"[a:b] for a, b in parts.items)
    ['停车难、', '飞线']
    >>> sorted("会上，大家反映停车难、飞线等问题，请快办。"[a:b] for a, b in parts.frames)
    ['大家反映', '等问题，']
    """
    items: set[tuple[int, int]] = set()
    frames: set[tuple[int, int]] = set()
    taken: list[tuple[int, int]] = []
    for match in (m for kind in (_LIST, _WISHES, _COMPLAINTS) for m in kind.finditer(text, body)):
        start, end = match.span("items")
        if any(start < b and a < end for a, b in taken):
            continue
        taken.append((start, end))
        if _SETTLED.match(text, end):
            continue
        edges = [start, *(start + m.end() for m in _BETWEEN.finditer(text[start:end])), end]
        items.update(pairwise(edges))
        before = [m.end() for m in _CLAUSE_END.finditer(text, body, start)]
        after = _CLAUSE_END.search(text, end)
        frames.add((before[-1] if before else body, start))
        frames.add((end, after.end() if after else len(text)))
    return ListParts(frozenset(items), frozenset((a, b) for a, b in frames if a < b))


def item_starts(text: str, body: int) -> list[int]:
    """Return where items begin that count on from each other (一是…二是…).

    >>> item_starts("讲两点：一是灯坏了；二是水浑", 0), item_starts("一是一，二是二", 0)
    ([4, 10], [])
    """
    for pattern in _INLINE:
        found = list(pattern.finditer(text, body))
        run = _counting(found)
        if len(run) > 1:
            return [match.start() for match in run]
    return []


def _counting(found: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    run: list[re.Match[str]] = []
    for match in found:
        if _ordinal(match.group(1)) == len(run) + 1:
            run.append(match)
    return run


_ORDINALS: Mapping[str, int] = {
    **{sign: i for i, sign in enumerate("一二三四五六七八九十", 1)},
    **{chr(ord("①") + i): i + 1 for i in range(20)},
}


def _ordinal(sign: str) -> int:
    sign = sign.removeprefix("其")
    return int(sign) if sign.isascii() and sign.isdigit() else _ORDINALS.get(sign, 0)
