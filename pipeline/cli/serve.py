"""`wuwei serve`: the API and the pages."""

import os
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from pipeline import registry
from pipeline.cli.shared import load_note_reader, say
from pipeline.home import models_dir
from pipeline.notes import NoteReader
from pipeline.triage import Triage, assemble

if TYPE_CHECKING:
    from service.running import Build
    from service.served import Source
    from service.settings import Settings

_MULTIPROC = "PROMETHEUS_MULTIPROC_DIR"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="监听的地址。")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="监听的端口。"
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="几个进程。"
)
@click.option("--model", "name", metavar="NAME", help="固定用这个模型；不写则用现行的。")
@click.option(
    "--allow-host", "hosts", multiple=True, metavar="NAME", help="允许以这个名称访问；可写多次。"
)
@click.option(
    "--rate",
    default=50.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    help="每把密钥每秒几个请求（每个进程）。",
)
def serve(
    host: str, port: int, workers: int, name: str | None, hosts: tuple[str, ...], rate: float
) -> None:
    """启动服务：网页和 API。不用配置；SIGHUP 重新载入模型，SIGTERM 办完手头的再停。

    没有密钥时只在本机上开放；要给别的机器用，先 wuwei keys add。
    """
    with ExitStack() as stack:
        if workers > 1 and _MULTIPROC not in os.environ:
            # Before prometheus_client is imported: it looks at this once.
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="wuwei-metrics-"))
            os.environ[_MULTIPROC] = folder
        _serve(host, port, workers, name, hosts, rate)


def _serve(
    host: str, port: int, workers: int, name: str | None, hosts: tuple[str, ...], rate: float
) -> None:
    # Imported here: no other command should wait for the web framework.
    from service.logs import start_logging
    from service.running import check_keys, is_loopback, listen, run
    from service.served import warm_up
    from service.settings import Settings

    is_open = check_keys(host)
    source = _source(name)
    notes = load_note_reader(name)
    warm_up(notes.triage)
    settings = Settings(
        loopback=is_loopback(host),
        hosts=tuple(one.lower() for one in hosts),
        rate_per_second=rate,
        rate_burst=max(1, round(4 * rate)),
    )
    listening = listen(host, port)
    if is_open:
        say("没有密钥：本机上的任何人都可以使用。要限制，请先 wuwei keys add。")
    say(f"打开 http://{_shown(host)}:{listening.getsockname()[1]}/ 即可使用；Ctrl+C 停止。")
    start_logging()
    run(_builder(settings, notes, source), listening, workers=workers)


def _source(name: str | None) -> "Source":
    """Return where later models come from; the stamp is taken before the first is loaded."""
    from service.served import Source

    folder = models_dir()
    if name is not None:
        return Source(lambda now: assemble(registry.load(folder, name), now.segmenter))

    def load(now: Triage) -> Triage:
        return assemble(registry.serving_model(folder), now.segmenter)

    def stamp() -> object:
        return registry.serving_stamp(folder)

    return Source(load, stamp, stamp())


def _builder(settings: "Settings", notes: NoteReader, source: "Source") -> "Build":
    from service.app import create_app

    return lambda store: create_app(settings, notes.triage, store, notes=notes, source=source)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
