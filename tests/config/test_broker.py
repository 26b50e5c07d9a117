"""The broker in a folder: many processes, no message lost, none twice, nobody falls over."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from kombu import Connection

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
import config.celery
from kombu import Connection
folder, name, count = sys.argv[1:]
options = {"data_folder_in": folder + "/queue", "data_folder_out": folder + "/queue",
           "control_folder": folder + "/control"}
with Connection("folder://localhost", transport_options=options) as connection:
    queue = connection.SimpleQueue("work")
    for number in range(int(count)):
        queue.put({"id": f"{name}-{number}"})
"""
READER = """
import json, sys
import config.celery
from queue import Empty
from kombu import Connection
folder = sys.argv[1]
options = {"data_folder_in": folder + "/queue", "data_folder_out": folder + "/queue",
           "control_folder": folder + "/control", "polling_interval": 0.001}
got = []
with Connection("folder://localhost", transport_options=options) as connection:
    queue = connection.SimpleQueue("work")
    while True:
        try:
            message = queue.get(timeout=2)
        except Empty:
            break
        got.append(message.payload["id"])
        message.ack()
print(json.dumps(got))
"""


@pytest.fixture
def folder(tmp_path):
    for name in ("queue", "control"):
        (tmp_path / name).mkdir()
    return tmp_path


def start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def connection_to(folder):
    options = {
        "data_folder_in": str(folder / "queue"),
        "data_folder_out": str(folder / "queue"),
        "control_folder": str(folder / "control"),
    }
    return Connection("folder://localhost", transport_options=options)


def test_readers_and_writers_at_once_lose_nothing_and_take_nothing_twice(folder):
    readers = [start(READER, folder) for _ in range(2)]
    writers = [start(WRITER, folder, name, 300) for name in ("a", "b")]

    received = [each for reader in readers for each in json.loads(reader.communicate()[0])]

    assert [writer.wait() for writer in writers] == [0, 0]
    assert sorted(received) == sorted(f"{name}-{number}" for name in "ab" for number in range(300))
    assert list((folder / "queue").iterdir()) == []


def test_an_empty_message_left_by_a_power_cut_is_dropped(folder):
    with connection_to(folder) as connection:
        queue = connection.SimpleQueue("work")
        (folder / "queue" / "0-cut.work.msg").touch()
        queue.put({"id": "whole"})

        message = queue.get(timeout=2)

    assert message.payload == {"id": "whole"}
