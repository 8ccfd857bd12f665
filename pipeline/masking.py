"""Personal data in text: found as typed spans, and replaced on request.

A look-alike stays: what decides is the number's own check (ID card, bank card), its numbering
plan (telephone), or a word beside it (WeChat, QQ, account, name).
"""

import re
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from pipeline.matching import WordSpotter


class SensitiveSpan(NamedTuple):
    """A stretch that holds personal data of a kind, e.g. `手机号`."""

    start: int
    end: int
    kind: str


# Blanks and hyphens inside a number, as people group it.
_GAP = r"[ \-—–－·\u00a0\u3000]?"
_NO_DIGIT_BEFORE = r"(?<![\d０-９])(?<!\d[.\-])"
_NO_DIGIT_AFTER = r"(?![\d０-９])(?!\.\d)"

_NO_UNIT_AFTER = r"(?! ?(?:元|块|万|亿|亩|平|吨|斤|公里|米|户|人次))"
_COUNTRY = rf"(?:(?:\+|00)?86{_GAP})?"
_MOBILE_DIGITS = rf"1[3-9]\d(?:{_GAP}\d{{4}}{_GAP}\d{{4}}|\d{_GAP}\d{{3}}{_GAP}\d{{4}})"
_SPACED_MOBILE = r"1[ .\-][3-9](?:[ .\-]\d){9}"
_MOBILE = re.compile(
    rf"{_NO_DIGIT_BEFORE}{_COUNTRY}{_MOBILE_DIGITS}{_NO_DIGIT_AFTER}{_NO_UNIT_AFTER}"
    rf"|{_NO_DIGIT_BEFORE}{_SPACED_MOBILE}{_NO_DIGIT_AFTER}"
)
_SPELT_MOBILE = re.compile(
    r"(?<![零〇一二三四五六七八九])[一幺][三四五六七八九][零〇○一幺二三四五六七八九]{9}(?![零〇一二三四五六七八九])"
)
# Area codes have three digits in the ten largest cities and four elsewhere. Source: 工业和信息化部,
# 电信网编号计划. Without its area code a number counts only behind a word such as 电话.
_LOCAL = r"[2-9](?:\d{6,7}|\d{2,3}[ \-]\d{4}|\d{3}[ \-]\d{3})"
_CALLS = "电话|座机|固话|热线|传真|致电|号码"
_WITH_AREA_CODE = rf"0(?:10|2[0-57-9]|[3-9]\d{{2}})[)）]?{_GAP}{_LOCAL}"
_LANDLINE = re.compile(
    rf"{_NO_DIGIT_BEFORE}[(（]?{_WITH_AREA_CODE}"
    rf"(?:[\-—转]\d{{1,5}})?{_NO_DIGIT_AFTER}"
    rf"|(?<!固定电话)(?<={_CALLS})[^\d，。；\n]{{0,6}}"
    rf"(?P<local>{_LOCAL}){_NO_DIGIT_AFTER}"
)
_MONTH_DAY = r"(?:0[1-9]|1[0-2])[ \-]?(?:0[1-9]|[12]\d|3[01])"
_IDENTITY = re.compile(
    rf"(?<![\dA-Za-z])[1-8]\d{{5}}[ \-]?(?:18|19|20)\d{{2}}[ \-]?{_MONTH_DAY}[ \-]?\d{{3}}[\dXx]"
    r"(?![\dA-Za-z])"
    rf"|(?<![\dA-Za-z])(?P<old>[1-8]\d{{7}}{_MONTH_DAY}\d{{3}})(?![\dA-Za-z])"
)
_NAMED_IDENTITY = re.compile(
    r"(?<!［)身份证[^\d，。；\n]{0,8}(?P<value>\d{15}(?:\d{2}[\dXx])?)(?![\dA-Za-z])"
)
_BANK_CARD = re.compile(
    r"(?<![\dA-Za-z.])[3-6]\d{3}(?:[ \-]?\d{4}){2,3}(?:[ \-]?\d{1,4})?(?![\dA-Za-z])"
)
_NAMED_ACCOUNT = re.compile(
    r"(?<!［)(?<!［银行)(?:银行卡|卡号|账号|帐号|账户|帐户)[^\d，。；\n]{0,8}"
    r"(?P<value>\d[\d \-]{10,22}\d)(?![\dA-Za-z])"
)
_REGIONS = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# Source: GA 36-2018, 机动车号牌: five places, six for new energy; no I and no O.
_PLATE_LETTER = "A-HJ-NP-Za-hj-np-z"
_PLATE = re.compile(
    rf"[{_REGIONS}][{_PLATE_LETTER}][ ·•．.\-]?"
    rf"(?:[{_PLATE_LETTER}0-9]{{5,6}}|[{_PLATE_LETTER}0-9]{{4}}[挂学警港澳])(?![A-Za-z0-9])"
)
# ASCII and bounded: `\w` would walk every run of Chinese characters again and again.
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"
)
_LINK = r"[^A-Za-z0-9，。；！？、\n]{0,6}?"
_WECHAT = re.compile(
    rf"(?<!［)(?:微信|薇信|威信|WeChat|[Ww]echat|(?<![A-Za-z])[VvWw][Xx]|(?<![A-Za-z])[Vv](?=信|[:：])){_LINK}"
    r"(?P<value>[A-Za-z][A-Za-z0-9_-]{5,19}|\d{6,11})(?![A-Za-z0-9_-])"
)
_QQ = re.compile(rf"(?:[Qq]{{2}}|扣扣|企鹅号){_LINK}(?P<value>[1-9]\d{{4,10}})(?!\d)")


NAME = "姓名"
Check = Callable[[re.Match[str]], bool]


def _checksum_fits(digits: str) -> bool:
    """Whether an 18-character ID number ends in its check character.

    Source: GB 11643-1999, ISO 7064 MOD 11-2.

    >>> _checksum_fits("11010519491231002X"), _checksum_fits("110105194912310021")
    (True, False)
    """
    total = sum(int(digit) * pow(2, 17 - i, 11) for i, digit in enumerate(digits[:17]))
    return "10X98765432"[total % 11] == digits[17].upper()


def _luhn_fits(digits: str) -> bool:
    """Whether a card number ends in its check digit.

    Source: ISO/IEC 7812-1, annex B.

    >>> _luhn_fits("6222021234567890128"), _luhn_fits("6222021234567890123")
    (True, False)
    """
    doubled = (
        sum(divmod(2 * int(d), 10)) if i % 2 else int(d) for i, d in enumerate(reversed(digits))
    )
    return sum(doubled) % 10 == 0


def _digits(text: str) -> str:
    return re.sub(r"[^0-9Xx]", "", text)


def _is_identity(match: re.Match[str]) -> bool:
    if match["old"]:
        return True
    return _checksum_fits(_digits(match.group()))


def _is_bank_card(match: re.Match[str]) -> bool:
    digits = _digits(match.group())
    return 16 <= len(digits) <= 19 and _luhn_fits(digits)


def _is_name(match: re.Match[str]) -> bool:
    return not _NOT_A_NAME.match(match["value"] or match["local"])


def _always(match: re.Match[str]) -> bool:
    return True


# The commonest surnames, single and double; a name is only looked for behind a word that
# announces one. Source: 公安部, 二〇二〇年全国姓名报告, and 百家姓 for the rarer ones.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴"
    "霍涂成苗谷盛曲翁冉骆蓝路游辛靳欧管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦"
    "戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻"
    "苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练"
    "廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿"
    "鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由"
)
_DOUBLE_SURNAMES = (
    "欧阳|上官|皇甫|令狐|诸葛|司徒|司马|申屠|夏侯|贺兰|完颜|慕容|尉迟|长孙|端木|公孙|东方|南宫|西门"
)
_GIVEN = r"[一-鿿]"
_NOT_A_NAME = re.compile(
    "^(?:向(?:您|你|大家|领导)|任何|于是|时间|高兴|路过|方便|何时|应该|都是|和|但是|经常|来自|干什|满意|房东|房主|"
    "全家|全村|成立|平时|原来|相信|单位|关于|连续|明白|强烈|公司|国家|居民|利用|宁愿|安排|解决|商量|程序|金额|易)"
)
# Words that announce a name: behind 我叫 it follows at once, behind a form's heading come a
# colon, a blank, or nothing.
_NAME = re.compile(
    r"(?:(?<=我叫)|(?<=人叫)|(?<=[我子儿女人亲]名叫)|(?<=名字叫)|(?<=名字是)"
    r"|(?:(?<=[系映诉报电请助议访言]人)|(?<=姓名)|(?<=户主)|(?<=签名)|(?<=落款)|(?<=此致))"
    r"(?:[ 　]{0,3}[:：是为叫]|[ 　]{1,3}))"
    rf"[ 　]{{0,3}}(?P<value>(?:{_DOUBLE_SURNAMES}){_GIVEN}{{1,2}}"
    rf"|[{_SURNAMES}](?:[ 　]?{_GIVEN}){{1,2}}|[{_SURNAMES}][*某×xX]{{1,2}})"
    rf"|(?:(?<=联系人)|(?<=姓名))(?P<local>[{_SURNAMES}]{_GIVEN}{{1,2}})(?=[，,。;；\n（( ]|$)"
)
# A two-character name before a verb: 我叫王芳住在 is 王芳, not 王芳住.
_NOT_GIVEN = set("是住在家今年有的来自想要电男女现和与于向已因对也就都会为这我你他她们很联身")


def _trim_name(text: str, start: int, end: int) -> int:
    while end - start > 2 and text[end - 1] in _NOT_GIVEN:
        end -= 1
    return end


# A number of five characters or more; without one none of the kinds that are numbers occurs.
_LONG_NUMBER = re.compile(r"\d[\d .\-—)）]{4}")


# A name stands behind one of the first; one of the second says that it is a name that follows.
_ANNOUNCING = frozenset(f"{character}人" for character in "系映诉报电请助议访言") | {
    *("我叫", "人叫", "名叫", "名字叫", "名字是", "姓名", "户主", "签名", "落款", "此致"),
}
_ANNOUNCED = frozenset(
    [
        "叫",
        "人:",
        "人：",
        "人是",
        "人为",
        "人 ",
        "联系人",
        "名字是",
        "姓名",
        "户主",
        "签名",
        "落款",
        "此致",
    ]
)


class _Finder(NamedTuple):
    """A kind, two cheap looks whether it can occur at all, its pattern, and a last check.

    Attributes:
        words: one word of each group stands wherever the pattern matches.
        core: what the pattern matches, without what must stand beside it. Such a search skips
            from one possible beginning to the next; a pattern that begins by looking back is
            tried at every character.
        is_number: whether the text must hold a long number.
    """

    kind: str
    pattern: re.Pattern[str]
    words: tuple[frozenset[str], ...] = ()
    core: re.Pattern[str] | None = None
    is_number: bool = False
    check: Check = _always

    def may_match(self, text: str, found: AbstractSet[str]) -> bool:
        """Whether the pattern can match a text in which these of the words were found."""
        if any(found.isdisjoint(group) for group in self.words):
            return False
        return self.core is None or self.core.search(text) is not None


def _words(*words: str) -> frozenset[str]:
    return frozenset(words)


# In order of preference: where two claim the same characters, the earlier one has them.
_FINDERS = (
    _Finder("电子邮箱", _EMAIL, (_words("@"),)),
    _Finder(
        "身份证号",
        _IDENTITY,
        core=re.compile(r"[1-8]\d{5}[ \-]?\d{2}"),
        is_number=True,
        check=_is_identity,
    ),
    _Finder("身份证号", _NAMED_IDENTITY, (_words("身份证"),)),
    _Finder(
        "银行卡号",
        _BANK_CARD,
        core=re.compile(r"[3-6]\d{3}[ \-]?\d{4}[ \-]?\d{4}"),
        is_number=True,
        check=_is_bank_card,
    ),
    _Finder(
        "银行卡号",
        _NAMED_ACCOUNT,
        (_words("卡号", "银行卡", "账号", "帐号", "账户", "帐户"),),
        re.compile(r"\d[\d \-]{10}"),
    ),
    _Finder(
        "手机号", _MOBILE, core=re.compile(f"{_MOBILE_DIGITS}|{_SPACED_MOBILE}"), is_number=True
    ),
    _Finder("手机号", _SPELT_MOBILE, (_words("一三", "一五", "一七", "一八", "一九", "幺"),)),
    _Finder(
        "固定电话",
        _LANDLINE,
        core=re.compile(rf"{_WITH_AREA_CODE}|(?:{_CALLS})[^\d，。；\n]{{0,6}}{_LOCAL}"),
        is_number=True,
    ),
    _Finder("车牌号", _PLATE, core=re.compile("[A-Za-z]")),
    _Finder("微信号", _WECHAT, (_words("微信", "薇信", "威信", "V", "v", "W", "w"),)),
    _Finder("QQ号", _QQ, (_words("QQ", "Qq", "qQ", "qq", "扣扣", "企鹅号"),)),
    _Finder(NAME, _NAME, (_ANNOUNCING, _ANNOUNCED), check=_is_name),
)
_TRIGGERS = sorted({word for finder in _FINDERS for group in finder.words for word in group})
_SPOTTER = WordSpotter(_TRIGGERS)


def find_sensitive(text: str) -> tuple[SensitiveSpan, ...]:
    """Find personal data, in order and without overlap.

    >>> find_sensitive("我叫王小芳，电话13800138000，住3栋1202室，国发〔2019〕3号")
    (SensitiveSpan(start=2, end=5, kind='姓名'), SensitiveSpan(start=8, end=19, kind='手机号'))
    """
    found: list[SensitiveSpan] = []
    while new := _find_once(text):
        found += new
        for span in new:
            # What stood beside a number may be one of its own once that is gone.
            text = text[: span.start] + _FOUND * (span.end - span.start) + text[span.end :]
    return tuple(sorted(found))


_FOUND = "\ue000"


def _find_once(text: str) -> list[SensitiveSpan]:
    words = {_TRIGGERS[word] for word, _ in _SPOTTER.spot(text)}
    has_number = _LONG_NUMBER.search(text) is not None
    found: list[SensitiveSpan] = []
    for finder in _FINDERS:
        if (has_number or not finder.is_number) and finder.may_match(text, words):
            found += [span for span in _matches(text, finder) if _is_free(span, found)]
    return found


def _matches(text: str, finder: _Finder) -> Iterator[SensitiveSpan]:
    groups = [name for name in ("value", "local") if name in finder.pattern.groupindex]
    for match in finder.pattern.finditer(text):
        if finder.check(match):
            start, end = match.span(next((name for name in groups if match[name]), 0))
            end = _trim_name(text, start, end) if finder.kind == NAME else end
            yield SensitiveSpan(start, end, finder.kind)


def _is_free(span: SensitiveSpan, taken: list[SensitiveSpan]) -> bool:
    return all(span.end <= other.start or other.end <= span.start for other in taken)


def placeholder(kind: str) -> str:
    """What stands where personal data of a kind stood."""
    return f"［{kind}］"


def mask(text: str) -> str:
    """Replace personal data by its kind.

    >>> mask("联系我 138 0013 8000")
    '联系我 ［手机号］'
    """
    pieces, position = [], 0
    for start, end, kind in find_sensitive(text):
        pieces += [text[position:start], placeholder(kind)]
        position = end
    return "".join([*pieces, text[position:]])
