"""What every endpoint can reach: the parts that `create_app` put together."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from service.gate import Gate
from service.keyring import KeyRing
from service.metrics import Metrics
from service.served import Served
from service.sessions import Sessions
from service.settings import Settings
from service.store import Store


@dataclass(frozen=True)
class Service:
    """The parts of a running service."""

    settings: Settings
    served: Served
    store: Store
    ring: KeyRing
    sessions: Sessions
    metrics: Metrics
    gate: Gate
    bulk: Gate


async def _service(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


Parts = Annotated[Service, Depends(_service)]
