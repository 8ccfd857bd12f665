"""From what people decided to a corpus: `wuwei corpus pull`.

    judgements (service, labelled files) → ledger → settle → training, held out, conflicts

Every judgement ever pulled stands once in a ledger, and everything else is derived from the
whole ledger anew: a second pull of the same things changes nothing, a decision that was
changed changes its row, and a labelled file need not be given again.
"""

from pipeline.harvest.judgements import ACCEPTED_WEIGHT, Judgement, Kind, clean
from pipeline.harvest.labelled import Labelled, Unusable, check, read_evaluation, read_judgements
from pipeline.harvest.pulling import Pulled, pull
from pipeline.harvest.settling import Settled, settle

__all__ = [
    "ACCEPTED_WEIGHT",
    "Judgement",
    "Kind",
    "Labelled",
    "Pulled",
    "Settled",
    "Unusable",
    "check",
    "clean",
    "pull",
    "read_evaluation",
    "read_judgements",
    "settle",
]
