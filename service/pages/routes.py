"""The pages' addresses. But for the overview they hold no data: the script asks the API for it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from pipeline.errors import InputError
from service.context import Service
from service.pages.overview import build_overview
from service.pages.rendering import names_of, page, render
from service.pages.words import SOURCES
from service.principals import principal_of
from service.store import Filters

_STATIC = Path(__file__).parent / "static"
_LOGIN_ERRORS = {
    "key": "密钥不对，或已停用。请核对，或向管理员要一把新的。",
    "busy": "试的次数太多了。请过一会儿再试。",
}


class _Files(StaticFiles):
    """Files that a browser may keep but must ask about, so that an upgrade is seen at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def add_pages(app: FastAPI) -> None:
    """Add the pages and their files to an application."""
    app.mount("/static", _Files(directory=_STATIC), name="static")
    pages: dict[str, Callable[..., Any]] = {
        "/": _intake,
        "/notes": _notes,
        "/queue": _queue,
        "/overview": _overview,
        "/login": _login,
    }
    for path, endpoint in pages.items():
        app.add_api_route(path, endpoint, include_in_schema=False, response_class=HTMLResponse)


async def _intake(request: Request) -> Response:
    return page(request, "intake.html.j2", sources=SOURCES)


async def _notes(request: Request) -> Response:
    return page(request, "notes.html.j2")


async def _queue(request: Request) -> Response:
    return page(request, "queue.html.j2")


# `def`: the store blocks.
def _overview(request: Request, place: str = "", category: str = "", month: str = "") -> Response:
    principal = principal_of(request)
    if principal is None or not principal.may("analyst"):
        return page(request, "refused.html.j2")
    service: Service = request.app.state.service
    everything = service.store.counts()
    narrow = Filters(place=place or None, category=category or None, month=month or None)
    try:
        counts = everything if narrow == Filters() else service.store.counts(narrow)
    except InputError:
        return RedirectResponse("/overview", 303)  # somebody wrote a month by hand
    return page(
        request,
        "overview.html.j2",
        **build_overview(counts, names_of(service)),
        chosen={"place": place, "category": category, "month": month},
        counties=[(county, county) for county in everything.by_county if county],
        all_months=[(month, month) for month in sorted(everything.by_month, reverse=True)],
    )


async def _login(request: Request, error: str = "") -> Response:
    if principal_of(request) is not None:
        return RedirectResponse("/", 303)
    return render(request, "login.html.j2", error=_LOGIN_ERRORS.get(error, ""))
