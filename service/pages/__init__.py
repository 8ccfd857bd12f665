"""The pages for clerks: taking messages in, meeting notes, the queue, the overview.

Server-rendered templates and a little script of our own, which talks to the API. No build
step, nothing from elsewhere; a citizen's words reach the page as text only.
"""

from service.pages.routes import add_pages

__all__ = ["add_pages"]
