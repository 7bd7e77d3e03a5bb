"""Digests of what was said stand under the installation's key, those of former versions too."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.db import connection

from qingzhuang.intake.actions.digests import keyed
from qingzhuang.intake.models import Channel, Message, Source, SourceState
from qingzhuang.kit.pure.ids import digest

from .conftest import Give, Town, qq_group

pytestmark = pytest.mark.django_db
SAID = ("2026-03-02 08:00:00", "小陈(10001)", "联系人13812345678，请报《情况表》。")


def test_a_digest_is_another_on_another_installation(town: Town, settings, tmp_path) -> None:
    one = keyed("message", "a")
    assert one != keyed("source", "a")
    assert one == keyed("message", "a")
    settings.QZ_HOME = tmp_path / "other"
    assert keyed("message", "a") != one
    assert keyed("message", "") == ""


def test_what_a_former_version_stored_is_put_under_the_key_and_still_known(
    town: Town, give: Give
) -> None:
    first = give(town.pond, qq_group([SAID]))
    now = Message.objects.unscoped("test").get()
    group = Channel.objects.unscoped("test").get()
    # As version 3 of the tables had it: the ids themselves.
    from qingzhuang.intake.inputs import read_blobs

    from .test_inputs import Bytes

    (said,) = read_blobs([Bytes("群.txt", qq_group([SAID]).encode())])
    Message.objects.unscoped("test").update(digest=said.id, shown_digest=said.shown_id)
    Channel.objects.unscoped("test").update(key=digest("x@chatroom"))
    migration = importlib.import_module("qingzhuang.intake.migrations.0004_digests_under_a_key")
    migration.put_under_key(apps, connection.schema_editor())
    row = Message.objects.unscoped("test").get()
    assert (row.digest, row.shown_digest) == (now.digest, now.shown_digest)
    group.refresh_from_db(from_queryset=Channel.objects.unscoped("test"))
    assert group.key == keyed("channel", digest("x@chatroom"))
    assert first.state == SourceState.DONE
    again = give(town.pond, qq_group([SAID]) + "\n", name="又一份.txt")
    assert (again.new_message_count, Source.objects.unscoped("test").count()) == (0, 2)
