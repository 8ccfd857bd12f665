"""Meeting notes: reading them from files, as paragraphs that lead back to the source."""

from pipeline.notes.note import Note, Paragraph
from pipeline.notes.reading import from_text, read_notes

__all__ = ["Note", "Paragraph", "from_text", "read_notes"]
