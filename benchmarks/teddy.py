"""The trainer of the default model on the seven-category messages of Teddy Cup 2020 C.

    python benchmarks/teddy.py [teddy_tokens.csv]

Learns on each team's published training rows and is judged on its test rows, once with all
of them and once without those that have an exact copy among the training rows. The file
holds messages already cut and without stop words: its words are used as tokens as they are,
and joined they are the text that the character views read. Nothing is chosen here: the
recipe is the default model's, found by cross-validation (`benchmarks/recipes.py`).

The peer in the same run is what others would do: a linear SVM on TF-IDF of word 1-2-grams
and character 1-3-grams.
"""

import csv
import sys
import time
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC

from pipeline.corpus import LabelledMessage
from pipeline.records import Document
from pipeline.taxonomy import Taxonomy
from pipeline.training import fit

Row = tuple[Document, LabelledMessage, dict[str, str]]


def read_rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [_read_row(row) for row in csv.DictReader(file)]


def _read_row(row: dict[str, str]) -> Row:
    tokens = tuple(row["tokens"].split())
    text = "".join(tokens)
    document = Document(id=row["row"], raw=text, text=text, tokens=tokens)
    message = LabelledMessage(row["row"], text, row["label"], group=row["dup_group"])
    return document, message, row


def predict_ours(train: list[Row], test: list[Row]) -> list[str]:
    documents, messages, _ = zip(*train, strict=True)
    taxonomy = Taxonomy.from_labels(m.category for m in messages)
    model = fit(documents, messages, taxonomy)
    return [p.category for p in model.predict([document for document, *_ in test])]


def predict_peer(train: list[Row], test: list[Row]) -> list[str]:
    words = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    peer = make_pipeline(make_union(words, characters), LinearSVC())
    texts = [[" ".join(document.tokens) for document, *_ in part] for part in (train, test)]
    return list(peer.fit(texts[0], [m.category for _, m, _ in train]).predict(texts[1]))


def main() -> None:
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/real/teddy_tokens.csv")
    rows = read_rows(path)
    print("| split | trainer | test rows | macro-F1 | accuracy | no copies | macro-F1 | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    for split in ("syu_split", "mars_split"):
        train = [row for row in rows if row[2][split] == "train"]
        test = [row for row in rows if row[2][split] == "test"]
        copied = {row[2]["dup_group"] for row in train}
        fresh = [i for i, row in enumerate(test) if row[2]["dup_group"] not in copied]
        gold = [m.category for _, m, _ in test]
        for name, predict in (("linear SVM", predict_peer), ("wuwei", predict_ours)):
            start = time.perf_counter()
            said = predict(train, test)
            seconds = time.perf_counter() - start
            rest = f1_score([gold[i] for i in fresh], [said[i] for i in fresh], average="macro")
            print(
                f"| {split} | {name} | {len(test)} | {f1_score(gold, said, average='macro'):.4f} "
                f"| {accuracy_score(gold, said):.4f} | {len(fresh)} | {rest:.4f} | {seconds:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
