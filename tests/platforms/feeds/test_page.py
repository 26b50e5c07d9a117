"""What operators see of the batches that platforms send."""

from django.test import Client

from people.models import User

REMOVED = {"event": "deleted", "item": {"kind": "post", "id": "1"}}


def test_operators_see_what_came_and_how_much_of_it_was_refused(send):
    send("removals", REMOVED, {"event": "vanished"}, key="monday-1")
    client = Client()
    client.force_login(User.objects.create_user("olga", role=User.Role.OPERATOR))

    page = client.get("/operator/feeds/").content.decode()

    assert "monday-1" in page
    assert '<td data-label="Refused">1</td>' in page


def test_nobody_else_sees_them(send):
    send("removals", REMOVED, key="monday-1")
    client = Client()
    client.force_login(User.objects.create_user("alice"))

    response = client.get("/operator/feeds/")

    assert response.status_code == 403
    assert b"monday-1" not in response.content
