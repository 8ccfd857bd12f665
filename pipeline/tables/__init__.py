"""Tables in and out: csv, tsv, xlsx, jsonl, parquet, txt, one row at a time."""

from pipeline.tables.columns import Columns, choose_columns
from pipeline.tables.reading import open_tables
from pipeline.tables.table import Row, Table
from pipeline.tables.write import Writer, open_writer

__all__ = ["Columns", "Row", "Table", "Writer", "choose_columns", "open_tables", "open_writer"]
