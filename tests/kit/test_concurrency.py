"""Two people change one thing: the second is told, nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, models

from qingzhuang.kit.concurrency import Versioned
from qingzhuang.kit.pure.errors import UserError


class Note(Versioned):
    text = models.TextField(default="")
    other = models.TextField(default="")

    class Meta:
        app_label = "kit"
        managed = False
        db_table = "kittest_note"


@pytest.fixture
def note(transactional_db: None) -> Iterator[Note]:
    with connection.schema_editor() as editor:
        editor.create_model(Note)
    yield Note.objects.create(text="一")
    with connection.schema_editor() as editor:
        editor.delete_model(Note)


def test_the_second_save_is_refused_and_changes_nothing(note: Note) -> None:
    mine, theirs = Note.objects.get(pk=note.pk), Note.objects.get(pk=note.pk)
    theirs.compare_and_set(text="二")
    assert theirs.version == 2
    mine.text = "三"
    with pytest.raises(UserError) as caught:
        mine.save_versioned(update_fields=["text"])
    assert caught.value.code == "kit.changed_meanwhile"
    assert Note.objects.values_list("text", "version").get() == ("二", 2)


def test_the_version_that_the_person_saw_counts(note: Note) -> None:
    note.compare_and_set(text="二")
    fresh = Note.objects.get(pk=note.pk)
    with pytest.raises(UserError):
        fresh.compare_and_set(seen_version=1, text="三")
    fresh.compare_and_set(seen_version=2, text="三")
    assert Note.objects.values_list("text", "version").get() == ("三", 3)


def test_only_the_named_fields_are_written(note: Note) -> None:
    note.text, note.other = "二", "没说要存"
    note.save_versioned(update_fields=["text"])
    assert Note.objects.values_list("text", "other").get() == ("二", "")
