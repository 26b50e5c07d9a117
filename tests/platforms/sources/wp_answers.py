"""Answers of WordPress's REST APIs written for the tests: people and posts are invented.

The core API (``wp/v2``) as editors and visitors see it, and WordPress.com's (``v1.1``).
"""

SITE = "tides.example"
API = f"https://{SITE}/wp-json/wp/v2"
WPCOM = "https://public-api.wordpress.com/rest/v1.1"
NUMBER = 4711


def links(kind, number, base=API):
    return {
        "self": [{"href": f"{base}/{kind}/{number}"}],
        "collection": [{"href": f"{base}/{kind}"}],
        "author": [{"embeddable": True, "href": f"{base}/users/1"}],
    }


def post(number=11, **changes):
    """A post that is shared, once the site is known to be public and author 1 by login."""
    return {
        "id": number,
        "date": "2020-09-13T14:26:40",
        "date_gmt": "2020-09-13T12:26:40",
        "guid": {"rendered": f"https://{SITE}/?p={number}"},
        "modified": "2020-09-13T14:26:40",
        "modified_gmt": "2020-09-13T12:26:40",
        "slug": "low-tide",
        "status": "publish",
        "type": "post",
        "link": f"https://{SITE}/2020/09/low-tide/",
        "title": {"rendered": "Low tide"},
        "content": {"rendered": "The harbour at low tide.", "protected": False},
        "excerpt": {"rendered": "The harbour", "protected": False},
        "author": 1,
        "featured_media": 21,
        "comment_status": "open",
        "ping_status": "open",
        "sticky": False,
        "template": "",
        "format": "standard",
        "meta": {"_jetpack_newsletter_access": "", "footnotes": ""},
        "categories": [1],
        "tags": [],
        "_links": links("posts", number),
    } | changes


def edited(number=11, **changes):
    """The same post as its editors see it."""
    raw = post(number)
    raw["content"] = {"raw": "The harbour at low tide.", "protected": False, "block_version": 1}
    return raw | {"password": "", "permalink_template": "x", "generated_slug": "x"} | changes


def page(number=12, **changes):
    return post(number, type="page", parent=0, _links=links("pages", number)) | changes


def media(number=21, **changes):
    return {
        "id": number,
        "date": "2020-09-13T14:26:40",
        "date_gmt": "2020-09-13T12:26:40",
        "guid": {"rendered": f"https://{SITE}/harbour.jpg"},
        "slug": "harbour",
        "status": "inherit",
        "type": "attachment",
        "link": f"https://{SITE}/harbour/",
        "title": {"rendered": "harbour"},
        "author": 1,
        "comment_status": "open",
        "ping_status": "closed",
        "template": "",
        "meta": [],
        "description": {"rendered": "<p>A harbour</p>"},
        "caption": {"rendered": ""},
        "alt_text": "A harbour at low tide",
        "media_type": "image",
        "mime_type": "image/jpeg",
        "media_details": {"width": 4, "height": 3, "image_meta": {"camera": "SecretCam"}},
        "post": 11,
        "source_url": f"https://{SITE}/harbour.jpg?_wpnonce=SECRETNONCE",
        "_links": links("media", number),
    } | changes


def comment(number=71, **changes):
    return {
        "id": number,
        "post": 11,
        "parent": 0,
        "author": 2,
        "author_name": "Bob Secretname",
        "author_url": "https://bob.secret.example",
        "author_email": "bob@mail.example",
        "author_ip": "192.0.2.7",
        "author_user_agent": "SecretBrowser/1.0",
        "date": "2020-09-14T14:26:40",
        "date_gmt": "2020-09-14T12:26:40",
        "content": {"rendered": "I was there."},
        "link": f"https://{SITE}/2020/09/low-tide/#comment-{number}",
        "status": "approved",
        "type": "comment",
        "author_avatar_urls": {"24": "https://gravatar.example/secrethash"},
        "meta": [],
        "_links": links("comments", number),
    } | changes


def user(number=1, login="alice", **changes):
    """An author as editors see them: only they are told the login."""
    return {
        "id": number,
        "username": login,
        "name": f"{login.title()} Secretname",
        "email": f"{login}@mail.example",
        "url": "",
        "description": "",
        "link": f"https://{SITE}/author/{login}/",
        "slug": login,
        "nonce": "SECRETNONCE",
        "avatar_urls": {"24": "https://gravatar.example/secrethash"},
        "meta": [],
        "_links": links("users", number),
    } | changes


USERS = [user(), user(2, "bob")]


def wpcom_author(number=1, login="alice", **changes):
    return {
        "ID": number,
        "login": login,
        "email": f"{login}@mail.example",
        "name": f"{login.title()} Secretname",
        "first_name": "Secretname",
        "nice_name": login,
        "URL": "https://secret.example",
        "avatar_URL": "https://gravatar.example/secrethash",
        "profile_URL": f"https://gravatar.example/{login}",
        "ip_address": "192.0.2.7",
        "site_ID": 99,
    } | changes


def wpcom_links(kind, number):
    base = f"{WPCOM}/sites/{NUMBER}"
    return {"links": {"self": f"{base}/{kind}/{number}", "site": base}}


def wpcom_post(number=11, **changes):
    return {
        "ID": number,
        "site_ID": NUMBER,
        "author": wpcom_author(),
        "date": "2020-09-13T14:26:40+02:00",
        "modified": "2020-09-13T14:26:40+02:00",
        "title": "Low tide",
        "URL": f"https://{SITE}/2020/09/low-tide/",
        "short_URL": "https://wp.me/p1",
        "content": "<p>The harbour at low tide.</p>",
        "excerpt": "<p>The harbour</p>",
        "slug": "low-tide",
        "guid": f"https://{SITE}/?p={number}",
        "status": "publish",
        "sticky": False,
        "password": "",
        "parent": False,
        "type": "post",
        "discussion": {"comments_open": True, "pings_open": True, "comment_count": 1},
        "likes_enabled": True,
        "sharing_enabled": True,
        "i_like": False,
        "is_reblogged": False,
        "is_following": True,
        "global_ID": "abc",
        "featured_image": "",
        "post_thumbnail": None,
        "format": "standard",
        "geo": {"latitude": 51.123456, "longitude": 3.1, "public": False},
        "menu_order": 0,
        "tags": {"tides": {"ID": 5, "name": "tides", "slug": "tides"}},
        "categories": {},
        "attachments": {},
        "metadata": [{"id": "1", "key": "geo_public", "value": "0"}],
        "meta": wpcom_links("posts", number),
        "capabilities": {"publish_post": True, "edit_post": True},
    } | changes


def wpcom_comment(number=71, **changes):
    return {
        "ID": number,
        "post": {"ID": 11, "title": "Low tide", "type": "post", "link": "x"},
        "author": wpcom_author(2, "bob"),
        "date": "2020-09-14T12:26:40+00:00",
        "URL": f"https://{SITE}/2020/09/low-tide/#comment-{number}",
        "short_URL": "https://wp.me/p1%23comment-71",
        "content": "<p>I was there.</p>",
        "raw_content": "I was there.",
        "status": "approved",
        "parent": False,
        "type": "comment",
        "like_count": 0,
        "i_like": False,
        "can_moderate": True,
        "meta": wpcom_links("comments", number),
    } | changes


def wpcom_media(number=21, **changes):
    return {
        "ID": number,
        "URL": "https://tides.files.wordpress.example/harbour.jpg",
        "guid": "https://tides.files.wordpress.example/harbour.jpg",
        "date": "2020-09-13T14:26:40+02:00",
        "post_ID": 11,
        "author_ID": 1,
        "file": "harbour.jpg",
        "mime_type": "image/jpeg",
        "extension": "jpg",
        "title": "harbour",
        "alt": "",
        "exif": {"camera": "SecretCam"},
        "meta": wpcom_links("media", number),
    } | changes


def wpcom_site(**changes):
    """A site that is public, launched, not opted out and hosted by WordPress.com."""
    return {
        "ID": NUMBER,
        "name": "Tides",
        "URL": f"https://{SITE}",
        "jetpack": False,
        "jetpack_connection": False,
        "visible": True,
        "is_private": False,
        "is_coming_soon": False,
        "is_following": False,
        "is_vip": False,
        "launch_status": "launched",
        "is_wpcom_atomic": False,
        "is_wpcom_staging_site": False,
        "is_deleted": False,
        "options": options(),
        "meta": {"links": {"self": f"{WPCOM}/sites/{NUMBER}"}},
    } | changes


def options(**changes):
    return {
        "blog_public": 1,
        "wpcom_data_sharing_opt_out": False,
        "wpcom_public_coming_soon": 0,
        "frame_nonce": "SECRETNONCE",
    } | changes


def site_with(**changes):
    return wpcom_site(options=options(**changes))


def settings(**changes):
    raw = {"blog_public": 1, "wpcom_data_sharing_opt_out": False} | changes
    return {"ID": NUMBER, "name": "Tides", "URL": f"https://{SITE}", "settings": raw}


def found(*posts, **more):
    return {"found": len(posts), "posts": list(posts), "meta": {"links": {}}} | more
