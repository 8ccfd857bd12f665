"""What headings and the columns of registers say about what stands below them.

All of it is data (`corpora/notes.toml`): other prefectures call their columns otherwise.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from pipeline.errors import DataFileError
from pipeline.notes.splitting import Segment
from pipeline.taxonomy import read_toml

ASK = "ask"
KINDS = {
    ASK: "诉求",
    "promise": "承诺交办",
    "done": "已办",
    "praise": "表扬",
    "procedure": "程序",
    "narrative": "叙述",
}
# Columns of a register: what is wanted, what became of it, and anything else.
MATTER, REPLY, ASIDE = "matter", "reply", "aside"
ROLES = (MATTER, REPLY, ASIDE)


@dataclass(frozen=True)
class Hints:
    """Words in headings and column names that say what stands below.

    Attributes:
        words: for headings, kind → words.
        columns: for columns of registers, role → words (`MATTER`, `REPLY`, `ASIDE`).
        shares: how often each kind occurs among the sentences of a note (0–1).
        unsettled: words of replies that leave a matter open.
    """

    words: Mapping[str, Sequence[str]]
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=dict)
    unsettled: Sequence[str] = ()

    def is_open(self, reply: str) -> bool:
        """Whether a reply in a register says that the matter is not settled yet.

        >>> Hints({}, unsettled=["未回"]).is_open("已去函，未回")
        True
        """
        return any(word in reply for word in self.unsettled)

    def role_of(self, column: str) -> str | None:
        """Return the role of a register's column, or None where its name says nothing.

        >>> Hints({}, {"matter": ["诉求"], "reply": ["办理"]}).role_of("诉求内容")
        'matter'
        """
        found = (role for role, words in self.columns.items() if any(w in column for w in words))
        return next(found, None)

    def kind_of(self, heading: str) -> str | None:
        """Return the kind the innermost heading speaks of.

        >>> Hints({"ask": ["反映"]}).kind_of("一、会议情况 / （一）群众反映")
        'ask'
        """
        for part in reversed(heading.split(" / ")):
            for kind, words in self.words.items():
                if any(word in part for word in words):
                    return kind
        return None

    @classmethod
    def from_file(cls, path: Path) -> "Hints":
        """Read `notes.toml`.

        Raises:
            DataFileError: a kind or a role does not exist.
        """
        data = read_toml(path)
        for section, known in (("headings", tuple(KINDS)), ("columns", ROLES)):
            for name in data.get(section, {}):
                if name not in known:
                    listed = "、".join(known)
                    raise DataFileError(
                        f"{path.name}：[{section}] 里的 {name!r} 不认识。可用的：{listed}。",
                        f"{path.name}: unknown name {name!r}. Available: {listed}.",
                    )
        return cls(
            data.get("headings", {}),
            data.get("columns", {}),
            data.get("shares", {}),
            data.get("replies", {}).get("unsettled", ()),
        )


def read_roles(segments: Sequence[Segment], hints: Hints) -> list[str | None]:
    """Return the role of every segment's column; None outside registers.

    Where no name of a register's columns tells what is wanted, it stands in the one with the
    most to say.
    """
    roles: list[str | None] = []
    for in_table, group in groupby(segments, key=lambda segment: bool(segment.column)):
        table = list(group)
        named = {s.column: hints.role_of(s.column) for s in table if in_table}
        if named and MATTER not in named.values():
            said = Counter({column: 0 for column, role in named.items() if role is None})
            for segment in table:
                if segment.column in said:
                    said[segment.column] += len(segment.text)
            if said:
                named[said.most_common(1)[0][0]] = MATTER
        roles += [named.get(segment.column) for segment in table]
    return roles
