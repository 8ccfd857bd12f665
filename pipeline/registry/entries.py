"""What is written down about every change of what serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.registry.directories import is_kept_name

_TEXTS = ("action", "name", "digest", "version", "since", "by", "reason")


@dataclass(frozen=True)
class Entry:
    """One change of what serves.

    Attributes:
        action: `promote` or `rollback`.
        name: the model's name; `digest` is that of its weights.
        version: the kept copy that serves from now on (`NAME@DIGEST-SEAL`).
        since: when, in UTC, ISO 8601.
        by: who did it: the user of the operating system.
        reason: why, in their words; may be empty.
        replaced: the version that served until then, or None where none did.
        figures: what the decision was made on.
    """

    action: str
    name: str
    digest: str
    version: str
    since: str
    by: str
    reason: str = ""
    replaced: str | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the entry as it stands in the files."""
        texts = {key: getattr(self, key) for key in _TEXTS}
        return {**texts, "from": self.replaced, "figures": dict(self.figures)}

    @classmethod
    def from_dict(cls, data: Any) -> "Entry":
        """Read an entry.

        Raises:
            ValueError: it is none, or contradicts itself.
        """
        if not isinstance(data, dict) or not all(isinstance(data.get(k), str) for k in _TEXTS):
            raise ValueError("not an entry")
        entry = cls(
            **{key: data[key] for key in _TEXTS},
            replaced=data.get("from"),
            figures=data.get("figures") or {},
        )
        if not is_kept_name(entry.version) or not entry.version.startswith(
            f"{entry.name}@{entry.digest[:8]}-"
        ):
            raise ValueError("name, digest and version do not belong together")
        return entry


def way_back(entries: Sequence[Entry]) -> list[str]:
    """Return the versions that rollbacks lead back through, the serving one last.

    >>> def entry(action, version, replaced=None):
    ...     return Entry(action, "m", "", version, "", "", "", replaced)
    >>> way_back([entry("promote", "b", "a"), entry("promote", "c", "b"), entry("rollback", "b")])
    ['a', 'b']
    """
    stack: list[str] = []
    for entry in entries:
        if entry.action == "rollback":
            stack[-1:] = []
            continue
        if entry.replaced and stack[-1:] != [entry.replaced]:
            stack.append(entry.replaced)
        stack.append(entry.version)
    return stack
