"""One measurement in a process of its own, so that its peak memory is its own.

The figures are of the whole process while it worked: CPU seconds of all its threads, so
that a busy machine or a second core changes them little, and the wall's seconds beside it.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

STATUS: Final = Path("/proc/self/status")
PEAK: Final = "VmHWM:"


class Work(msgspec.Struct, frozen=True):
    """What is to be measured: which reader, on which platform's files, with which folder."""

    reader: str
    platform: str
    paths: list[str]
    folder: str


class Measurement(msgspec.Struct, frozen=True):
    """What one reader needed for one dump; ``problem`` says why it could not read it."""

    reader: str
    platform: str
    items: int = 0
    shared: int = 0
    megabytes: float = 0.0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    peak_megabytes: float = 0.0
    problem: str = ""

    @property
    def items_per_cpu_second(self) -> float:
        return self.items / self.cpu_seconds if self.cpu_seconds else 0.0

    @property
    def items_per_second(self) -> float:
        return self.items / self.wall_seconds if self.wall_seconds else 0.0

    @property
    def megabytes_per_cpu_second(self) -> float:
        return self.megabytes / self.cpu_seconds if self.cpu_seconds else 0.0


def measured_apart(work: Work) -> Measurement:
    """Have ``work`` done and measured by a new process."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.readers"],
        input=msgspec.json.encode(work),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Measurement)


def measured(work: Work, read: Callable[[Work], tuple[int, int]]) -> Measurement:
    """Do ``work`` here; ``read`` gives how many items there were, and how many were shared."""
    wall, cpu = time.perf_counter(), time.process_time()
    items, shared = read(work)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Measurement(
        reader=work.reader,
        platform=work.platform,
        items=items,
        shared=shared,
        megabytes=sum(Path(path).stat().st_size for path in work.paths) / 1e6,
        cpu_seconds=cpu,
        wall_seconds=wall,
        peak_megabytes=peak_bytes() / 1e6,
    )


def peak_bytes() -> int:
    """The most memory this process had resident, mapped files included.

    Linux lets a new process inherit its parent's figure in ``ru_maxrss``, but not in ``VmHWM``.
    """
    if STATUS.exists():
        lines = STATUS.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(PEAK))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
