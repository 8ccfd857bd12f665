"""Pages from templates: reports that open offline."""

from functools import cache
from typing import Any

import jinja2


def render(template: str, **values: Any) -> str:
    """Fill one of `pipeline/templates`.

    What is put in is escaped, and a name the template does not get is an error. Filters:
    `percent` (a share, 0–1), `number` (thousands parted), `points` (a difference of shares).
    """
    return environment("pipeline").get_template(template).render(**values)


@cache
def environment(package: str) -> jinja2.Environment:
    """Return the templates in the folder `templates` of a package.

    >>> text = "{{ 0.123 | percent }} {{ 1234 | number }} {{ -0.02 | points }} {{ '<b>' }}"
    >>> environment("pipeline").from_string(text).render()
    '12.3% 1,234 -2.0 &lt;b&gt;'
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "percent": lambda share: f"{share:.1%}",
        "number": lambda count: f"{count:,}",
        "points": lambda difference: f"{difference * 100:+.1f}",
    }
    return made
