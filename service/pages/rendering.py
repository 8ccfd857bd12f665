"""Templates, and what every page needs to know: who is here, which page, the model's names."""

import json
from functools import cache
from typing import Any

import jinja2
from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from service.context import Service
from service.pages.overview import share
from service.pages.words import Names, page_words
from service.principals import Principal, principal_of

_TABS = (("/", "录入"), ("/notes", "会议记录"), ("/queue", "待核"), ("/overview", "概览"))
_FOR_ANALYSTS = {"/overview"}


def page(request: Request, template: str, **shown: Any) -> Response:
    """Render a page for whoever has signed in; everybody else is sent to do so."""
    principal = principal_of(request)
    if principal is None:
        return RedirectResponse("/login", 303)
    service: Service = request.app.state.service
    names = names_of(service)
    frame = {
        "who": principal.name,
        "tabs": _tabs_for(principal),
        "here": request.url.path,
        "words": json.dumps(page_words(names.taxonomy, names.departments), ensure_ascii=False),
        "categories": names.taxonomy.categories,
        "model": service.served.version,
    }
    return render(request, template, **frame, **shown)


def render(request: Request, template: str, **shown: Any) -> Response:
    """Render a template, for whoever asks."""
    token = getattr(request.state, "csrf_token", "")
    return HTMLResponse(_environment().get_template(template).render(csrf_token=token, **shown))


def names_of(service: Service) -> Names:
    """Return the names by which the serving model and router know things."""
    triage = service.served.triage
    return Names(triage.model.taxonomy, triage.router.departments)


def _tabs_for(principal: Principal) -> list[tuple[str, str]]:
    is_analyst = principal.may("analyst")
    return [tab for tab in _TABS if is_analyst or tab[0] not in _FOR_ANALYSTS]


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("service.pages", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = share
    environment.globals.update(who=None, model=None, words="{}")
    return environment
