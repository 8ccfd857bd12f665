"""Cutting text into words: the only module that knows jieba.

jieba's module-level functions share one dictionary across a process; a private tokenizer
keeps our lexicon ours. Its dictionary cache goes into a private folder, because jieba's
own default is a marshal file in the shared temporary folder.
"""

import logging
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from pipeline.errors import DataFileError

with warnings.catch_warnings():
    # jieba asks the deprecated pkg_resources where its dictionary lies.
    warnings.simplefilter("ignore")
    import jieba

# Characters without a break; longer than this nobody writes.
LONGEST_RUN = 500
_MAYBE_SPECIAL = re.compile(rf"://|www\.|@|[㐀-鿿\U00020000-\U0003ffff]{{{LONGEST_RUN}}}")
_WHOLE = re.compile(
    r"(?P<address>(?:https?|ftp)://[!-;=?-~]{1,2000}|www\.[A-Za-z0-9][!-;=?-~]{1,2000}"
    r"|(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4})"
    rf"|[㐀-鿿\U00020000-\U0003ffff]{{{LONGEST_RUN},}}"
)

logging.getLogger("jieba").setLevel(logging.WARNING)


class Segmenter:
    """A jieba tokenizer (HMM on) with a lexicon of words that stay whole.

    Args:
        words: the lexicon and the place names.
        cache_folder: a private folder for jieba's dictionary cache.

    >>> segmenter = Segmenter(["院坝夜话"], cache_folder=getfixture("tmp_path"))
    >>> segmenter.cut("昨晚的院坝夜话说了修路")
    ['昨晚', '的', '院坝夜话', '说', '了', '修路']
    """

    def __init__(self, words: Iterable[str] = (), *, cache_folder: Path) -> None:
        self._tokenizer = jieba.Tokenizer()
        self._tokenizer.tmp_dir = str(cache_folder)
        self._tokenizer.cache_file = str(cache_folder / "jieba.cache")
        self._tokenizer.initialize()
        for word in words:
            self._tokenizer.add_word(word)

    def cut(self, text: str) -> list[str]:
        """Cut a text into words; joined they are the text again, blanks included.

        An address is one word.

        >>> segmenter = getfixture("segmenter")
        >>> segmenter.cut("见https://a.gov.cn/x?y=1，发a.b@c.cn")
        ['见', 'https://a.gov.cn/x?y=1', '，', '发', 'a.b@c.cn']
        """
        if not _MAYBE_SPECIAL.search(text):
            return list(self._tokenizer.cut(text, HMM=True))
        words: list[str] = []
        position = 0
        for whole in _WHOLE.finditer(text):
            words += self._tokenizer.cut(text[position : whole.start()], HMM=True)
            position = whole.end()
            words += [whole.group()] if whole["address"] else self._cut_run(whole.group())
        return [*words, *self._tokenizer.cut(text[position:], HMM=True)]

    def _cut_run(self, run: str) -> Iterator[str]:
        """Cut a very long run a piece at a time: jieba's Viterbi is quadratic in its length."""
        for start in range(0, len(run), LONGEST_RUN):
            yield from self._tokenizer.cut(run[start : start + LONGEST_RUN], HMM=True)


@cache
def read_general_dictionary() -> Mapping[str, int]:
    """Read jieba's own dictionary: words with how often they were counted.

    Source: `dict.txt` of jieba, about 349,000 words.
    """
    with jieba.get_dict_file() as file:
        rows = (line.decode("utf-8").split(" ", 2) for line in file)
        return {word: int(count) for word, count, *_ in rows}


def read_lexicon(path: Path) -> list[str]:
    """Read `lexicon.txt`: one word a line, `#` starts a comment.

    Raises:
        DataFileError: a word stands twice, is a single character, or contains a blank.
    """
    words: list[str] = []
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), 1):
        word = line.partition("#")[0].strip()
        if not word:
            continue
        if len(word) < 2 or len(word.split()) > 1 or word in words:
            raise DataFileError(
                f"{path.name}：第 {number} 行的词 {word!r} 重复、只有一个字或含空格。"
                "请改正或删去。",
                f"{path.name}: line {number}: {word!r} is repeated, too short or has a blank.",
            )
        words.append(word)
    return words
