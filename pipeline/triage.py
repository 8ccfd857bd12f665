"""The whole flow in one small object: a sentence in, a tagged item out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pipeline.departments import Departments
from pipeline.documents import read_document
from pipeline.errors import InputError
from pipeline.gazetteer import Gazetteer
from pipeline.home import cache_dir, data_path
from pipeline.model import Model
from pipeline.records import Document, Prediction, Rejection, TaggedItem
from pipeline.review import review_reasons
from pipeline.router import Router
from pipeline.segmenter import Segmenter, read_lexicon
from pipeline.taxonomy import Taxonomy
from pipeline.urgency import UrgencyPhrases

_BATCH = 256


@dataclass(frozen=True)
class Triage:
    """Reads, sorts and routes messages with one model.

    >>> triage = getfixture("triage")
    >>> triage.triage("村里的污水直接排到河里，请派人来管").prediction.category
    'ecology'
    """

    model: Model
    segmenter: Segmenter
    router: Router

    def triage(self, text: str, *, id: str = "") -> TaggedItem:
        """Tag one message.

        Raises:
            InputError: the text is empty or too long.
        """
        [result] = self.pipe([(id, text)])
        if isinstance(result, Rejection):
            raise InputError(
                f"{result.detail}。请检查输入的文字。", f"Cannot read this text: {result.reason}."
            )
        return result

    def pipe(
        self,
        messages: Iterable[tuple[str, str]],
        *,
        masked: bool = False,
        batch_size: int = _BATCH,
    ) -> Iterator[TaggedItem | Rejection]:
        """Tag `(id, text)` pairs lazily: one result each, in order, in bounded memory.

        Args:
            masked: replace personal data in the text by its kind.
        """
        messages = iter(messages)
        while batch := list(islice(messages, batch_size)):
            read = [read_document(text, self.segmenter, id=id, masked=masked) for id, text in batch]
            yield from self._tag_batch(read)

    def _tag_batch(self, read: Sequence[Document | Rejection]) -> Iterator[TaggedItem | Rejection]:
        documents = [document for document in read if isinstance(document, Document)]
        tagged = iter(map(self._tag, documents, self.model.predict(documents)))
        for document in read:
            yield next(tagged) if isinstance(document, Document) else document

    def _tag(self, document: Document, prediction: Prediction) -> TaggedItem:
        taxonomy, thresholds = self.model.taxonomy, self.model.thresholds
        routing = self.router.route(document, prediction)
        reasons = review_reasons(
            document, prediction, routing, thresholds, fallback=taxonomy.fallback
        )
        return TaggedItem(
            document=document,
            prediction=prediction,
            routing=routing,
            category_names=taxonomy.categories,
            topic_names=taxonomy.topic_names,
            review_reasons=reasons,
            model=self.model.version,
        )


def load_segmenter(gazetteer: Gazetteer) -> Segmenter:
    """Build the segmenter with the shipped (or the home's own) lexicon and place names."""
    words = read_lexicon(data_path("lexicon.txt"))
    places = [name for place in gazetteer.places for name in (place.name, *place.aliases)]
    return Segmenter([*words, *places], cache_folder=cache_dir())


def assemble(model: Model, segmenter: Segmenter | None = None) -> Triage:
    """Put a model together with the data files it is used with."""
    gazetteer = Gazetteer.from_file(data_path("gazetteer.csv"))
    # Duties are checked against the taxonomy on disk; a model with its own categories
    # (`--taxonomy auto`) simply finds no duty clauses for them.
    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    departments = Departments.from_file(data_path("departments.toml"), taxonomy)
    router = Router(
        taxonomy=model.taxonomy,
        departments=departments,
        gazetteer=gazetteer,
        urgency=UrgencyPhrases.from_file(data_path("urgency.toml")),
    )
    return Triage(model, segmenter or load_segmenter(gazetteer), router)
