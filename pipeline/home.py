"""Where things live: the working home, the data files of `corpora/`, caches.

`WUWEI_HOME` decides. Without it the home is the checkout when the package runs from one,
else the user's data directory. A data file found under `<home>/corpora` is preferred to
the one shipped with the package, so another prefecture edits files, not code.
"""

import os
from pathlib import Path

import platformdirs

from pipeline.errors import DataFileError

_PACKAGE = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """Return the root of the source checkout this package runs from, or None."""
    root = _PACKAGE.parent
    is_checkout = (root / "pyproject.toml").is_file() and (root / "corpora").is_dir()
    return root if is_checkout else None


def home() -> Path:
    """Return the directory that holds `models/`, and `corpora/` where it is overridden."""
    if named := os.environ.get("WUWEI_HOME"):
        return Path(named).expanduser().absolute()  # workers may stand elsewhere
    return checkout() or Path(platformdirs.user_data_dir("wuwei", appauthor=False))


def models_dir() -> Path:
    """Return the directory of trained models (it may not exist yet)."""
    return home() / "models"


def cache_dir() -> Path:
    """Return a private directory for files that can be made again, creating it if needed."""
    path = Path(platformdirs.user_cache_dir("wuwei", appauthor=False))
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def data_path(name: str) -> Path:
    """Return the data file or folder `corpora/<name>`, the home's own one first.

    Raises:
        DataFileError: neither the home nor the package has it.
    """
    root = checkout()
    shipped = root / "corpora" if root else _PACKAGE / "_corpora"
    for folder in (home() / "corpora", shipped):
        if (folder / name).exists():
            return folder / name
    raise DataFileError(
        f"缺少数据文件 corpora/{name}。请重新安装，或把它放到 {home() / 'corpora'}。",
        f"Data file corpora/{name} is missing; reinstall, or put it under WUWEI_HOME.",
    )
