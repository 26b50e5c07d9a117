"""Django's PostgreSQL engine, which starts the embedded server on the first connection.

Commands that open no connection therefore start nothing. Without ``OPTIONS["embedded"]`` the
engine is Django's own. ``OPTIONS["autostart"]`` off leaves a server that is down as it is.
"""

from pathlib import Path
from typing import Any

from django.db.backends.postgresql import base, client
from django.db.utils import OperationalError

from config.embedded import Cluster, EmbeddedPostgresError


class DatabaseClient(client.DatabaseClient):
    """``manage.py dbshell`` with the psql that ships with the server."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Any
    ) -> tuple[list[str], dict[str, str] | None]:
        arguments, environment = super().settings_to_cmd_args_env(settings_dict, parameters)
        if cluster := _cluster(settings_dict):
            arguments[0] = str(cluster.program("psql"))
        return arguments, environment

    def runshell(self, parameters: Any) -> None:
        self.connection.ensure_connection()
        super().runshell(parameters)


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        parameters: dict[str, Any] = super().get_connection_params()
        for ours in ("embedded", "autostart", "durable"):
            parameters.pop(ours, None)
        return parameters

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        cluster = _cluster(self.settings_dict)
        if cluster is None:
            return super().get_new_connection(conn_params)
        try:
            return self._connect(cluster, conn_params)
        except EmbeddedPostgresError as error:
            raise OperationalError(str(error)) from error

    def _connect(self, cluster: Cluster, conn_params: dict[str, Any]) -> Any:
        cluster.join()
        if not self.settings_dict["OPTIONS"].get("autostart", True):
            return super().get_new_connection(conn_params)
        _have_database(cluster, conn_params["dbname"])
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            # It was killed in between, or recovers from the death of one of its children.
            cluster.start()
            return super().get_new_connection(conn_params)


def _cluster(settings_dict: dict[str, Any]) -> Cluster | None:
    options = settings_dict["OPTIONS"]
    if "embedded" not in options:
        return None
    return Cluster.at(Path(options["embedded"]), durable=options.get("durable", True))


# The databases that this process has seen, by folder and name. Django's tests drop theirs, and
# must not find it made anew.
_seen: set[tuple[Path, str]] = set()


def _have_database(cluster: Cluster, name: str) -> None:
    """Have the server run, and on first use the database be there."""
    if (cluster.folder, name) in _seen:
        if not cluster.is_running():
            cluster.start()
        return
    cluster.start()
    cluster.create_database(name)
    _seen.add((cluster.folder, name))
