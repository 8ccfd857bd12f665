"""Which encoding a text file has. Strict UTF-8 first, then GB18030, then ask: never guess.

GB18030 accepts nearly any bytes, so it must not come first; statistical guessers read short
GBK as Korean (measured, see the house notes).
"""

import codecs
from pathlib import Path

from pipeline.errors import InputError

_CANDIDATES = ("utf-8-sig", "gb18030")
_BLOCK = 1 << 20
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_MAGIC = {
    b"PK\x03\x04": "xlsx/docx/zip",
    b"\xd0\xcf\x11\xe0": "xls/doc",
    b"%PDF": "pdf",
    b"\x89PNG": "png",
    b"\xff\xd8\xff": "jpg",
    b"\x1f\x8b": "gzip",
    b"PAR1": "parquet",
    b"SQLite": "sqlite",
}
# Real text has next to no control characters; a file with this share of them is no text.
_MOST_CONTROL = 0.02
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\x0b\x0c\x1a\x1b")


def find_encoding(path: Path, *, forced: str | None = None) -> str:
    """Return the encoding of a text file, reading all of it once in constant memory.

    Args:
        forced: the encoding the user names; it is only checked.

    Raises:
        InputError: the file is empty, is another kind of file under a text file's name,
            or is in no encoding we can be sure of.
    """
    with path.open("rb") as file:
        head = file.read(_BLOCK)
    if not head.strip(b"\xef\xbb\xbf\r\n\t \x00"):
        raise InputError(f"{path.name} 是空文件。请检查导出是否成功。", f"{path.name} is empty.")
    _refuse_other_kinds(path, head)
    if forced is not None:
        return _checked(path, forced)
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            return _checked(path, encoding)
    _refuse_binary(path, head)
    for encoding in _CANDIDATES:
        if _decodes(path, encoding):
            return encoding
    raise InputError(
        f"{path.name} 既不是 UTF-8 也不是 GB18030（GBK）编码的文字。"
        "请用 Excel 或记事本另存为 UTF-8 后再试。",
        f"{path.name} is neither UTF-8 nor GB18030 text; save it as UTF-8.",
    )


def _checked(path: Path, encoding: str) -> str:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise InputError(
            f"没有 {encoding} 这种编码。常用：utf-8、gb18030、utf-16、big5。",
            f"Unknown encoding {encoding}; try utf-8, gb18030, utf-16 or big5.",
        ) from None
    if not _decodes(path, encoding):
        raise InputError(
            f"{path.name} 不是 {encoding} 编码的文字，或已损坏。请换一种编码，或重新导出。",
            f"{path.name} is not valid {encoding} text.",
        )
    return encoding


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            raise InputError(
                f"{path.name} 的内容是 {kind}，不是 {path.suffix} 文字表格。请改用正确的后缀名。",
                f"{path.name} holds {kind}, not {path.suffix} text; give it the right suffix.",
            )


def _refuse_binary(path: Path, head: bytes) -> None:
    control = sum(head.count(byte) for byte in _CONTROL)
    if control > _MOST_CONTROL * len(head):
        raise InputError(
            f"{path.name} 是二进制文件，不是文字表格。请确认选对了文件。",
            f"{path.name} is a binary file, not a text table.",
        )


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
