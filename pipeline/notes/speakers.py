"""Who speaks: in front of the words (`老杨：…`) or on a line of its own, as chats have it."""

import re
from collections import Counter
from collections.abc import Mapping

from pipeline.notes.note import Note

_TIME = r"(?:[上下中]午|凌晨|早上|晚上)?\s*\d{1,2}[:：]\d{2}(?:[:：]\d{2})?"
_DATE = r"(?:\d{2,4}[-/年.])?\d{1,2}[-/月.]\d{1,2}日?"
_WHEN = rf"[\[【（(]?(?:{_DATE}\s*)?{_TIME}[\]】）)]?"
_NUMBER = r"(?:[（(]?[\d一二三四五六七八九十]{1,3}[、.．）)]|[①-⑳])"
_SPEAKER = re.compile(
    rf"(?:{_NUMBER}\s*)?(?:{_WHEN}\s*)?"
    r"(?:【(?P<bracketed>[^】]{1,16})】[:：]?|\[(?P<square>[^\]]{1,16})\][:：]"
    r"|(?P<plain>[^\s，。！？；：:、“”\"\[【]{1,10}"
    r"(?: [^\s，。！？；：:、“”\"\[【]{1,10})?(?:[（(][^）)]{1,16}[）)])?)\s*[:：])\s*"
)
# Lines of their own: 张三 2024/5/1 10:32; [00:03:48] 发言人2; 8 返乡青年 刘洋
_LINES = (
    re.compile(rf"(?P<name>\S.{{0,20}}?)\s+{_WHEN}"),
    re.compile(rf"{_WHEN}\s*(?P<name>[^\d\s，。；！？：:][^，。；！？：:]{{0,19}})"),
    re.compile(r"\d{1,2}\s+(?P<name>[^，。；！？：:]{2,20})"),
)
_NAME = re.compile(r"[^\W\d]\w{1,9}(?:[（(][^）)]{1,16}[）)])?")
_NO_SPEAKER = re.compile(
    r".*(?:问题|建议|诉求|答复|回复|备注|注意|例如|比如|如下|内容|情况|意见|原因|办法|措施|要求|目标|"
    r"任务|结果|进展|工作|单位|部门|责任|时限|电话|日期|编号|类别|心愿|事项|需求|议程|决定|附|注|是|说明|"
    r"主题|介绍|表决|背景|环节|讨论|小结|总结|概况|提示|通知|公告)$"
)
_NUMBERED = re.compile(_NUMBER)


def speaker_lines(note: Note) -> Mapping[int, str]:
    """Return paragraph number → speaker for the lines that only say who speaks next.

    A name without anything else on its line is one where it comes back: a heading does not.

    >>> from pipeline.notes import from_text
    >>> note = from_text("[00:03:48] 发言人2\\n灯坏了\\n老杨\\n路烂了\\n李会计\\n好\\n老杨\\n水浑")
    >>> dict(speaker_lines(note))
    {1: '发言人2', 3: '老杨', 7: '老杨'}
    """
    lines = [p for p in note.paragraphs if not p.fields]
    often = Counter(p.text for p in lines if _NAME.fullmatch(p.text))
    found = {}
    for paragraph in lines:
        match = next((m for line in _LINES if (m := line.fullmatch(paragraph.text))), None)
        if match:
            found[paragraph.number] = match["name"].strip()
        elif often[paragraph.text] > 1 and not _NO_SPEAKER.match(paragraph.text):
            found[paragraph.number] = paragraph.text
    return found


def speaker_of(text: str) -> tuple[str, int]:
    """Return who speaks at the beginning of a paragraph, and where the speech starts.

    >>> speaker_of("老杨：路烂了"), speaker_of("10:32 老杨：路烂了"), speaker_of("问题：路烂了")
    (('老杨', 3), ('老杨', 9), ('', 0))
    """
    match = _SPEAKER.match(text)
    if match is None:
        return "", 0
    name = next(n for n in match.groupdict().values() if n)
    if _NO_SPEAKER.match(name) or _NUMBERED.match(name):
        return "", 0
    return name, match.end()
