"""Categories and the topics below them, read from `corpora/taxonomy.toml`.

A topic belongs to exactly one category, so a model that decides on a topic has decided on
the category too. Nothing here knows our four categories by name.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.errors import DataFileError

_SEPARATOR = re.compile("[、，；]")


@dataclass(frozen=True, slots=True)
class Topic:
    """The level between category and department, e.g. 道路硬化与养护.

    `asks` is false where such a message asks nobody for anything (praise, slogans): it then
    needs no department.
    """

    code: str
    name: str
    category: str
    covers: str = ""
    asks: bool = True

    def phrases(self) -> list[str]:
        """Return what the definition names, one thing each, and the definition as a whole.

        >>> Topic("gambling", "麻将风气", "civility", "麻将馆扰民、老虎机").phrases()
        ['麻将风气。麻将馆扰民、老虎机', '麻将馆扰民', '老虎机']
        """
        if not self.covers:
            return [self.name]
        return [f"{self.name}。{self.covers}", *_SEPARATOR.split(self.covers)]


@dataclass(frozen=True)
class Taxonomy:
    """The categories, their topics, and the category that means "none of them".

    Attributes:
        version: free text that people bump when they change the file.
        categories: category code → its name, in the order people list them.
        topics: topic code → topic.
        fallback: the category of messages that ask for nothing, or None.
        shares: category code → its expected share among messages to come (0–1); empty
            where the corpus mirrors life.
    """

    version: str
    categories: Mapping[str, str]
    topics: Mapping[str, Topic]
    fallback: str | None = None
    shares: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def topic_names(self) -> Mapping[str, str]:
        """Topic code → its name."""
        return {code: topic.name for code, topic in self.topics.items()}

    def topics_of(self, category: str) -> list[Topic]:
        """Return the topics of one category, in file order."""
        return [topic for topic in self.topics.values() if topic.category == category]

    def digest(self) -> str:
        """Return a hex digest of codes, names and structure (not of the file's layout)."""
        body = json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(body.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return plain data that `from_dict` reads back."""
        return {
            "version": self.version,
            "fallback": self.fallback,
            "categories": dict(self.categories),
            "shares": dict(self.shares),
            "topics": {
                topic.code: {
                    "category": topic.category,
                    "name": topic.name,
                    "covers": topic.covers,
                    "asks": topic.asks,
                }
                for topic in self.topics.values()
            },
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], *, source: str = "taxonomy") -> "Taxonomy":
        """Build a taxonomy and check it.

        Raises:
            DataFileError: a topic names an unknown category, lacks a name, or the
                fallback is not a category. The message names file, entry and remedy.
        """
        categories = data.get("categories")
        if not isinstance(categories, dict) or len(categories) < 2:
            raise DataFileError(
                f'{source}：[categories] 至少要有两个类别。请写成 代码 = "名称"。',
                f'{source}: [categories] needs at least two entries, code = "name".',
            )
        fallback = data.get("fallback") or None
        if fallback is not None and fallback not in categories:
            raise _unknown_category(source, "fallback", fallback, categories)
        shares = _read_shares(data.get("shares", {}), categories, source)
        topics = {}
        for code, entry in data.get("topics", {}).items():
            topics[code] = _read_topic(code, entry, categories, source)
        return cls(str(data.get("version", "")), dict(categories), topics, fallback, shares)

    @classmethod
    def from_file(cls, path: Path) -> "Taxonomy":
        """Read `taxonomy.toml`.

        Raises:
            DataFileError: the file is missing, is not TOML, or contradicts itself.
        """
        return cls.from_dict(read_toml(path), source=path.name)

    @classmethod
    def from_labels(cls, categories: Iterable[str]) -> "Taxonomy":
        """Build a taxonomy from the categories found in labelled data, without topics.

        >>> sorted(Taxonomy.from_labels(["交通", "教育", "交通"]).categories)
        ['交通', '教育']
        """
        codes = sorted(set(categories))
        return cls("auto", {code: code for code in codes}, {}, None)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML data file, turning its faults into sentences."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise DataFileError(
            f"找不到数据文件 {path}。请检查路径。", f"Data file not found: {path}."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataFileError(
            f"{path.name} 不是有效的 TOML（UTF-8）：{error}。请按提示的行改正。",
            f"{path.name} is not valid TOML: {error}.",
        ) from None


def _read_topic(code: str, entry: Any, categories: Mapping[str, str], source: str) -> Topic:
    if not isinstance(entry, dict) or not entry.get("name"):
        raise DataFileError(
            f"{source}：主题 {code} 没有 name。请补上名称。",
            f"{source}: topic {code} has no name; add one.",
        )
    category = entry.get("category")
    if isinstance(category, list):
        raise DataFileError(
            f"{source}：主题 {code} 写了多个类别 {category}。"
            "一个主题只能属于一个类别，请留下一个。",
            f"{source}: topic {code} is in several categories {category}; keep one.",
        )
    if category not in categories:
        raise _unknown_category(source, f"topics.{code}", category, categories)
    covers, asks = str(entry.get("covers", "")), bool(entry.get("asks", True))
    return Topic(code, str(entry["name"]), str(category), covers, asks)


def _read_shares(
    shares: Mapping[str, Any], categories: Mapping[str, str], source: str
) -> dict[str, float]:
    for code, share in shares.items():
        if code not in categories:
            raise _unknown_category(source, "shares", code, categories)
        if not isinstance(share, (int, float)) or not 0 < share < 1:
            raise DataFileError(
                f"{source}：[shares] 中 {code} 的占比 {share!r} 应当在 0 和 1 之间。请改正。",
                f"{source}: the share of {code} is {share!r}; it should lie between 0 and 1.",
            )
    return {code: float(share) for code, share in shares.items()}


def _unknown_category(
    source: str, where: str, category: object, categories: Iterable[str]
) -> DataFileError:
    known = ", ".join(categories)
    return DataFileError(
        f"{source}：{where} 的类别 {category!r} 不存在。可用的类别：{known}。",
        f"{source}: {where} has unknown category {category!r}. Available: {known}.",
    )
