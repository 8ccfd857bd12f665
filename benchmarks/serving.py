"""How many suggestions a second one worker gives, how late, and what it does with too many.

    python -m benchmarks.serving [--seconds 10] [--requests 100000] [--quick]

A real `wuwei serve` and a client in a process of its own, over the loopback: 200-character
messages put together from the corpus, each another. The client keeps to a schedule ("open
loop"): a request is late from the moment it should have been sent, so a slow server cannot
hide by slowing the client down. It holds a bounded number of connections. An empty FastAPI
endpoint with the same server, in the same run, says what the machine gives at best.

Where "starved" is more than a few per cent, other programs held the processor, and rates and
times are theirs as much as ours; "CPU ms/request" still tells.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from pipeline.home import data_path, home

ROOT = Path(__file__).resolve().parents[1]
CHARACTERS = 200
CONNECTIONS = 64

SERVE = "from pipeline.cli import main; main()"
# The same service, with every computation handed to a thread.
IN_THREADS = f"import service.endpoints.suggest as s; s._SHORT = 0; {SERVE}"
# The same without httptools and uvloop: h11 and asyncio's own loop.
PLAIN = f"import sys; sys.modules['uvloop'] = sys.modules['httptools'] = None; {SERVE}"
EMPTY = """
import sys, uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
class Message(BaseModel):
    text: str
app = FastAPI()
@app.post("/api/v1/suggest")
async def empty(message: Message) -> dict[str, str]:
    return {"status": "ok"}
uvicorn.run(app, port=int(sys.argv[-1]), access_log=False, log_level="error")
"""


@dataclass
class Result:
    """What came back: statuses, and the lateness of the accepted in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)
    unsent: int = 0
    seconds: float = 0.0
    cpu: float = 0.0  # seconds the server computed
    starved: float = 0.0  # seconds it could have, but others had the processor

    def row(self, name: str) -> str:
        accepted = self.statuses[200]
        times = [f"{1000 * quantile(self.late, q):.1f}" for q in (0.5, 0.99)]
        shed = self.statuses[429]
        other = sum(self.statuses.values()) - accepted - shed
        cpu = f"{1000 * self.cpu / max(1, sum(self.statuses.values())):.2f}"
        starved = f"{self.starved / self.seconds:.0%}"
        cells = [
            name,
            f"{accepted / self.seconds:.0f}",
            *times,
            cpu,
            starved,
            str(shed),
            str(other),
        ]
        return f"| {' | '.join([*cells, str(self.unsent)])} |"


HEADING = (
    "| | accepted/s | median ms | p99 ms | CPU ms/request | starved | 429 | other | not sent |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def quantile(values: list[float], q: float) -> float:
    """Return a quantile; 0 where there is nothing."""
    return sorted(values)[min(len(values) - 1, int(q * len(values)))] if values else 0.0


def read_messages(count: int) -> list[bytes]:
    """Return so many requests, each with another text of 200 characters."""
    texts = [
        json.loads(line)["text"]
        for path in sorted(data_path("messages").glob("*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    choose = random.Random(0)
    return [_request("".join(choose.sample(texts, 6))[:CHARACTERS]) for _ in range(count)]


def _request(text: str) -> bytes:
    body = json.dumps({"text": text}, ensure_ascii=False).encode()
    head = (
        "POST /api/v1/suggest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """One kept-alive connection with one request at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[int] | None = None
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        match = re.search(rb"content-length: (\d+)", head, re.I)
        if found and match and len(rest) >= int(match[1]) and self.answer:
            self.buffer = b""
            self.answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self.answer and not self.answer.done():
            self.answer.set_result(0)

    async def ask(self, request: bytes) -> int:
        assert self.transport
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self.answer


def measured(process: subprocess.Popen[bytes], work: Coroutine[Any, Any, Result]) -> Result:
    """Run the client; add what the server spent meanwhile."""
    before = cpu_of(process), starved_of(process)
    result = asyncio.run(work)
    result.cpu = cpu_of(process) - before[0]
    result.starved = starved_of(process) - before[1]
    return result


async def load(port: int, requests: list[bytes], *, rate: float, count: int) -> Result:
    """Send `count` requests at a steady rate over a bounded number of connections."""
    loop = asyncio.get_running_loop()
    made = [
        (await loop.create_connection(Connection, "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    free, result, working = deque(made), Result(), set[asyncio.Task[None]]()

    async def one(connection: Connection, request: bytes, due: float) -> None:
        status = await connection.ask(request)
        result.statuses[status] += 1
        if status == 200:
            result.late.append(loop.time() - due)
        free.append(connection)

    start = loop.time()
    for i in range(count):
        due = start + i / rate
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        if not free:
            result.unsent += 1
            await asyncio.sleep(0)
            continue
        task = asyncio.create_task(one(free.popleft(), requests[i % len(requests)], due))
        working.add(task)
        task.add_done_callback(working.discard)
    await asyncio.gather(*working)
    result.seconds = loop.time() - start
    for connection in made:
        assert connection.transport
        connection.transport.close()
    return result


async def saturate(port: int, requests: list[bytes], *, at_once: int, seconds: float) -> Result:
    """Ask as fast as answers come, `at_once` at a time ("closed loop")."""
    loop, result = asyncio.get_running_loop(), Result()
    until = loop.time() + seconds

    async def asker(number: int) -> None:
        _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
        for request in requests[number::at_once] * 1_000:
            sent = loop.time()
            if sent > until:
                break
            result.statuses[await connection.ask(request)] += 1
            result.late.append(loop.time() - sent)
        assert connection.transport
        connection.transport.close()

    started = loop.time()
    await asyncio.gather(*(asker(number) for number in range(at_once)))
    result.seconds = loop.time() - started
    return result


@contextmanager
def running(code: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Start a server in a process of its own; yield it and its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        environment = os.environ | {"WUWEI_DATABASE_URL": f"sqlite:///{folder}/a.sqlite3"}
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-c", code, *arguments, "--port", str(port)],
                cwd=ROOT, env=environment, stdout=stream, stderr=stream,
            )  # fmt: skip
        try:
            _wait_for(port, process, log)
            yield process, port
        finally:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            process.wait(60)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1_200):
        if process.poll() is not None:
            sys.exit(log.read_text("utf-8"))
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            time.sleep(0.5)
            return
        time.sleep(0.1)
    sys.exit("the server does not listen")


@contextmanager
def tagging(port: int, requests: list[bytes]) -> Iterator[None]:
    """Keep one `/tag` with all these messages going, beside whatever else is asked."""
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in requests]
    body = json.dumps({"items": [{"id": ""} | one for one in bodies]})
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            connection = HTTPConnection("127.0.0.1", port, timeout=120)
            connection.request("POST", "/api/v1/tag", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
            connection.close()

    thread = threading.Thread(target=keep_asking)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def cpu_of(process: subprocess.Popen[bytes]) -> float:
    """Return the seconds of processor time a server has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def starved_of(process: subprocess.Popen[bytes]) -> float:
    """Return the seconds its event loop was ready to run, but another process ran."""
    return int(Path(f"/proc/{process.pid}/schedstat").read_text("ascii").split()[1]) / 1e9


def memory_of(process: subprocess.Popen[bytes]) -> float:
    """Return resident memory in MB."""
    status = Path(f"/proc/{process.pid}/status").read_text("ascii")
    match = re.search(r"VmRSS:\s+(\d+)", status)
    return int(match[1]) / 1024 if match else 0.0


def measure_speed(requests: list[bytes], seconds: float) -> float:
    """Print the closed-loop figures of all variants; return the service's rate."""
    print(f"\n## As fast as answers come, 8 at a time, {seconds:.0f} s\n\n{HEADING}")
    rates = {}
    for name, code, arguments in (
        ("empty FastAPI endpoint", EMPTY, []),
        ("suggest, on the event loop", SERVE, ["serve"]),
        ("suggest, in a thread", IN_THREADS, ["serve"]),
        ("suggest, without httptools and uvloop", PLAIN, ["serve"]),
    ):
        with running(code, *arguments) as (process, port):
            asyncio.run(saturate(port, requests, at_once=2, seconds=2))
            result = measured(process, saturate(port, requests, at_once=8, seconds=seconds))
            print(result.row(name), flush=True)
            rates[name] = result.statuses[200] / result.seconds
    empty, served = rates["empty FastAPI endpoint"], rates["suggest, on the event loop"]
    print(f"\nRatio to the empty endpoint: {served / empty:.2f}")
    return served


def measure_load(requests: list[bytes], capacity: float, seconds: float) -> None:
    """Print how late answers are at rates below, and at twice, what the worker can do."""
    print(f"\n## At a steady rate, at most {CONNECTIONS} connections, {seconds:.0f} s\n\n{HEADING}")
    with running(SERVE, "serve") as (process, port):
        asyncio.run(saturate(port, requests, at_once=2, seconds=2))
        for rate in (100.0, 200.0, 300.0, round(0.8 * capacity), round(2 * capacity)):
            result = measured(process, load(port, requests, rate=rate, count=int(rate * seconds)))
            print(result.row(f"{rate:.0f}/s offered"), flush=True)
        with tagging(port, requests[:1_000]):
            result = measured(process, load(port, requests, rate=100.0, count=int(100 * seconds)))
            print(result.row("100/s beside /tag with 1,000 items"), flush=True)
        after = measured(process, saturate(port, requests, at_once=1, seconds=2))
        print(after.row("afterwards, one at a time"))
        assert process.poll() is None


def measure_memory(requests: list[bytes], total: int) -> None:
    """Print resident memory over many requests."""
    print(f"\n## Memory over {total} requests\n\n| requests | MB |\n|---|---|")
    with running(SERVE, "serve") as (process, port):
        done = 0
        asyncio.run(saturate(port, requests, at_once=2, seconds=2))
        print(f"| start | {memory_of(process):.0f} |")
        while done < total:
            result = asyncio.run(saturate(port, requests, at_once=8, seconds=20))
            done += sum(result.statuses.values())
            print(f"| {done} | {memory_of(process):.0f} |", flush=True)


def main() -> None:
    """Run all of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=10.0)
    options.add_argument("--requests", type=int, default=100_000)
    options.add_argument("--quick", action="store_true", help="no memory run")
    chosen = options.parse_args()
    requests = read_messages(20_000)
    print(f"# Serving, one worker\n\nHome {home()}, load average {os.getloadavg()[0]:.1f}")
    capacity = measure_speed(requests, chosen.seconds)
    measure_load(requests, capacity, chosen.seconds)
    if not chosen.quick:
        measure_memory(requests, chosen.requests)


if __name__ == "__main__":
    main()
