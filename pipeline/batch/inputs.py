"""Which files a run reads: files, folders and patterns, in an order that never changes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.errors import InputError, OutputError

# What systems and programs leave in folders, and what nobody means to have tagged.
_LITTER = {".ds_store", "thumbs.db", "desktop.ini"}


def rejected_path(output: Path) -> Path:
    """Return where the rows that could not be tagged are listed."""
    return output.with_name(f"{output.name}.rejected.csv")


def run_folder(output: Path) -> Path:
    """Return where an unfinished run keeps what it has done."""
    return output.with_name(f".{output.name}.run")


def find_inputs(given: Sequence[Path], *, output: Path) -> list[Path]:
    """Return the files that are meant, sorted within a folder, each once.

    What the run itself writes is never read, and never overwritten.

    Raises:
        InputError: a path does not exist, or a folder or pattern holds no file.
        OutputError: the output is one of the files named.
    """
    own = {output.absolute(), rejected_path(output).absolute()}
    found: dict[Path, None] = {}
    for path in given:
        files = list(_files(path, own, run_folder(output).absolute()))
        if not files:
            raise InputError(f"{path} 里没有文件。请检查路径。", f"There are no files in {path}.")
        found.update(dict.fromkeys(files))
    _refuse_overwriting(list(found), output)
    return list(found)


def _files(path: Path, own: set[Path], run: Path) -> Iterator[Path]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            inside = file.absolute()
            litter = file.name.casefold() in _LITTER or file.name.startswith("~$")
            if file.is_dir() or litter or inside in own or run in inside.parents:
                continue
            yield file
    elif path.exists():
        yield path
    elif any(sign in str(path) for sign in "*?["):
        root = Path(path.anchor) if path.is_absolute() else Path()
        pattern = str(path.relative_to(path.anchor)) if path.is_absolute() else str(path)
        matches = sorted(f for f in root.glob(pattern) if not f.is_dir())
        yield from (f for f in matches if f.absolute() not in own)
    else:
        raise InputError(f"找不到文件 {path}。请检查路径。", f"File not found: {path}.")


def _refuse_overwriting(inputs: Sequence[Path], output: Path) -> None:
    if any(path.exists() and output.exists() and path.samefile(output) for path in inputs):
        raise OutputError(
            f"输出 {output} 就是输入文件，会把它覆盖。请换一个名字。",
            f"The output {output} is one of the inputs; choose another name.",
        )
