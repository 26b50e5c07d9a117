"""The app, and the rows that it needs to exist: one for each platform that has a reader."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.apps.registry import Apps
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string


class PlatformsConfig(AppConfig):
    name = "platforms"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        post_migrate.connect(add_missing_platforms, sender=self)


def add_missing_platforms(apps: Apps = installed, **kwargs: Any) -> None:
    """After each migration, and each time the tests emptied the tables."""
    if "platform" not in apps.all_models["platforms"]:
        return
    # Actions import models, which do not exist yet when this module is loaded.
    import_string("platforms.actions.add_missing_platforms")()
