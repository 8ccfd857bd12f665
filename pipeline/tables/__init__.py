"""Tables in and out: csv, tsv, xlsx, jsonl, txt, one row at a time."""

from pipeline.tables.columns import Columns, choose_columns
from pipeline.tables.read import Row, Table, open_tables
from pipeline.tables.write import Writer, open_writer

__all__ = ["Columns", "Row", "Table", "Writer", "choose_columns", "open_tables", "open_writer"]
