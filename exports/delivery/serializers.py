"""What partners read: releases, manifests, problems."""

from typing import Any, cast
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from consent.decision import RULE_VERSION, Refusal
from exports.delivery.errors import REASONS
from exports.models import Dataset, File, Release
from exports.releases import Availability, Inventory, LeftOut, availability, supersedes
from platforms.models import Feed


class SilentFeedSerializer(serializers.Serializer[Feed]):
    """A platform that has told nothing for longer than it may. ``heard_at`` is null for never."""

    platform = serializers.CharField(source="platform_id")
    heard_at = serializers.DateTimeField(allow_null=True)
    may_be_silent_s = serializers.SerializerMethodField()

    def get_may_be_silent_s(self, feed: Feed) -> int:
        return round(feed.stale_after.total_seconds())


class ReleaseSerializer(serializers.ModelSerializer[Release]):
    """One version of a dataset. Its files may be replaced; see the manifest.

    While a platform of it is named in ``silent_feeds``, no file of it can be fetched.
    """

    dataset = serializers.CharField(source="dataset.slug")
    dataset_name = serializers.CharField(source="dataset.name")
    silent_feeds = serializers.SerializerMethodField()
    manifest = serializers.SerializerMethodField()

    class Meta:
        model = Release
        fields = (
            "id", "dataset", "dataset_name", "version", "published_at", "silent_feeds", "manifest",
        )  # fmt: skip

    @extend_schema_field(SilentFeedSerializer(many=True))
    def get_silent_feeds(self, release: Release) -> Any:
        return silent_feeds_of(self, release)

    def get_manifest(self, release: Release) -> str:
        return address(self, "api-manifest", release.pk)


class FileSerializer(serializers.ModelSerializer[File]):
    """A file that can be fetched now. ``consent_as_of`` is when it was built from consent.

    After ``usable_until`` something in it was last read too long ago: it is withdrawn then,
    and built again from what was read since.
    """

    consent_as_of = serializers.DateTimeField(source="snapshot_at")
    replaces = serializers.UUIDField(source="replaces_id", allow_null=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = File
        fields = (
            "id",
            "size",
            "rows",
            "parts_cut",
            "sha256",
            "consent_as_of",
            "usable_until",
            "replaces",
            "url",
        )

    def get_url(self, file: File) -> str:
        return address(self, "api-file", file.pk)


class TakenBackSerializer(serializers.Serializer[File]):
    """A file that could be fetched once. ``successor`` stands in its place."""

    id = serializers.UUIDField()
    sha256 = serializers.CharField()
    withdrawn_at = serializers.DateTimeField()
    reason = serializers.CharField(source="withdrawn_because")
    reason_text = serializers.SerializerMethodField()
    successor = serializers.SerializerMethodField()
    successor_state = serializers.SerializerMethodField()

    def get_reason_text(self, file: File) -> str:
        return REASONS.get(file.withdrawn_because, file.withdrawn_because)

    def get_successor(self, file: File) -> UUID:
        return inventory_of(self).stands_for(file).pk

    @extend_schema_field(serializers.ChoiceField([str(state) for state in Availability]))
    def get_successor_state(self, file: File) -> str:
        return availability(inventory_of(self).stands_for(file))


class LeftOutSerializer(serializers.Serializer[LeftOut]):
    """How many items one reason kept out. Each item counts once, for the first reason."""

    reason = serializers.ChoiceField(source="refusal", choices=[str(why) for why in Refusal])
    text = serializers.CharField()
    items = serializers.IntegerField()


class TermsSerializer(serializers.Serializer[Any]):
    """What the agreement admits.

    An item is in a release once its state was read again ``settle_hours`` after its
    publication or later, and until ``max_reading_age_days`` after it was last read.
    """

    platforms = serializers.ListField(child=serializers.CharField())
    media_kinds = serializers.ListField(child=serializers.CharField())
    adult = serializers.BooleanField()
    parts = serializers.ChoiceField(choices=Dataset.Parts.choices)
    settle_hours = serializers.IntegerField()
    max_reading_age_days = serializers.IntegerField()


class ManifestSerializer(serializers.Serializer[Inventory]):
    """What a release holds at this moment.

    ``complete`` is false while a file that belongs to it is being rebuilt: then fewer
    rows than agreed are there, and ``withdrawn`` says which and why. ``consent_as_of``
    is the oldest consent that any file was built from; every download is checked anew.
    ``usable_until`` is when the first of its files is withdrawn, if nothing happens before.
    While a platform is named in ``silent_feeds``, none of the files can be fetched.
    """

    release = serializers.UUIDField(source="release.id")
    dataset = serializers.CharField(source="release.dataset.slug")
    version = serializers.IntegerField(source="release.version")
    published_at = serializers.DateTimeField(source="release.published_at")
    supersedes = serializers.SerializerMethodField()
    agreement = TermsSerializer(source="release.dataset")
    rule_version = serializers.SerializerMethodField()
    consent_as_of = serializers.DateTimeField(allow_null=True)
    usable_until = serializers.DateTimeField(allow_null=True)
    complete = serializers.BooleanField()
    silent_feeds = serializers.SerializerMethodField()
    rows = serializers.IntegerField()
    parts_cut = serializers.IntegerField()
    left_out = LeftOutSerializer(many=True)
    files = FileSerializer(many=True, source="available")
    withdrawn = TakenBackSerializer(many=True, source="taken_back")

    @extend_schema_field(SilentFeedSerializer(many=True))
    def get_silent_feeds(self, inventory: Inventory) -> Any:
        return silent_feeds_of(self, inventory.release)

    def get_supersedes(self, inventory: Inventory) -> UUID | None:
        earlier = supersedes(inventory.release)
        return earlier.pk if earlier else None

    def get_rule_version(self, inventory: Inventory) -> str:
        return RULE_VERSION


class ProblemSerializer(serializers.Serializer[Any]):
    """An RFC 9457 problem document. Go by ``code``; the title is for people."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()


class UnavailableSerializer(ProblemSerializer):
    """Why nothing is served now. ``silent_feeds`` is there with the code ``feed_silent``."""

    silent_feeds = SilentFeedSerializer(many=True, required=False)


class WithdrawnSerializer(ProblemSerializer):
    """Why a file is gone, and which one stands in its place."""

    reason = serializers.CharField()
    reason_text = serializers.CharField()
    successor = serializers.UUIDField(required=False)
    successor_state = serializers.ChoiceField(
        choices=[str(state) for state in Availability], required=False
    )


def silent_feeds_of(serializer: Any, release: Release) -> Any:
    """The feeds that close the gate for ``release``, among those that the view found silent."""
    silent = serializer.context["silent_feeds"]
    concerned: Any = [feed for feed in silent if feed.platform_id in release.dataset.platforms]
    return SilentFeedSerializer(concerned, many=True).data


def inventory_of(serializer: Any) -> Inventory:
    """The release that a nested serializer speaks of a part of."""
    return cast(Inventory, serializer.root.instance)


def address(serializer: Any, name: str, pk: Any) -> str:
    return str(serializer.context["request"].build_absolute_uri(reverse(name, args=[pk])))
