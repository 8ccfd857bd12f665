"""Tables in which people have put labels: the column they stand in, and codes for names."""

from collections.abc import Mapping, Sequence

from pipeline.errors import InputError

# What people write goes before what a model wrote: a result of `wuwei tag` that somebody has
# gone through has both.
HUMAN = ("定为", "改为", "人工类别", "人工分类")
LABEL = (*HUMAN, "category", "类别", "分类", "label")


def choose_label(columns: Sequence[str], *, source: str, given: str | None = None) -> int:
    """Return the position of the column that holds the label.

    >>> choose_label(["编号", "category", "定为"], source="a.csv")
    2

    Raises:
        InputError: the column named is not there, or none has a usual name.
    """
    found = find_column(columns, LABEL if given is None else (given,))
    if found is None:
        listed, wanted = "、".join(columns), given or "类别"
        raise InputError(
            f"{source} 没有找到{wanted}列。现有的列：{listed}。请用 --label-column 列名 指定。",
            f"{source}: no label column among: {listed}. Name it with --label-column.",
        )
    return found


def find_column(columns: Sequence[str], wanted: Sequence[str]) -> int | None:
    """Return the position of the first of the wanted names that is there, or None.

    >>> find_column(["编号", "Category "], ("定为", "category")), find_column([], ("id",))
    (1, None)
    """
    names = [name.strip().casefold() for name in columns]
    return next((names.index(w) for n in wanted if (w := n.strip().casefold()) in names), None)


def to_code(label: str, names: Mapping[str, str]) -> str:
    """Return the code that a cell means, be it the code or its name; else the cell itself.

    >>> [to_code(cell, {"ecology": "生态环境"}) for cell in (" 生态环境", "ecology", "路灯")]
    ['ecology', 'ecology', '路灯']
    """
    label = label.strip()
    if label in names:
        return label
    return next((code for code, name in names.items() if name == label), label)
