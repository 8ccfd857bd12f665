"""Reading stretches of tables, which are streams: there is no way to a row but past the others."""

from collections.abc import Iterator
from itertools import islice

from pipeline.batch.sources import Reading, Source, read_rows
from pipeline.tables import Row


class SpanReader:
    """Reads stretches of rows; in ascending order they cost one pass over a table together.

    Opening the table anew for every stretch would make the last of a million rows five
    hundred times as dear as the first.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._source: Source | None = None
        self._rows: Iterator[Row] = iter(())
        self._position = 0

    def read(self, source: Source, start: int, stop: int) -> list[Row]:
        """Return the rows `start` to `stop` (counted from 0) of a source.

        Raises:
            InputError: as `read_rows`.
        """
        if source != self._source or start < self._position:
            self._source, self._rows, self._position = source, read_rows(source, self._reading), 0
        skipped = start - self._position
        self._position = stop
        return list(islice(self._rows, skipped, skipped + stop - start))
