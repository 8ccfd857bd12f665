"""Word files made by hand, part by part, so that a test says exactly what is in them."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

_SPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


def write_docx(path: Path, body: str, **parts: str) -> Path:
    """Write a docx of a body and other parts (`numbering`, `styles`, `header1`)."""
    kinds: Mapping[str, str] = {"numbering": "numbering", "styles": "styles"}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", "<Types/>")
        file.writestr(
            "word/document.xml", f"<w:document {_SPACES}><w:body>{body}</w:body></w:document>"
        )
        for name, content in parts.items():
            tag = kinds.get(name, "hdr")
            file.writestr(f"word/{name}.xml", f"<w:{tag} {_SPACES}>{content}</w:{tag}>")
    return path


def p(text: str, *, list_id: int | None = None, depth: int = 0, style: str = "") -> str:
    """A paragraph, in a list or of a style where asked."""
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if list_id is not None:
        properties += f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{list_id}"/></w:numPr>'
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """A table; a cell that starts with `<` is taken as it is."""
    made = ""
    for row in rows:
        cells = "".join(f"<w:tc>{cell if cell.startswith('<') else p(cell)}</w:tc>" for cell in row)
        made += f"<w:tr>{cells}</w:tr>"
    return f"<w:tbl>{made}</w:tbl>"


def levels(*formats: tuple[str, str], start: int = 1) -> str:
    """A list (id 1) whose levels are `(format, text)`, e.g. `("chineseCounting", "%1、")`."""
    made = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{style}"/>'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
        for depth, (style, text) in enumerate(formats)
    )
    return (
        f'<w:abstractNum w:abstractNumId="7">{made}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>'
    )
