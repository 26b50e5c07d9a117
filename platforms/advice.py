"""What an operator can do about each reason for which items are held.

Where a sentence names a ``--fact`` or a record, that settles held items without a new import:
the record is imported, in any file, or the fact asserted, and what is held is judged again.
Plain Python. Reasons are counted by code; a code that speaks of a parent or of what is
embedded has the advice of the reason it was made from.
"""

from collections.abc import Mapping
from typing import Final

ADVICE: Final[Mapping[str, str]] = {
    "read_by_a_follower": "Read the site again with a token of one of its editors, or with none.",
    "access_unknown": "Ask the platform what this newsletter access level means.",
    "account_status_unknown": "Ask the platform what this account_status means.",
    "account_unknown": "Import the account's own record, which says that it is public, beside this "
    "file; or say it of the dump's own accounts with --fact (manage.py judge names the fact "
    "where there is one).",
    "account_unproven": "Import the record of the owner's account, then judge what is held again "
    "(resolve_holds).",
    "age_unknown": "An age or birthday is not understood. Ask the platform for an export that says "
    "whether the person is of age.",
    "answer_privacy_unknown": "Say with --fact answer.is_private=false that no answer was for its "
    "asker only, or ask the platform for an export that says so of each.",
    "approval_unknown": "Ask the site for an export with wp:comment_approved of each comment.",
    "archive_unknown": "The archive's _meta says something that we do not know. Ask its makers.",
    "artists_unknown": "Say with --fact audio.artists=contributor that tracks are by their "
    "contributors, if that is so.",
    "ask_unknown": "Ask the platform for an export with the layout, which says which words are the "
    "question.",
    "attachment_without_parent": "Nothing shows it in public: it stays held.",
    "attachments_unknown": "Something of a kind that we do not know is attached. It is read only "
    "once somebody has looked up what it is.",
    "author_login_unknown": "The answer names its author by number. Import it with the site's "
    "export or its users as editors see them, or name them with --fact authors=ID:LOGIN.",
    "author_unknown": "Ask the API for the field from, with its id.",
    "blog_visibility_unknown": "Say whether the blog is public with --fact blog.type=public or "
    "private.",
    "catalogue_unknown": "Say with --fact catalogue=licensable that everything in the dump can be "
    "licensed now, if that is so.",
    "children_unknown": "Ask the API for the children of the album as a list of media objects.",
    "co_authors_unknown": "Ask the site for the posts with _embed=author,wp:term, or import its "
    "export (WXR): they say who wrote a post together.",
    "collaborators_unknown": "Ask the API for the collaborators as a list of accounts.",
    "collapsed_reason_code_unknown": "Say with --fact comment.collapsed_reason_code=none that the "
    "dump holds no removed comments, if you know that.",
    "collection_not_allowed": "Allow the collection with --fact collections=NAME, if the agreement "
    "with its supplier does.",
    "collection_unknown": "The name of the collection is not understood. Ask the platform for the "
    "item's own record.",
    "comment_type_unknown": "A plugin wrote this comment, or the export lacks wp:comment_type. It "
    "stays held until somebody has looked up who can read such comments.",
    "commercial_unknown": "A field about adverts holds a value that we do not know. Ask the "
    "platform what it means.",
    "community_unknown": "Ask the platform for an export that says of each community whether it is "
    "public. Say with --fact post.community=none that no post of the dump is in a community, if "
    "you know that: posts of group blogs name their author, too.",
    "conflicting_appearances": "The dump holds the item twice, in different states. Ask the "
    "platform for a fresh export.",
    "container_contradictory": "Two fields say where it stands, and differently. Ask the platform "
    "for a fresh export.",
    "container_unknown": "Import the record of the page, group or place beside this file, or say "
    "with --fact container.privacy=public that those who post in the dump are public.",
    "container_unproven": "Say what the blog or site is with --fact, or ask the platform for a "
    "dump that says so.",
    "content_unknown": "Something in the content is of a kind that we do not know, or the content "
    "is missing. Ask the platform for whole posts.",
    "contributor_choice_unknown": "Import the contributor's record with the choice, or say with "
    "--fact contributor.data_licensing=opted_in that every contributor in the dump agreed.",
    "contributor_unknown": "Ask the platform for an export with contributor.id.",
    "copyright_unknown": "The answer of the copyright check is not understood. Ask the API once "
    "more.",
    "crosspost_source_unproven": "The crosspost came without what it repeats. Ask the platform for "
    "an export with crosspost_parent_list.",
    "crosspost_unknown": "What it repeats is not understood. Ask the platform for an export with "
    "crosspost_parent_list.",
    "deleted_time_unknown": "Ask the platform for the item's own record: deleted_time is not "
    "understood.",
    "download_file_unknown": "Nothing is known of files with this name. Ask for the post by the "
    "platform's API.",
    "download_proves_nothing": "A download never says who may see an entry. Ask for the post by "
    "the platform's API; no fact settles this.",
    "editorial_unknown": "Say with --fact is_editorial=false that the dump holds no editorial "
    "work, or import the items' own records.",
    "embedded_closed": "What it quotes or repeats is not open to all in some record. Ask the "
    "platform for a fresh export of it.",
    "embedded_unknown": "Import the record of what it repeats, then judge what is held again "
    "(resolve_holds).",
    "embedded_unproven": "What it repeats or shows came without proof that it is public. Ask the "
    "platform for an export with those posts.",
    "event_unknown": "Something happened to the item. Import the record as it is after the event.",
    "hosting_unknown": "Say where the site is hosted with --fact hosting=wpcom, jetpack or vip.",
    "is_created_from_ads_ui_unknown": "Say with --fact post.is_created_from_ads_ui=false that the "
    "dump holds no adverts, if you know that.",
    "is_quote_post_contradictory": "The record says two things about what it quotes. Ask the API "
    "once more.",
    "is_reply_contradictory": "The record says two things about what it answers. Ask the API once "
    "more.",
    "is_robot_indexable_unknown": "Say with --fact post.is_robot_indexable=true that the dump "
    "holds no removed posts, if you know that.",
    "item_malformed": "The reader made an item with a field of a wrong type. Please report it as a "
    "fault, with the file.",
    "item_unproven": "The record does not say that it is published. Ask the platform for an export "
    "with the state of each item.",
    "launch_status_unknown": "Say with --fact launch_status=launched or unlaunched whether the "
    "site has been opened.",
    "level_not_understood": "The reader spoke of a place that does not exist. Please report it as "
    "a fault, with the file.",
    "link_elsewhere": "People read it on another site than the facts are about. Find out on which, "
    "and judge it by the record of that site.",
    "mark_not_read": "The record has a field that may say that not everybody may see it, spelt in "
    "a way that we do not know. Give answers of the platform's API as they are; leave the field "
    "out of the file if it says something else.",
    "media_ambiguous": "Several files have the name of the item's medium. Give the media "
    "in folders that follow their addresses.",
    "media_terms_unclear": "A media file says something on training that only a person can judge. "
    "Ask whose it is; if they agree, import the dump again without the file. Give a manifest that "
    "it names beside it, as photo.jpg.c2pa.",
    "media_type_unknown": "Ask the API for the field media_type; a new type is read only once "
    "somebody has looked up what it is.",
    "media_unreadable": "Give the media file again, whole and in a format that is read. Left "
    "out of the folder, it is not checked: do so only if somebody knows that it refuses nothing.",
    "meta_unknown": "Nothing understood says who may read the post: meta is missing, or holds a "
    "value that we do not know. Ask the site for the posts with all their fields.",
    "native_id_unknown": "Without an id nobody could ever withdraw the item: it stays held. Ask "
    "the platform for an export with ids.",
    "observed_at_unknown": "Ask the platform when the dump was made.",
    "opt_out_unknown": "Import the answer of the site's /settings, or say with "
    "--fact wpcom_data_sharing_opt_out=false that the site did not opt out.",
    "over_18_unknown": "Say with --fact post.over_18=false that the dump holds nothing for adults "
    "only, if you know that.",
    "owner_contradictory": "Two fields say whose it is, and differently. Ask the platform for a "
    "fresh export.",
    "owner_id_unknown": "Ask the API for the field owner; Threads tells it to the owner's own "
    "token.",
    "owner_unknown": "Ask the platform for an export that says whose each item is.",
    "parent_closed": "What it belongs to is not open to all in some record. Ask the platform for a "
    "fresh export of it.",
    "parent_is_itself": "The record names itself as what it belongs to. Ask the platform for a "
    "fresh export.",
    "parent_kind_unknown": "It hangs on something that is no post or page: it stays held.",
    "parent_outside_dump": "Import the export that holds the parent, then judge what is held again "
    "(resolve_holds).",
    "parent_unknown": "Import the record of what it belongs to, then judge what is held again "
    "(resolve_holds).",
    "parent_unproven": "Import the export that holds the parent, then judge what is held again "
    "(resolve_holds).",
    "password_unknown": "Ask the platform for an export that says whether a password is needed.",
    "payment_unknown": "Say with --fact blog.is_paywall_on=false that nothing is behind a paywall.",
    "people_unknown": "Import the items' own records, or say with --fact has_people=false that "
    "nobody is shown in the dump.",
    "permalink_unknown": "Ask the API for the field permalink: it is left out of what was flagged.",
    "plugin_access_unknown": "A plugin left its mark on the post, or a part of it is hidden. Ask "
    "the site who may read it; leave the post out, or its marks if they shut out nobody.",
    "principal_anonymous": "Nobody can say no for an unknown person: it stays held.",
    "principal_name_only": "Ask the platform for an export with the stable id of everybody who is "
    "in an item: names change hands. WordPress: the export of all content lists its authors; "
    "Reddit: author_fullname.",
    "privacy_unknown": "Ask the API for the field privacy, with a token that may see it.",
    "property_unknown": "Import the items' own records, or say with --fact has_property=false that "
    "no property is shown in the dump.",
    "public_figure_unknown": "Import the author's record with is_verified or followers_count.",
    "published_at_unknown": "Ask the platform for an export with usable times of publication.",
    "published_time_unknown": "Import the track's own record: lists leave published_time out.",
    "quarantine_unknown": "Say with --fact subreddit.quarantine=false that no subreddit is "
    "quarantined, or import a file with their records.",
    "quoted_post_unknown": "Ask the API for the field quoted_post, and import the quoted post "
    "beside this file.",
    "rating_unknown": "Say with --fact blog.is_adult=false (Tumblr) or is_adult=false "
    "(Shutterstock) that nothing in the dump is for adults only, if you know that.",
    "reblog_source_closed": "The dump holds the reblogged post also as not open to all. Ask the "
    "platform for a fresh export.",
    "reblog_source_unproven": "The reblog came without what it repeats, so nobody can tell whose "
    "words are in it. Ask the platform for an export with the trail.",
    "record_not_understood": "The file holds something else than posts and comments. Look at it.",
    "removal_reason_unknown": "Say with --fact post.removal_reason=none or "
    "comment.removal_reason=none that the dump holds nothing that was removed, if you know "
    "that.",
    "removed_before": "The archive found the item removed and later restored. Ask the platform for "
    "a newer reading.",
    "removed_by_category_unknown": "Say with --fact post.removed_by_category=none that the dump "
    "holds no removed posts, if you know that.",
    "repost_unknown": "Ask the API for the post itself; a repost is never shared.",
    "review_state_unknown": "Ask the platform what this state of review means.",
    "rights_unknown": "The rights of the work are not understood. Ask the platform for the item's "
    "own record.",
    "several_sites": "Import the files of each site by themselves, with the facts about that site; "
    "or all of them with the sites' own records and without facts.",
    "shared_post_unknown": "Ask the API for parent_id and attachments: they say whose post it "
    "shares.",
    "site_contradictory": "The file, its records and --fact site=ADDRESS name different sites. "
    "Import it with the address of its own site.",
    "site_record_unplaced": "Leave out the site's record that does not say of which site it is, or "
    "say it with --fact site=ADDRESS.",
    "site_rules_unknown": "A membership plugin closes posts of this site by rules of its own. Ask "
    "the site which posts everybody can read, and import an export of these alone.",
    "site_unknown": "Say which site it is with --fact site=ADDRESS, or import the site's own "
    "record beside the file.",
    "site_visibility_unknown": "Say whether the site is public with --fact blog_public=1, 0 or -1.",
    "spelling_unknown": "The file spells its fields as the platform's pages do. Give answers of "
    "its API.",
    "staging_unknown": "Say with --fact staging=false that the site is no staging copy.",
    "state_unknown": "Ask the platform for an export with the state of each post.",
    "status_unknown": "The platform uses a state that we do not know. It is read as public only "
    "once somebody has looked up what it means.",
    "subreddit_type_unknown": "Say with --fact subreddit.subreddit_type=public that the subreddits "
    "are open to all, or import a file with their records.",
    "subreddit_unknown": "Ask the platform for an export with subreddit_id.",
    "text_unknown": "The record has no text to look at. Ask the platform for whole records.",
    "trail_unknown": "The trail is not understood, so nobody can tell whose words are in it. Ask "
    "the platform for an export with the trail as a list.",
    "update_unknown": "Ask the platform what this update means.",
    "update_without_record": "Import the item's own record, read after the update.",
    "visibility_unknown": "Ask whoever wrote the file what this visibility means: the format lists "
    "the values.",
    "was_initially_deleted_unknown": "The archive says something that we do not know. Ask its "
    "makers.",
}
INHERITED: Final = ("parent_", "embedded_", "account_", "container_")
# Readers make these codes from the name of the field that they read.
OF_A_FIELD: Final = "_unknown"
FIELD: Final = (
    "{name} is missing, or holds a value that we do not know. manage.py judge says what was read, "
    "and which fact settles it where one does; otherwise ask the platform for an export with it. "
    "A new value is read as public only once somebody has looked up what it means."
)
OTHERWISE: Final = "Run manage.py judge on the dump: it says for each item what was read."


def advice_on(code: str) -> str:
    """What settles ``code``, as sentences; the dry run for one that nobody wrote about."""
    for candidate in (code, *(code.removeprefix(prefix) for prefix in INHERITED)):
        if candidate in ADVICE:
            return ADVICE[candidate]
    if code.endswith(OF_A_FIELD):
        return FIELD.format(name=code.removesuffix(OF_A_FIELD))
    return OTHERWISE
