"""What scraping leaves of a page: entities, tags, comments."""

import html
import re
from collections.abc import Iterable, Iterator

from pipeline.normalise.edits import Edit, fixer, substitute

# Without its semicolon only the one that no word begins with: `AT&T`, `?a=1&copy=2` stay.
_ENTITY = re.compile(
    r"&(?:#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[a-zA-Z]{2,8}\d{0,2};|nbsp(?![a-zA-Z=]))"
)
_BLOCKS = "p|br|hr|div|tr|li|ul|ol|table|tbody|thead|h[1-6]|section|article|blockquote|pre|dl|dt|dd"
_INLINE = (
    "span|b|i|u|a|s|em|strong|font|img|td|th|sub|sup|small|big|center|label|input|button|form|html"
    "|body|head|meta|link|iframe|video|audio|source|svg|path|col|colgroup|caption|o:p|nobr|wbr|code"
)
_TAG = re.compile(
    r"<(?:script|style)\b[^<>]{0,500}>.{0,20000}?</(?:script|style)>"
    r"|<!--.{0,5000}?-->"
    rf"|</?(?P<block>{_BLOCKS})(?:\s[^<>]{{0,2000}})?/?>"
    rf"|</?(?:{_INLINE})(?:\s[^<>]{{0,2000}})?/?>",
    re.I | re.S,
)


@fixer
def resolve_entities(text: str) -> Iterable[Edit]:
    """Resolve HTML entities; what looks like one without its semicolon stays.

    >>> resolve_entities("停水&nbsp;三天&quot;急&#34;，AT&T")
    '停水 三天"急"，AT&T'
    """
    return substitute(_ENTITY, lambda m: _resolve(m.group()), text) if "&" in text else ()


def _resolve(entity: str) -> str:
    character = html.unescape(entity)
    if character == entity or character in "\ufffd\x00":
        return entity if character == entity else ""
    return character.replace("\xa0", " ")


@fixer
def drop_tags(text: str) -> Iterable[Edit]:
    """Drop known tags, scripts and comments; a block's tag becomes a line end.

    >>> drop_tags('<p>停水</p><p>三<b style="x">天</b></p> 5<6 <某公司>')
    '停水\\n三天\\n 5<6 <某公司>'
    """
    return _drop_tags(text) if "<" in text else ()


def _drop_tags(text: str) -> Iterator[Edit]:
    at_line_start = True
    last_end = 0
    for match in _TAG.finditer(text):
        between = text[last_end : match.start()].strip(" \t\u3000")
        if between:
            at_line_start = between.endswith("\n")
        last_end = match.end()
        breaks = bool(match["block"]) and not at_line_start
        at_line_start = at_line_start or breaks
        yield Edit(match.start(), match.end(), "\n" if breaks else "")
