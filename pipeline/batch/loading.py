"""How a worker process, here or on another machine, comes by the triage."""

from dataclasses import dataclass
from pathlib import Path

from pipeline import registry
from pipeline.errors import ModelError
from pipeline.triage import Triage, assemble


@dataclass(frozen=True)
class LoadModel:
    """Loads a named model; small, picklable, and equal to another that loads the same."""

    models: Path
    name: str
    version: str

    def __call__(self) -> Triage:
        """Return the triage.

        Raises:
            ModelError: another model has taken the name since the run began.
        """
        triage = assemble(registry.load(self.models, self.name))
        if triage.model.version != self.version:
            raise ModelError(
                f"运行中模型 {self.name} 变了（{self.version} → {triage.model.version}）。"
                "请重新开始这次运行。",
                f"Model {self.name} changed during the run; start the run again.",
            )
        return triage
