"""Errors an operator can mend. Shells show them as one sentence and exit with code 2."""


class WuweiError(Exception):
    """Something the person at the keyboard can put right.

    The message is Chinese first (the people who meet it are clerks), English behind it
    (so that it can be looked up and reported).

    >>> str(WuweiError("找不到文件 a.csv。请检查路径。", "File not found: a.csv."))
    '找不到文件 a.csv。请检查路径。 | File not found: a.csv.'
    """

    def __init__(self, chinese: str, english: str) -> None:
        super().__init__(chinese, english)
        self.chinese = chinese
        self.english = english

    def __str__(self) -> str:
        return f"{self.chinese} | {self.english}"


class DataFileError(WuweiError):
    """A file under `corpora/`, or a labelled file, does not say what it should."""


class InputError(WuweiError):
    """A file handed to a command cannot be read as what it claims to be."""


class OutputError(WuweiError):
    """A result cannot be written where it was asked for."""


class ModelError(WuweiError):
    """A model directory is missing, damaged, or made for something else."""
