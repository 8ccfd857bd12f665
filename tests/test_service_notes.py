"""`/notes`: a file or pasted text in, its asks out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from pipeline.notes import NoteReader
from pipeline.triage import Triage
from service.schemas.items import NotesResponse
from tests.service_clients import client_of, small_reader

NOTE = "院坝会记录\n老周：厂里的污水直接排进河里没人管，电话13800138000。\n散会。"


@pytest.fixture(scope="module")
def reader(triage: Triage) -> NoteReader:
    return small_reader(triage)


@pytest.fixture
def client(triage: Triage, reader: NoteReader, tmp_path: Path) -> Iterator[TestClient]:
    with client_of(triage, tmp_path, notes=reader, note_bytes=100_000) as client:
        yield client


def test_pasted_text_gives_its_asks_where_they_stand(client: TestClient) -> None:
    answer = client.post("/api/v1/notes", json={"text": NOTE})
    [note] = NotesResponse.model_validate(answer.json()).notes
    [ask] = note.asks
    assert "污水" in note.text[ask.start : ask.end]
    assert ask.speaker == "老周"
    assert ask.item is not None
    assert ask.item.category == "ecology"


def test_an_uploaded_file_gives_the_same_and_keeps_its_name(client: TestClient) -> None:
    file = {"file": ("院坝会.txt", NOTE.encode("gb18030"), "text/plain")}
    [note] = client.post("/api/v1/notes", files=file).json()["notes"]
    [pasted] = client.post("/api/v1/notes", json={"text": NOTE}).json()["notes"]
    assert note["source"] == "院坝会.txt"
    assert note["text"] == pasted["text"]
    assert len(note["asks"]) == 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("会议.exe", b"MZ"),
        ("会议", b"x"),
        ("会议.docx", b"PK\x03\x04 no archive"),
        ("会议.xlsx", b""),
        ("会议.txt", b""),
        ("../../etc/passwd", b"x"),
        ("a.t\0xt", b"x"),
        ("." * 300, b"x"),
    ],
)
def test_a_file_that_is_no_note_is_the_callers_fault(
    client: TestClient, name: str, data: bytes
) -> None:
    answer = client.post("/api/v1/notes", files={"file": (name, data)})
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"text": ""}', "application/json", 422),
        (b'{"text": "\\ud800"}', "application/json", 400),
        (b"text", "text/plain", 415),
        (b"--x\r\n", "multipart/form-data", 400),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422),
        (b"", "", 415),
    ],
)
def test_what_is_neither_file_nor_text_is_refused(
    client: TestClient, body: bytes, kind: str, status: int
) -> None:
    answer = client.post("/api/v1/notes", content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_file_too_large_is_not_read(client: TestClient) -> None:
    answer = client.post("/api/v1/notes", files={"file": ("a.txt", b"x" * 200_000)})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_nothing_of_a_file_is_left_behind(client: TestClient, tmp_path: Path) -> None:
    before = {path.name for path in Path("/dev/shm").glob("wuwei-*")}
    client.post("/api/v1/notes", files={"file": ("a.txt", NOTE.encode())})
    assert {path.name for path in Path("/dev/shm").glob("wuwei-*")} <= before


def test_without_a_model_of_kinds_notes_say_so(triage: Triage, tmp_path: Path) -> None:
    with client_of(triage, tmp_path) as client:
        answer = client.post("/api/v1/notes", json={"text": NOTE})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
