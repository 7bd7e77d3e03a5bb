"""Keeping files: row and bytes both or neither, damage is told, time ends them."""

from __future__ import annotations

import io
import os
import stat
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from qingzhuang.files.actions import delete_file, store_file, sweep_orphans
from qingzhuang.files.models import StoredFile
from qingzhuang.files.queries import (
    get_file,
    list_missing_originals,
    list_overdue,
    list_unreadable_keys,
    open_file,
    path_of,
)
from qingzhuang.kit import clock
from qingzhuang.kit.jobs.worker import run_twice
from qingzhuang.kit.keys import key_at
from qingzhuang.kit.pure.errors import UserError, describe
from qingzhuang.trail.models import TrailEntry

pytestmark = pytest.mark.django_db
Capture = Callable[..., Any]

CONTENT = os.urandom(3_000_000)
NAME = "群聊天记录-李某.txt"


def keep(stream: BinaryIO | None = None, **changes: Any) -> StoredFile:
    values: dict[str, Any] = {
        "stream": stream or io.BytesIO(CONTENT),
        "name": NAME,
        "purpose": "intake.original",
        "place": "1301/02",
        "expires_at": clock.now() + timedelta(days=30),
        "actor": "user:1",
    }
    return store_file(**(values | changes))


def files_on_disk(home: Path) -> list[Path]:
    return [path for path in home.glob("files/*/*") if path.is_file()]


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        call()
    assert describe(caught.value.code, caught.value.params).next_step
    return caught.value.code


def test_what_was_kept_is_read_as_often_as_one_likes() -> None:
    row = keep(lawful_basis="法定职责", media_type="text/plain")
    for _ in range(2):
        with open_file(row.id) as stream:
            assert stream.read(10) == CONTENT[:10]
            stream.seek(0)
            assert stream.read() == CONTENT
    shown = get_file(str(row.id))
    assert (shown.name, shown.size, shown.lawful_basis) == (NAME, len(CONTENT), "法定职责")
    assert TrailEntry.objects.get().target == f"files.StoredFile:{row.id}"


def test_neither_content_nor_name_lie_open(tmp_path: Path) -> None:
    row = keep(io.BytesIO(b"plain words " * 100))
    assert b"plain words" not in path_of(row.id).read_bytes()
    assert NAME.encode() not in bytes(StoredFile.objects.get().sealed_name)
    assert stat.S_IMODE(path_of(row.id).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "files.key").stat().st_mode) == 0o600
    assert "李某" not in str(TrailEntry.objects.values().get())


def test_the_digest_tells_sameness_alone() -> None:
    one, same, other = keep(), keep(), keep(io.BytesIO(b"x"))
    assert one.digest == same.digest != other.digest
    assert path_of(one.id).read_bytes() != path_of(same.id).read_bytes()


@pytest.mark.parametrize("cut", [1, 20, 1 << 20, 2_000_000])
def test_a_truncated_file_is_not_given_out(cut: int) -> None:
    row = keep()
    os.truncate(path_of(row.id), path_of(row.id).stat().st_size - cut)
    assert code_of(lambda: open_file(row.id)) == "files.damaged"
    assert list(list_missing_originals()) == [row.id]


@pytest.mark.parametrize("place", [0, 8, 500, (1 << 20) + 500, -1])
def test_a_flipped_bit_is_not_given_out(place: int) -> None:
    row = keep()
    data = bytearray(path_of(row.id).read_bytes())
    data[place] ^= 1
    path_of(row.id).write_bytes(data)
    assert code_of(lambda: open_file(row.id).read()) == "files.damaged"


def test_two_files_that_changed_places_are_not_given_out() -> None:
    one, two = keep(), keep()
    path_of(one.id).rename(path_of(two.id))
    stream = open_file(two.id)
    assert code_of(stream.read) == "files.damaged"
    assert code_of(lambda: open_file(one.id)) == "files.damaged"


def test_a_master_key_that_is_not_theirs_is_noticed(tmp_path: Path) -> None:
    row = keep()
    assert list(list_unreadable_keys()) == []
    (tmp_path / "files.key").unlink()
    key_at.cache_clear()
    assert list(list_unreadable_keys()) == [row.id]
    assert code_of(lambda: open_file(row.id)) == "files.damaged"


def test_a_failing_source_leaves_nothing(tmp_path: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 1_500_000:
                raise OSError("the line is dead")
            return super().read(size)

    with pytest.raises(OSError, match="dead"):
        keep(Broken(CONTENT))
    assert code_of(lambda: keep(max_bytes=2 << 20)) == "files.too_large"
    assert files_on_disk(tmp_path) == []
    assert not StoredFile.objects.exists()
    assert not TrailEntry.objects.exists()


def test_bytes_of_a_rolled_back_transaction_are_swept_after_a_day(tmp_path: Path) -> None:
    kept = keep()
    with transaction.atomic():
        orphan = keep().id
        transaction.set_rollback(True)
    assert sweep_orphans() == 0  # its transaction might still be open
    draft = tmp_path / "files" / "tmp" / uuid4().hex
    draft.write_bytes(b"half")
    (tmp_path / "files" / "tmp" / "readme").write_bytes(b"not ours")
    day_ago = time.time() - 25 * 3600
    for path in (path_of(orphan), path_of(kept.id), draft, draft.with_name("readme")):
        os.utime(path, (day_ago, day_ago))
    run_twice("files.sweep_orphans")
    assert {path.name for path in files_on_disk(tmp_path)} == {kept.id.hex, "readme"}


def test_what_has_had_its_time_is_shredded_with_a_trail(
    tmp_path: Path, django_capture_on_commit_callbacks: Capture
) -> None:
    old, young = keep(), keep(expires_at=clock.now() + timedelta(days=90))
    with clock.fixed_at(clock.now() + timedelta(days=33)):
        assert code_of(lambda: open_file(old.id)) == "files.expired"
        assert list(list_overdue()) == [old.id]
        with django_capture_on_commit_callbacks(execute=True):
            run_twice("files.shred_expired")
        assert list(list_overdue()) == []
        with open_file(young.id) as stream:
            assert stream.read(5) == CONTENT[:5]
    gone = StoredFile.objects.get(pk=old.id)
    assert (bytes(gone.sealed_key), bytes(gone.sealed_name), gone.digest) == (b"", b"", "")
    assert get_file(old.id).shredded_at is not None
    assert [path.name for path in files_on_disk(tmp_path)] == [young.id.hex]
    entry = TrailEntry.objects.get(action="files.delete_file")
    assert (entry.target, entry.reason) == (f"files.StoredFile:{old.id}", "expired")
    assert list(list_missing_originals()) == []


def test_a_file_is_deleted_once_and_only_with_its_transaction() -> None:
    row = keep()
    with transaction.atomic():
        assert delete_file(file_id=row.id, actor="user:1", reason="withdrawn")
        transaction.set_rollback(True)
    with open_file(row.id) as stream:
        assert stream.read(1)
    assert delete_file(file_id=row.id, actor="user:1", reason="withdrawn")
    assert not delete_file(file_id=row.id, actor="user:1", reason="withdrawn")
    assert code_of(lambda: open_file(row.id)) == "files.expired"


@pytest.mark.parametrize("name", [UUID(int=7), "7", "../../etc/passwd"])
def test_what_was_never_kept_is_not_found(name: UUID | str) -> None:
    assert code_of(lambda: open_file(name)) == "files.not_found"


def test_an_empty_file_is_a_file() -> None:
    row = keep(io.BytesIO())
    with open_file(row.id) as stream:
        assert stream.read() == b""
