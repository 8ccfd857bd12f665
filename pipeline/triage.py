"""The whole flow in one small object: a sentence in, a tagged item out."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pipeline.addressees import Addressing
from pipeline.departments import Departments
from pipeline.documents import read_document
from pipeline.errors import InputError
from pipeline.gazetteer import Gazetteer
from pipeline.home import cache_dir, data_path
from pipeline.levels import Levels
from pipeline.model import Model
from pipeline.records import Document, Message, Prediction, Rejection, TaggedItem
from pipeline.review import review_reasons
from pipeline.router import Router
from pipeline.rules import Rules
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

    def triage(self, text: str, *, id: str = "", station: str = "") -> TaggedItem:
        """Tag one message, taken by a station (path or name) where that is known.

        Raises:
            InputError: the text is empty or too long.
        """
        [result] = self.pipe([Message(id, text, station)])
        if isinstance(result, Rejection):
            raise InputError(
                f"{result.detail}。请检查输入的文字。", f"Cannot read this text: {result.reason}."
            )
        return result

    def pipe(
        self,
        messages: Iterable[Message | tuple[str, str]],
        *,
        masked: bool = False,
        batch_size: int = _BATCH,
    ) -> Iterator[TaggedItem | Rejection]:
        """Tag messages (or `(id, text)` pairs) lazily: one result each, in order.

        Args:
            masked: replace personal data in the text by its kind.
            batch_size: how many messages are held at once.
        """
        waiting = (Message(*message) for message in messages)
        while batch := list(islice(waiting, batch_size)):
            read = [read_document(m.text, self.segmenter, id=m.id, masked=masked) for m in batch]
            yield from self._tag_batch(read, [m.station for m in batch])

    def _tag_batch(
        self, read: Sequence[Document | Rejection], stations: Sequence[str]
    ) -> Iterator[TaggedItem | Rejection]:
        documents = [document for document in read if isinstance(document, Document)]
        predictions = iter(self.model.predict(documents))
        for document, station in zip(read, stations, strict=True):
            if isinstance(document, Document):
                yield self._tag(document, next(predictions), station)
            else:
                yield document

    def _tag(self, document: Document, prediction: Prediction, station: str) -> TaggedItem:
        taxonomy, thresholds = self.model.taxonomy, self.model.thresholds
        routing = self.router.route(document, prediction, station=station)
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
    return Segmenter([*words, *gazetteer.words], cache_folder=cache_dir())


def assemble(model: Model, segmenter: Segmenter | None = None) -> Triage:
    """Put a model together with the data files it is used with."""
    gazetteer = Gazetteer.from_file(data_path("gazetteer.csv"))
    # Duties are checked against the taxonomy on disk; a model with its own categories
    # (`--taxonomy auto`) simply finds no duty clauses for them.
    taxonomy = Taxonomy.from_file(data_path("taxonomy.toml"))
    departments = Departments.from_file(data_path("departments.toml"), taxonomy)
    router = load_router(model.taxonomy, departments, gazetteer, taxonomy)
    return Triage(model, segmenter or load_segmenter(gazetteer), router)


def load_router(
    model_taxonomy: Taxonomy,
    departments: Departments,
    gazetteer: Gazetteer,
    taxonomy: Taxonomy | None = None,
) -> Router:
    """Put the router together from the data files in use.

    Args:
        model_taxonomy: the one the model decides by; rules are checked against `taxonomy`,
            the one on disk, where that is another.
    """
    routing = data_path("routing.toml")
    return Router(
        taxonomy=model_taxonomy,
        departments=departments,
        gazetteer=gazetteer,
        urgency=UrgencyPhrases.from_file(data_path("urgency.toml")),
        addressing=Addressing.from_file(data_path("addressing.toml"), departments),
        rules=Rules.from_file(routing, taxonomy or model_taxonomy, departments),
        levels=Levels.from_file(routing),
    )
