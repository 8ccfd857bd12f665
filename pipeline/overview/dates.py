"""The many ways dates stand in Chinese tables, read into one.

Only what can be read in one way is read: 23-05-07 and 5/7/2023 may mean different days to
different people, and 2023年5月 is no day. Better an unknown date than a wrong month.
"""

import re
import unicodedata
from datetime import date, timedelta

_YEARS = range(1990, 2101)
# Excel counts days from here. Source: ECMA-376 part 1, 18.17.4.1 (the 1900 date base; from
# March 1900 on, its 29th of February that never was makes the start one day earlier).
_EXCEL_START = date(1899, 12, 30)
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_DIGITS = re.compile(r"(\d{4})(\d\d)(\d\d)(?:\d{4}|\d{6})?(?!\d)")
_WRITTEN = re.compile(r"(\d{4})\s*(?:年|([-/.‐‑–—−]))\s*(\d{1,2})\s*(?:月|\2)\s*(\d{1,2})")
# What may stand behind the day: its word, then a time, a weekday or a remark; no more of the
# same, which would make it a number of another kind (2023-05-07-0012).
_REST = re.compile(r"[日号]?(?:$|[^\d.\-/年月].{0,40}$)")
_LONGEST = 64


def read_date(text: str) -> str | None:
    """Return the day a table's cell names as `YYYY-MM-DD`, or None where it names none.

    Years outside 1990–2100 are slips of the hand, and no date.

    >>> [read_date(t) for t in ("2023-5-7", "2023/05/07 12:30", "2023年5月7日", "2023.5.7")]
    ['2023-05-07', '2023-05-07', '2023-05-07', '2023-05-07']
    >>> [read_date(t) for t in ("20230507", "45053", "45053.52", "2023-05-07T12:30:00+08:00")]
    ['2023-05-07', '2023-05-07', '2023-05-07', '2023-05-07']
    >>> [read_date(t) for t in ("2023 年 5 月 7 日（星期日）上午", "２０２３－５－７")]
    ['2023-05-07', '2023-05-07']
    >>> [read_date(t) for t in ("", "不详", "2023-02-30", "1023-5-7", "5/7/2023", "12345")]
    [None, None, None, None, None, None]
    """
    if len(text) > _LONGEST:
        return None
    text = unicodedata.normalize("NFKC", text).strip()
    if serial := _SERIAL.fullmatch(text):
        return _iso(_EXCEL_START + timedelta(days=int(serial[1])))
    if digits := _DIGITS.fullmatch(text):
        return _day(*digits.groups())
    written = _WRITTEN.match(text)
    if written and _REST.match(text, written.end()):
        return _day(written[1], written[3], written[4])
    return None


def _day(year: str, month: str, day: str) -> str | None:
    try:
        return _iso(date(int(year), int(month), int(day)))
    except ValueError:  # there is no such day
        return None


def _iso(day: date) -> str | None:
    return day.isoformat() if day.year in _YEARS else None
