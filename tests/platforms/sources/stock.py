"""Records of a stock catalogue, written for the tests: contributors and works are invented."""

FACTS = {"catalogue": "licensable"}


def contributor(number="800100", **changes):
    return {"contributor_id": number, "data_licensing": "opted_in"} | changes


def image(number="501", **changes):
    """An image in detail form of which everything is known and good."""
    return {
        "id": number,
        "media_type": "image",
        "added_date": "2020-05-29",
        "description": "The harbour at low tide",
        "keywords": ["harbour", "tide"],
        "contributor": {"id": "800100"},
        "is_adult": False,
        "is_editorial": False,
        "is_illustration": False,
        "has_model_release": True,
        "has_property_release": True,
        "assets": {
            "preview": {"url": "https://stock.example/p/501.jpg?token=SECRET-TOKEN"},
            "huge_jpg": {"is_licensable": True},
        },
    } | changes


def video(number="601", **changes):
    return image(number, media_type="video", assets={}) | changes


def track(number="701", **changes):
    """A track in detail form; nobody is named in it."""
    return {
        "id": number,
        "media_type": "audio",
        "title": "Low tide",
        "description": "Waves",
        "added_date": "2020-05-28",
        "submitted_time": "2020-05-27T10:00:00Z",
        "published_time": "2020-05-29T10:00:00Z",
        "deleted_time": None,
        "contributor": {"id": "800100"},
        "is_adult": False,
        "artists": [],
        "model_releases": [{"id": "R1"}],
    } | changes


def dump(*records):
    """A page of answers, with the contributor's choice beside it."""
    return {"page": 1, "per_page": 20, "total_count": 9, "data": [*records, contributor()]}
