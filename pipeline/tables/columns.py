"""Which columns hold the message, its title, id and station: by name, never by content."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.errors import InputError

TEXT = (
    "留言详情", "留言内容", "诉求内容", "心愿内容", "问题描述", "建议内容", "内容", "正文",
    "content", "text",
)  # fmt: skip
TITLE = ("标题", "留言主题", "留言标题", "诉求标题", "心愿标题", "建议标题", "主题", "title")
STATION = ("联络站", "站点", "受理站点", "收件站点", "代表联络站", "station")
ID = ("id", "编号", "留言编号", "工单编号", "诉求编号", "心愿编号", "建议编号", "序号")
_CLOSING = tuple("。！？!?；;：:，,…")


@dataclass(frozen=True, slots=True)
class Columns:
    """Positions of the columns a message is read from."""

    text: tuple[int, ...]
    title: int | None
    id: int | None
    station: int | None = None

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


def choose_columns(
    columns: Sequence[str], *, source: str, text_columns: Sequence[str] = ()
) -> Columns:
    """Find the columns by name.

    Args:
        text_columns: names given by the user; several are joined in that order.

    Raises:
        InputError: a named column does not exist, or none of the usual names does. The
            message lists the columns and names the option.
    """
    names = [name.strip().casefold() for name in columns]
    wanted = [name.strip().casefold() for name in text_columns]
    missing = [given for given, name in zip(text_columns, wanted, strict=True) if name not in names]
    if missing:
        raise _no_column(source, f"没有名为 {'、'.join(missing)} 的列", columns)
    text = tuple(names.index(name) for name in wanted) or _first(names, TEXT)
    if not text:
        raise _no_column(source, "没有找到留言正文列", columns)
    title = None if text_columns else next(iter(_first(names, TITLE)), None)
    usual_id, usual_station = (next(iter(_first(names, usual)), None) for usual in (ID, STATION))
    return Columns(text, title, usual_id, usual_station)


def _first(names: Sequence[str], usual: Sequence[str]) -> tuple[int, ...]:
    return next(((names.index(name),) for name in usual if name in names), ())


def _no_column(source: str, what: str, columns: Sequence[str]) -> InputError:
    listed = "、".join(columns)
    return InputError(
        f"{source} {what}。现有的列：{listed}。请用 --text-column 列名 指定正文列。",
        f"{source}: no text column among: {listed}. Name it with --text-column.",
    )
