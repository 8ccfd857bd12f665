"""Meeting notes: from files to paragraphs, segments, and single asks that can be routed."""

from pipeline.notes.flow import NoteReader, TaggedAsk
from pipeline.notes.note import Note, Paragraph
from pipeline.notes.reading import from_text, read_notes

__all__ = ["Note", "NoteReader", "Paragraph", "TaggedAsk", "from_text", "read_notes"]
