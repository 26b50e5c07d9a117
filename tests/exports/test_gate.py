"""May this file leave now? Everything that closes the gate, and what does not."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from audit.models import Entry
from consent.models import ReasonCode, Standing
from exports import gate
from exports.gate import ClearedFile, Closed, GateClosed, Objection
from exports.models import File
from platforms.actions import add_name, keyring, note_account, note_item
from platforms.models import ItemState, Platform
from platforms.records import Verdict
from tests_exports import OPERATOR, item_key
