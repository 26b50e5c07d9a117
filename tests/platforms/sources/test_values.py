"""What is taken from raw values: the short way and the long one agree."""

from hypothesis import example, given
from hypothesis import strategies as st

from platforms.sources.values import PLAIN_ADDRESS, _address_in, address_in

ADDRESSES = st.builds(
    "{}{}/{}".format,
    st.sampled_from(["http://", "https://", "HTTPS://", "ftp://", "//", "https:/"]),
    st.text("ab.-:@[]A\t\u00e9", max_size=6),
    st.text("ab./_-?#;@:%\n \u00e9", max_size=12),
)


@given(ADDRESSES | st.text(max_size=12))
@example("https://64.media.tumblr.com/a1/tumblr_1.jpg")
@example("https://a//b/../c/./")
@example("https://./")
@example("https://a/b\n")
def test_a_plain_address_is_what_parsing_it_gives(raw):
    assert address_in(raw) == _address_in(raw)


@given(ADDRESSES | st.text(max_size=12))
@example("http:// ?a=b")
@example("http://\u00a0#b")
def test_what_is_an_address_once_is_one_when_it_is_read_again(raw):
    assert bool(address_in(address_in(raw))) == bool(address_in(raw))


def test_the_address_of_an_ordinary_picture_is_plain():
    assert PLAIN_ADDRESS.fullmatch("https://64.media.tumblr.com/a1/tumblr_1.jpg")
