"""Cutting text into words: the only module that knows jieba.

jieba's module-level functions share one dictionary across a process; a private tokenizer
keeps our lexicon ours. Its dictionary cache goes into a private folder, because jieba's
own default is a marshal file in the shared temporary folder.
"""

import logging
import warnings
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pipeline.errors import DataFileError

with warnings.catch_warnings():
    # jieba asks the deprecated pkg_resources where its dictionary lies.
    warnings.simplefilter("ignore")
    import jieba

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
        """Cut a text into words; joined they are the text again, blanks included."""
        return list(self._tokenizer.cut(text, HMM=True))


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
