"""Cutting text into words: the only module that knows jieba.

What is cut is what jieba cuts, with a lexicon of our own. jieba's module-level functions share
one dictionary across a process; a private tokenizer keeps our lexicon ours. Its dictionary
cache goes into a private folder, because jieba's own default is a marshal file in the shared
temporary folder. Where the kernel was compiled, jieba is only asked for its dictionary, once:
the kernel gives the same words (`pipeline.kernel`) and starts in milliseconds.
"""

import hashlib
import logging
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pipeline import kernel
from pipeline.errors import DataFileError

# Characters without a break; longer than this nobody writes.
LONGEST_RUN = 500
_LONG_RUN = re.compile(rf"[㐀-鿿\U00020000-\U0003ffff]{{{LONGEST_RUN}}}")
_WHOLE = re.compile(
    r"(?P<address>(?:https?|ftp)://[!-;=?-~]{1,2000}|www\.[A-Za-z0-9][!-;=?-~]{1,2000}"
    r"|(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4})"
    rf"|[㐀-鿿\U00020000-\U0003ffff]{{{LONGEST_RUN},}}"
)

# What jieba's HMM is made of.
_PROBABILITIES = tuple(f"finalseg/prob_{part}.py" for part in ("start", "trans", "emit"))

_ENTRY = re.compile(r"^(\S+) (\d+)", re.M)

Cut = Callable[[str], list[str]]


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
        lexicon = tuple(words)
        self._cutter = _make_cutter(lexicon, cache_folder) if kernel.available() else None
        self._cut: Cut = self._cutter.cut if self._cutter else _reference_cut(lexicon, cache_folder)

    def cut(self, text: str) -> list[str]:
        """Cut a text into words; joined they are the text again, blanks included.

        An address is one word.

        >>> segmenter = getfixture("segmenter")
        >>> segmenter.cut("见https://a.gov.cn/x?y=1，发a.b@c.cn")
        ['见', 'https://a.gov.cn/x?y=1', '，', '发', 'a.b@c.cn']
        """
        if not _may_be_special(text):
            return self._cut(text)
        words: list[str] = []
        position = 0
        for whole in _WHOLE.finditer(text):
            words += self._cut(text[position : whole.start()])
            position = whole.end()
            words += [whole.group()] if whole["address"] else self._cut_run(whole.group())
        return [*words, *self._cut(text[position:])]

    def boundaries(self, texts: Sequence[str]) -> kernel.Boundaries:
        """Return where the words of `cut` end, for many texts; with the kernel no word is made."""
        special = [i for i, text in enumerate(texts) if _may_be_special(text)]
        if self._cutter is None:
            return kernel.Boundaries.of_words(tuple(self.cut(text)) for text in texts)
        parts, done = [], 0
        for i in special:
            parts.append(self._cutter.boundaries(texts[done:i]))
            parts.append(kernel.Boundaries.of_words([tuple(self.cut(texts[i]))]))
            done = i + 1
        return kernel.Boundaries.joined([*parts, self._cutter.boundaries(texts[done:])])

    def _cut_run(self, run: str) -> Iterator[str]:
        """Cut a very long run a piece at a time: jieba's Viterbi is quadratic in its length."""
        for start in range(0, len(run), LONGEST_RUN):
            yield from self._cut(run[start : start + LONGEST_RUN])


def _may_be_special(text: str) -> bool:
    """Whether an address, or a very long run, may stand in a text: hardly ever."""
    if "://" in text or "www." in text or "@" in text:
        return True
    return len(text) >= LONGEST_RUN and _LONG_RUN.search(text) is not None


def make_tokenizer(words: Sequence[str], cache_folder: Path) -> Any:
    """Return a private `jieba.Tokenizer` with the words added: the reference for every cut."""
    tokenizer = _import_jieba().Tokenizer()
    tokenizer.tmp_dir = str(cache_folder)
    tokenizer.cache_file = str(cache_folder / "jieba.cache")
    tokenizer.initialize()
    for word in words:
        tokenizer.add_word(word)
    return tokenizer


def _import_jieba() -> Any:
    """Import jieba late: with the tables of the kernel at hand nothing needs it."""
    with warnings.catch_warnings():
        # jieba asks the deprecated pkg_resources where its dictionary lies.
        warnings.simplefilter("ignore")
        import jieba.finalseg
    logging.getLogger("jieba").setLevel(logging.WARNING)
    return jieba


def _reference_cut(words: Sequence[str], cache_folder: Path) -> Cut:
    return partial(_cut_with, make_tokenizer(words, cache_folder))


def _cut_with(tokenizer: Any, text: str) -> list[str]:
    return list(tokenizer.cut(text, HMM=True))


def _make_cutter(words: Sequence[str], cache_folder: Path) -> kernel.Cutter:
    tables = kernel.cached_tables(
        cache_folder, _fingerprint(words), lambda: _flatten(make_tokenizer(words, cache_folder))
    )
    return kernel.Cutter(tables)


def _flatten(tokenizer: Any) -> kernel.Tables:
    return kernel.build_tables(tokenizer, _import_jieba().finalseg)


def _fingerprint(words: Sequence[str]) -> str:
    """Digest everything the tables depend on: jieba's dictionary and HMM, our words in order."""
    digest = hashlib.sha256()
    for name in ("dict.txt", "__init__.py", *_PROBABILITIES):
        digest.update((_jieba_folder() / name).read_bytes())
    digest.update("\n".join(words).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _jieba_folder() -> Path:
    """Return where jieba lies without importing it."""
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise ImportError("jieba is not installed")
    return Path(spec.origin).parent


@cache
def read_general_dictionary() -> Mapping[str, int]:
    """Read jieba's own dictionary: words with how often they were counted.

    Source: `dict.txt` of jieba, about 349,000 words.
    """
    text = (_jieba_folder() / "dict.txt").read_text("utf-8")
    return {word: int(count) for word, count in _ENTRY.findall(text)}


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
