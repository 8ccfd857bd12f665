"""Which columns hold the message, its title, id, station and date.

By name where a usual name is there. Where none is, the message's column is guessed from what
stands in the columns, and the guess is stated.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import InputError

TEXT = (
    "留言详情", "留言内容", "诉求内容", "心愿内容", "问题描述", "建议内容", "反映内容", "工单内容",
    "来信内容", "投诉内容", "事项内容", "内容", "正文", "content", "text",
)  # fmt: skip
TITLE = ("标题", "留言主题", "留言标题", "诉求标题", "心愿标题", "建议标题", "主题", "title")
STATION = ("联络站", "站点", "受理站点", "收件站点", "代表联络站", "station")
ID = ("id", "编号", "留言编号", "工单编号", "诉求编号", "心愿编号", "建议编号", "序号")
DATE = (
    "日期", "留言时间", "留言日期", "提交时间", "提交日期", "反映时间", "反映日期", "受理时间",
    "受理日期", "登记时间", "登记日期", "来电时间", "创建时间", "时间", "date", "created_at",
)  # fmt: skip
_CLOSING = tuple("。！？!?；;：:，,…")
_CHINESE = re.compile(r"[㐀-鿿]")
# A column is taken for the message's where its cells hold this many Chinese characters on
# average, and twice as many as any other's.
_LONG_ENOUGH = 8
_CLEARLY = 2


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the columns a message is read from.

    `guessed` says that the text column was taken for its content, not for its name.
    """

    text: tuple[int, ...]
    title: int | None
    id: int | None
    station: int | None = None
    date: int | None = None
    guessed: bool = False

    def message(self, values: Sequence[str]) -> str:
        """Join title and text columns of a row to one message.

        >>> Columns((1,), 0, None).message(["修路", "路烂了"])
        '修路。路烂了'
        >>> Columns((1,), 0, None).message(["修路", "修路，谢谢"])
        '修路，谢谢'
        """
        body = "\n".join(values[i] for i in self.text if values[i].strip())
        title = values[self.title].strip() if self.title is not None else ""
        if not title or body.lstrip().startswith(title):
            return body
        return f"{title}{'' if title.endswith(_CLOSING) else '。'}{body}"

    def describe(self, columns: Sequence[str]) -> str:
        """Say in Chinese which column is read as what.

        >>> Columns((1,), 0, None, guessed=True).describe(["标题", "说明"])
        '正文：说明（按内容猜的，可用 --text-column 指定）；标题：标题'
        """
        guess = "（按内容猜的，可用 --text-column 指定）" if self.guessed else ""
        text = f"正文：{'、'.join(columns[i] for i in self.text)}{guess}"
        named = {"标题": self.title, "编号": self.id, "站点": self.station, "日期": self.date}
        others = (f"{what}：{columns[i]}" for what, i in named.items() if i is not None)
        return "；".join([text, *others])


def choose_columns(
    columns: Sequence[str],
    *,
    source: str,
    text_columns: Sequence[str] = (),
    id_column: str | None = None,
    sample: Sequence[Sequence[str]] = (),
) -> Columns:
    """Find the columns by name; the text column by its content where no usual name is there.

    Args:
        text_columns: names given by the user; several are joined in that order.
        id_column: the id's name, given by the user.
        sample: the first rows' values, for the guess.

    Raises:
        InputError: a named column does not exist, or no column can be taken for the
            message's. The message lists the columns and names the option.
    """
    names = [name.strip().casefold() for name in columns]
    wanted = [_named(given, names, columns, source, "--text-column") for given in text_columns]
    text = tuple(wanted) or _first(names, TEXT)
    guess = None if text else _guess(sample, len(columns))
    if not text and guess is None:
        raise _no_column(source, "没有找到留言正文列", columns, "--text-column")
    title = None if text_columns else next(iter(_first(names, TITLE)), None)
    chosen = _named(id_column, names, columns, source, "--id-column") if id_column else None
    usual = [next(iter(_first(names, kind)), None) for kind in (ID, STATION, DATE)]
    return Columns(
        text=text or ((guess,) if guess is not None else ()),
        title=title,
        id=usual[0] if chosen is None else chosen,
        station=usual[1],
        date=usual[2],
        guessed=guess is not None,
    )


def _named(
    given: str, names: Sequence[str], columns: Sequence[str], source: str, option: str
) -> int:
    name = given.strip().casefold()
    if name not in names:
        raise _no_column(source, f"没有名为 {given} 的列", columns, option)
    return names.index(name)


def _first(names: Sequence[str], usual: Sequence[str]) -> tuple[int, ...]:
    return next(((names.index(name),) for name in usual if name in names), ())


def _guess(sample: Sequence[Sequence[str]], width: int) -> int | None:
    """Return the column whose cells hold by far the most Chinese, or None."""
    rows = [values for values in sample if len(values) == width]
    if not rows or not width:
        return None
    mean = [sum(len(_CHINESE.findall(r[i])) for r in rows) / len(rows) for i in range(width)]
    order = sorted(range(width), key=lambda i: -mean[i])
    second = mean[order[1]] if width > 1 else 0.0
    clear = mean[order[0]] >= _LONG_ENOUGH and mean[order[0]] >= _CLEARLY * second
    return order[0] if clear else None


def _no_column(source: str, what: str, columns: Sequence[str], option: str) -> InputError:
    listed = "、".join(columns)
    return InputError(
        f"{source} {what}。现有的列：{listed}。请用 {option} 列名 指定。",
        f"{source}: no such column among: {listed}. Name it with {option}.",
    )
