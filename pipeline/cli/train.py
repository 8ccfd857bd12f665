"""`wuwei train`: a model from labelled messages."""

import time
from pathlib import Path

import click

from pipeline import registry
from pipeline.cli.shared import DEFAULT, as_paths, load_shipped_segmenter, say
from pipeline.corpus import read_labelled
from pipeline.errors import WuweiError
from pipeline.home import data_path, models_dir
from pipeline.taxonomy import Taxonomy
from pipeline.training import train as train_model


@click.command()
@click.option(
    "--corpus",
    "corpora",
    multiple=True,
    metavar="FILE",
    help="标注文件或文件夹；默认 corpora/messages。",
)
@click.option(
    "--taxonomy", default=None, metavar="FILE|auto", help="分类体系；auto 用数据里出现的类别。"
)
@click.option("--name", default=DEFAULT, show_default=True, help="模型的名字。")
@click.option("--seed", default=0, show_default=True, help="随机种子。")
@click.option(
    "--accept-error",
    "target_error",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="不经人看就通过的留言里，容许的差错比例。",
)
@click.option(
    "--rare",
    default="refuse",
    show_default=True,
    type=click.Choice(["refuse", "fold"]),
    help="不足 5 条的类别：拒绝训练，或并入“其他”。",
)
def train(
    corpora: tuple[str, ...],
    taxonomy: str | None,
    name: str,
    seed: int,
    target_error: float,
    rare: str,
) -> None:
    """训练一个模型，存到 models/NAME。同样的语料和版本得到同样的权重。"""
    registry.check_name(name)
    started = time.monotonic()
    paths = as_paths(corpora) or [data_path("messages")]
    if taxonomy == "auto":
        messages = read_labelled(paths)
        categories = Taxonomy.from_labels(m.category for m in messages)
    else:
        categories = _read_taxonomy(taxonomy)
        messages = read_labelled(paths, categories)
    model = train_model(
        messages, categories, load_shipped_segmenter(), name=name, seed=seed,
        target_error=target_error, fold_rare=rare == "fold", progress=say,
    )  # fmt: skip
    folder = registry.save(model, models_dir())
    held_out = model.card["held_out"]
    say(
        f"已存到 {folder}（{time.monotonic() - started:.0f} 秒）。留出数据：准确率 "
        f"{held_out['accuracy']:.3f}，宏平均 F1 {held_out['macro_f1']:.3f}；"
        f"自动通过 {model.thresholds.coverage:.0%}，"
        f"差错不超过 {model.thresholds.target_error:.0%}。"
    )


def _read_taxonomy(name: str | None) -> Taxonomy:
    path = Path(name).expanduser() if name else data_path("taxonomy.toml")
    if not path.is_file():
        raise WuweiError(
            f"找不到分类体系文件 {path}。请检查路径，或写 auto。",
            f"Taxonomy file not found: {path}; name a file, or auto.",
        )
    return Taxonomy.from_file(path)
