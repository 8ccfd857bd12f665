"""Compiles the kernel while the package is built; without a compiler the package does without.

hatchling knows no extensions. hatch-cython would add them, but a failed compile fails the
install there, and ours must not: the kernel is fast, and jieba gives the same answers.
`WUWEI_NO_KERNEL=1` leaves it out on purpose, `WUWEI_REQUIRE_KERNEL=1` is for building wheels.
In a checkout `python hatch_build.py` compiles in place.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # compiling in place needs no hatchling
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
SOURCES = sorted((ROOT / "pipeline/kernel").glob("_*.pyx"))
# Sums must round as Python's do: no fused multiply-add, no other order.
FLAGS = [] if os.name == "nt" else ["-O3", "-g0", "-ffp-contract=off"]


class KernelHook(BuildHookInterface):  # type: ignore[misc]
    """Adds the compiled kernel to a wheel, or puts it beside its source for an editable one."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        self.folder = tempfile.TemporaryDirectory(prefix="wuwei-kernel-")
        try:
            if os.environ.get("WUWEI_NO_KERNEL"):
                raise RuntimeError("WUWEI_NO_KERNEL is set")
            modules = compile_kernel(Path(self.folder.name))
        # A missing compiler ends in SystemExit, a missing Cython in ImportError, and so on.
        except (Exception, SystemExit) as error:
            self.folder.cleanup()
            if os.environ.get("WUWEI_REQUIRE_KERNEL"):
                raise
            self.app.display_warning(
                "没有编译快速内核，将使用 jieba（结果相同，较慢）。"
                f" | The kernel was not compiled, jieba is used instead: {error}"
            )
            return
        if version == "editable":
            put_in_place(modules)
        else:
            for module in modules:
                build_data["force_include"][str(module)] = f"pipeline/kernel/{module.name}"
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "folder"):
            self.folder.cleanup()


def compile_kernel(folder: Path, flags: list[str] = FLAGS) -> list[Path]:
    """Compile the kernel under a folder and return the modules' paths.

    Nothing is written into the source tree, which may be read-only or shared by versions.
    """
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    extensions = [
        Extension(
            source.stem,
            [str(shutil.copy(source, folder))],
            extra_compile_args=flags,
            extra_link_args=flags,
        )
        for source in SOURCES
    ]
    compiled = cythonize(extensions, quiet=True, build_dir=str(folder / "c"))
    command = Distribution({"name": "wuwei-kernel", "ext_modules": compiled}).get_command_obj(
        "build_ext"
    )
    command.build_lib, command.build_temp = str(folder), str(folder / "objects")
    command.ensure_finalized()
    command.run()
    return [Path(command.get_ext_fullpath(source.stem)) for source in SOURCES]


def put_in_place(modules: list[Path]) -> None:
    """Put modules beside their sources, each whole at once: others may be importing them."""
    for module in modules:
        target = SOURCES[0].parent / module.name
        draft = target.with_name(f".{target.name}.part")
        shutil.copy(module, draft)
        draft.replace(target)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="wuwei-kernel-") as name:
        put_in_place(compile_kernel(Path(name), FLAGS + sys.argv[1:]))
