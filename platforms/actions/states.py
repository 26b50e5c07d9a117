"""What a platform says of accounts and items, as the gate reads it."""

from collections.abc import Collection, Mapping
from typing import Final

from django.db import transaction

from audit.actions import record, record_all
from audit.events import AccountStateChanged, Actor, ItemStateChanged
from platforms.intake import Change
from platforms.keys import account_subject, item_subject
from platforms.models import AccountState, ItemState, Platform

BATCH: Final = 5_000


def note_account(
    platform: Platform,
    keys: Collection[int],
    *,
    denies: Collection[str] = (),
    clears: Collection[str] = (),
    by: Actor,
) -> int:
    """Note one reading of an account under each of its keys; see ``note_accounts``."""
    change = Change(frozenset(denies), frozenset(clears) - frozenset(denies))
    return note_accounts(platform, dict.fromkeys(keys, change), by=by)


@transaction.atomic
def note_accounts(platform: Platform, changes: Mapping[int, Change], *, by: Actor) -> int:
    """Apply what was read of the accounts with these keys; give how many rows changed.

    A reason goes only when it is cleared by name. An account whose reasons stay the
    same is not written, so that its ``xid`` tells of real changes only.
    """
    keys = sorted(key for key, change in changes.items() if change != Change())
    return sum(
        _note_batch(platform, {key: changes[key] for key in keys[at : at + BATCH]}, by)
        for at in range(0, len(keys), BATCH)
    )


@transaction.atomic
def note_item(platform: Platform, item_key: int, state: ItemState.State, *, by: Actor) -> ItemState:
    """Note what became of an item since it was read; anything but restored blocks it."""
    blocks = state != ItemState.State.RESTORED
    row: ItemState
    row, is_new = ItemState.objects.select_for_update(no_key=True).get_or_create(
        platform=platform, item_key=item_key, defaults={"state": state, "blocks": blocks}
    )
    if not is_new and row.state == state:
        return row
    if not is_new:
        row.state, row.blocks = state, blocks
        row.save(update_fields=["state", "blocks", "updated_at"])
    subject = item_subject(platform.slug, item_key)
    record(ItemStateChanged(subject=subject, platform=platform.slug, state=state), by=by)
    return row


def _note_batch(platform: Platform, changes: Mapping[int, Change], by: Actor) -> int:
    # The row must exist to be locked: of two transactions that meet at a new account,
    # the second one then adds its reasons to those of the first.
    blank = [
        AccountState(platform=platform, account_key=key, denied=False)
        for key, change in changes.items()
        if change.denies
    ]
    AccountState.objects.bulk_create(blank, ignore_conflicts=True)
    rows = AccountState.objects.select_for_update(no_key=True).filter(
        platform=platform, account_key__in=list(changes)
    )
    changed = []
    for row in rows.order_by("account_key"):
        reasons = changes[row.account_key].applied_to(row.reasons)
        if reasons != sorted(row.reasons):
            row.reasons, row.denied = reasons, bool(reasons)
            changed.append(row)
    # An upsert of rows that are there and locked: ``bulk_update`` takes ten times as long.
    AccountState.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=["reasons", "denied", "updated_at"],
    )
    record_all(map(_event, changed), by=by)
    return len(changed)


def _event(row: AccountState) -> AccountStateChanged:
    return AccountStateChanged(
        subject=account_subject(row.platform_id, row.account_key),
        platform=row.platform_id,
        reasons=tuple(row.reasons),
        denied=row.denied,
    )
