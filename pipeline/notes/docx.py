"""Word files: paragraphs, tables, headers and text boxes, as a person sees them.

A docx is a zip of XML. It is read without trust: sizes are checked before anything is
unpacked, and XML with a document type (the way to entity tricks) is refused. Text that a
tracked change deleted or moved away is left out, inserted text is kept.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from pipeline.archives import check_archive
from pipeline.errors import InputError
from pipeline.notes.note import COLUMN_NAMES, Piece
from pipeline.notes.numbering import Numbering, W, read_numbering

# A book of 1,000 pages unpacks to some 20 MB of XML; a bomb to gigabytes.
MOST_UNPACKED = 200 * 1024 * 1024
_GONE = {f"{W}del", f"{W}moveFrom", f"{W}delText", f"{W}instrText"}
_ENCRYPTED_OR_OLD = b"\xd0\xcf\x11\xe0"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def read_docx(path: Path) -> Iterator[Piece]:
    """Yield headers, then the body in order; a text box follows the paragraph it hangs on.

    Raises:
        InputError: the file is no docx, is damaged, has a password, or is not to be trusted.
    """
    parts = _open(path)
    body = _parse(path, parts, "word/document.xml", needed=True)
    numbering = read_numbering(
        _parse(path, parts, "word/numbering.xml"), _parse(path, parts, "word/styles.xml")
    )
    seen: set[str] = set()
    for name in sorted(n for n in parts.namelist() if re.fullmatch(r"word/header\d*\.xml", n)):
        header = _parse(path, parts, name)
        for piece in _blocks(header, numbering) if header is not None else []:
            if piece.text.strip() and piece.text not in seen:
                seen.add(piece.text)
                yield piece._replace(part="header")
    content = body.find(f"{W}body") if body is not None else None
    if content is not None:
        yield from _blocks(content, numbering)


def _open(path: Path) -> zipfile.ZipFile:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(_ENCRYPTED_OR_OLD):
        raise InputError(
            f"{path.name} 有密码保护，或其实是旧的 .doc 文件。请在 Word 中取消密码、另存为 .docx。",
            f"{path.name} is password protected or an old .doc; save it as .docx.",
        )
    try:
        return check_archive(path, "一份会议记录", most_unpacked=MOST_UNPACKED)
    except (zipfile.BadZipFile, OSError):
        raise _damaged(path) from None


def _parse(
    path: Path, parts: zipfile.ZipFile, name: str, *, needed: bool = False
) -> Element | None:
    try:
        data = parts.read(name)
    except KeyError:
        if needed:
            raise _damaged(path) from None
        return None
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        raise _damaged(path) from None
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InputError(
            f"{path.name} 含有不安全的 XML 声明，没有打开。请用 Word 重新另存一份。",
            f"{path.name} holds an XML document type; it was not opened.",
        )
    try:
        return ElementTree.fromstring(data)
    except ElementTree.ParseError:
        raise _damaged(path) from None


def _damaged(path: Path) -> InputError:
    return InputError(
        f"{path.name} 不是有效的 Word 文件（.docx），或已损坏。请用 Word 打开后重新另存为 .docx。",
        f"{path.name} is not a valid .docx, or is damaged.",
    )


def _blocks(parent: Element, numbering: Numbering) -> Iterator[Piece]:
    for child in parent:
        if child.tag == f"{W}p":
            yield from _paragraph(child, numbering)
        elif child.tag == f"{W}tbl":
            yield from _table(child, numbering)
        elif child.tag not in _GONE:  # content controls, custom XML and the like
            yield from _blocks(child, numbering)


def _paragraph(paragraph: Element, numbering: Numbering) -> Iterator[Piece]:
    text = "".join(_runs(paragraph))
    if text.strip():
        yield Piece(numbering.label(paragraph) + text.strip())
    for box in _boxes(paragraph):
        for piece in _blocks(box, numbering):
            yield piece._replace(part="box")


def _runs(element: Element) -> Iterator[str]:
    """Yield the visible text of a paragraph; what stands in text boxes comes by itself."""
    for child in element:
        if child.tag in _GONE or child.tag in (f"{W}txbxContent", _FALLBACK):
            continue
        if child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag == f"{W}tab":
            yield "\t"
        elif child.tag in (f"{W}br", f"{W}cr"):
            yield "\n"
        elif child.tag != f"{W}pPr":
            yield from _runs(child)


def _boxes(element: Element) -> Iterator[Element]:
    """Yield the contents of text boxes; an alternative for old programs is the same again."""
    for child in element:
        if child.tag == f"{W}txbxContent":
            yield child
        elif child.tag not in _GONE and child.tag != _FALLBACK:
            yield from _boxes(child)


def _table(table: Element, numbering: Numbering) -> Iterator[Piece]:
    """Yield a piece per row, its cells under the headings; nested tables follow their row."""
    headings: list[str] | None = None
    for row in table.findall(f"{W}tr"):
        if row.find(f"{W}trPr/{W}del") is not None:
            continue
        cells, nested = [], []
        for cell in _cells(row):
            blocks = [block for block in cell if block.tag == f"{W}p"]
            parts = [piece for block in blocks for piece in _paragraph(block, numbering)]
            cells.append(" ".join(p.text.replace("\n", " ") for p in parts))
            nested += [block for block in cell if block.tag == f"{W}tbl"]
        if headings is None:
            headings = cells if len(cells) > 1 and all(0 < len(c) <= 12 for c in cells) else []
            yield Piece("\t".join(cells), part=COLUMN_NAMES if headings else "body")
        elif any(cells):
            yield Piece("\t".join(cells), _named(headings, cells))
        for inner in nested:
            yield from _table(inner, numbering)


def _named(headings: Sequence[str], cells: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Merged cells leave a row shorter than its headings; it is then not told apart."""
    return tuple(zip(headings, cells, strict=True)) if len(headings) == len(cells) else ()


def _cells(row: Element) -> Iterator[Element]:
    for child in row:
        if child.tag == f"{W}tc":
            yield child
        elif child.tag == f"{W}sdt":
            yield from (cell for content in child for cell in _cells(content))
