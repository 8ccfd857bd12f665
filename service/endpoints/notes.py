"""`/notes`: a meeting note in, its asks out; nothing is kept."""

import os
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from pipeline.notes import Note, NoteReader, from_text, read_notes
from service.answers import Json
from service.context import Parts
from service.openapi import API, answers
from service.principals import Intake
from service.problems import Problem
from service.schemas import items as shapes

# A file system in memory: what citizens said should not reach a disk.
_MEMORY = Path("/dev/shm")
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {"file": {"type": "string", "format": "binary"}},
            }
        },
        "application/json": {"schema": shapes.NoteText.model_json_schema()},
    },
}

router = APIRouter(prefix=API, tags=["会议记录"])


@router.post(
    "/notes",
    responses=answers(shapes.NotesResponse, 415),
    openapi_extra={"requestBody": _BODY},
)
async def notes(request: Request, parts: Parts, _: Intake) -> Json:
    """读一份会议记录（.docx .txt .md .xlsx，或粘贴的文字），列出其中的诉求。不保存。"""
    reader = parts.served.notes
    if reader is None:
        raise Problem(
            503,
            "unavailable",
            "这里没有会议记录的段落模型。请管理员运行一次 wuwei notes。",
            "There is no model of kinds here; run wuwei notes once.",
        )
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        read = partial(_from_pasted, await _read_pasted(request))
    elif kind == "multipart/form-data":
        read = partial(_from_file, *await _read_upload(request))
    else:
        raise Problem(
            415,
            "unreadable",
            "请以 multipart/form-data 上传文件（字段 file），或以 JSON 发送 text。",
            "Send a file as multipart/form-data (field file), or text as JSON.",
        )
    found = await parts.bulk.run(lambda: _find_asks(reader, read()), is_short=False)
    return Json({"notes": found})


async def _read_pasted(request: Request) -> str:
    try:
        return shapes.NoteText.model_validate_json(await request.body()).text
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_input=False)) from None


async def _read_upload(request: Request) -> tuple[bytes, str]:
    async with request.form(max_files=1, max_fields=4) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Problem(
                422, "invalid", "没有文件。请在字段 file 中上传。", "The field file holds no file."
            )
        return await file.read(), file.filename or ""


def _from_pasted(text: str) -> list[Note]:
    return [from_text(text)]


def _from_file(data: bytes, name: str) -> list[Note]:
    """Read an upload under a name of our own; the client's only lends its suffix."""
    suffix = PurePath(name).suffix.lower()
    folder = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="wuwei-", dir=folder) as held:
        path = Path(held) / f"note{suffix if suffix.isascii() and suffix.isprintable() else ''}"
        path.write_bytes(data)
        found = read_notes(path)
    sheets = [note.source.removeprefix(path.name) for note in found]
    return [replace(n, source=f"{name}{s}") for n, s in zip(found, sheets, strict=True)]


def _find_asks(reader: NoteReader, found: list[Note]) -> list[dict[str, Any]]:
    return [
        {
            "source": note.source,
            "text": note.text,
            "asks": [ask.to_dict() for ask in reader.asks(note)],
        }
        for note in found
    ]
