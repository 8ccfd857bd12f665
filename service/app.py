"""Putting the application together. Importing this module does no work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from pipeline.notes import NoteReader
from pipeline.triage import Triage
from service.access import Access
from service.background import Background
from service.context import Service
from service.endpoints import figures, health, login, notes, reference, similar, submissions
from service.endpoints import suggest as suggesting
from service.gate import Gate
from service.headers import SecurityHeaders
from service.keyring import KeyRing
from service.limits import Limits
from service.logs import RequestLog
from service.metrics import Metrics
from service.openapi import add_openapi
from service.pages import add_pages
from service.problems import add_handlers
from service.rates import Buckets
from service.served import Served, Source
from service.sessions import Sessions
from service.settings import Settings
from service.store import Store

_ENDPOINTS = (suggesting, notes, submissions, similar, reference, figures, health, login)


def create_app(
    settings: Settings,
    triage: Triage,
    store: Store,
    *,
    notes: NoteReader | None = None,
    source: Source | None = None,
) -> FastAPI:
    """Build the application around a loaded flow and an open store.

    Args:
        notes: reads meeting notes; without it `/notes` answers 503.
        source: where another model comes from; without it the first one serves to the end.
    """
    parts = _parts(settings, Served(triage, notes=notes, source=source), store)
    app = FastAPI(
        title="五微民意分拣",
        version=version("wuwei"),
        openapi_url="/api/openapi.json",
        docs_url=None,  # they would load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.service = parts
    app.state.background = Background(parts.served, store)
    app.state.attempts = Buckets(rate=0.2, burst=10)
    for module in _ENDPOINTS:
        app.include_router(module.router)
    add_handlers(app)
    add_openapi(app)
    add_pages(app)
    # The last one added is the first that a request meets.
    app.add_middleware(Limits, settings=settings)
    app.add_middleware(Access, settings=settings, ring=parts.ring, sessions=parts.sessions)
    app.add_middleware(RequestLog, metrics=parts.metrics)
    app.add_middleware(SecurityHeaders)
    return app


def _parts(settings: Settings, served: Served, store: Store) -> Service:
    return Service(
        settings=settings,
        served=served,
        store=store,
        ring=KeyRing(store),
        sessions=Sessions(settings),
        metrics=Metrics(),
        gate=Gate(waiting=settings.compute_waiting),
        bulk=Gate(waiting=settings.bulk_in_flight),
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    background: Background = app.state.background
    background.start()
    yield
    background.stop()
