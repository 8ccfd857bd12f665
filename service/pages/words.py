"""The Chinese names of the codes that the pages show."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.departments import Departments
from pipeline.review import REASONS
from pipeline.taxonomy import Taxonomy

REPAIRS = {
    "replacement": "标出丢失的字",
    "latin_mojibake": "修复乱码",
    "gbk_mojibake": "修复乱码",
    "half_bytes": "修复错位的乱码",
    "control_characters": "去掉控制字符",
    "html_entities": "还原网页符号",
    "html_tags": "去掉网页标签",
    "unicode": "统一字符写法",
    "width": "全角转半角",
    "pinyin_gloss": "去掉注音",
    "traditional": "繁体转简体",
    "cjk_blanks": "合并字间空格",
    "wide_headings": "合并拉开的标题",
    "repeated_punctuation": "收短重复标点",
}
LEVELS = {"village": "村级", "township": "乡镇级", "county": "县市级", "prefecture": "州级"}
URGENCIES = {"normal": "一般", "urgent": "急", "emergency": "紧急，请马上处理"}
SOURCES = ("窗口", "电话", "网络", "来信", "走访", "其他")


@dataclass(frozen=True)
class Names:
    """Names by code. A code that is no longer known (the data files changed) names itself."""

    taxonomy: Taxonomy
    departments: Departments

    def category(self, code: str) -> str:
        """Return a category's name."""
        return self.taxonomy.categories.get(code, code)

    def department(self, code: str) -> str:
        """Return a department's name; an empty code stands for none."""
        if not code:
            return "（不转办）"
        department = self.departments.by_code.get(code)
        return department.name if department else code


def page_words(taxonomy: Taxonomy, departments: Departments) -> dict[str, Any]:
    """Return the names of everything that may come up, as plain data for the page's script."""
    return {
        "categories": dict(taxonomy.categories),
        "topics": {code: _topic(code, taxonomy, departments) for code in taxonomy.topics},
        "departments": {code: {"name": d.name} for code, d in departments.by_code.items()},
        "reasons": REASONS,
        "repairs": REPAIRS,
        "levels": LEVELS,
        "urgencies": URGENCIES,
    }


def _topic(code: str, taxonomy: Taxonomy, departments: Departments) -> Mapping[str, str | None]:
    """A topic that asks for nothing has no lead."""
    topic = taxonomy.topics[code]
    lead = departments.lead_of(code) if topic.asks else None
    return {"name": topic.name, "category": topic.category, "lead": lead.code if lead else None}
