"""What an operator may set, and the limits that hold where nothing is set."""

import secrets
from dataclasses import dataclass, field

MiB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the service behaves; the defaults suit one office and a laptop.

    Attributes:
        loopback: only this machine can reach the service. Then, and only while no key was
            ever made, it answers without keys.
        hosts: names by which the service may be addressed (`Host`), beside those of the
            loopback. Empty: any name once keys exist, only the loopback's before.
        session_secret: signs sessions; one for all workers. A new one at each start means
            that clerks sign in again after a restart.
        session_seconds: how long a session lasts.
        rate_per_second, rate_burst: requests a key may make, per worker.
        compute_waiting: single messages that may wait for the processor; more get 429.
        in_flight: requests of any kind in the works, and of bulk work (`/tag`, `/notes`).
        body_bytes, tag_bytes, note_bytes: the largest bodies that are read.
        body_seconds: how long a body may take to arrive.
    """

    loopback: bool = True
    hosts: tuple[str, ...] = ()
    session_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    session_seconds: int = 12 * 3600
    rate_per_second: float = 50.0
    rate_burst: int = 200
    compute_waiting: int = 16
    in_flight: int = 128
    bulk_in_flight: int = 4
    body_bytes: int = MiB
    tag_bytes: int = 16 * MiB
    note_bytes: int = 20 * MiB
    body_seconds: float = 30.0
