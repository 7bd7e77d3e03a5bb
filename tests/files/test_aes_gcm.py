"""The sealed form: any size, any place, and no change goes unseen."""

from __future__ import annotations

import io
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qingzhuang.files.adapters import aes_gcm
from qingzhuang.files.adapters.aes_gcm import HEADER, TAG, AesGcm
from qingzhuang.files.types import DamagedFile

CIPHER = AesGcm()
KEY = CIPHER.make_key()
FILE = uuid.uuid4()


@pytest.fixture(autouse=True, scope="module")
def _small_frames() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aes_gcm, "FRAME", 64)
        yield


def seal(data: bytes, file_id: uuid.UUID = FILE) -> bytes:
    target = io.BytesIO()
    assert CIPHER.write(io.BytesIO(data), target, key=KEY, file_id=file_id) == len(data)
    return target.getvalue()


def unseal(sealed: bytes, size: int, file_id: uuid.UUID = FILE, key: bytes = KEY) -> bytes:
    with CIPHER.open(io.BytesIO(sealed), key=key, file_id=file_id, size=size) as stream:
        return stream.read()


@given(st.binary(max_size=400))
def test_any_bytes_come_back_and_the_size_is_foretold(data: bytes) -> None:
    sealed = seal(data)
    assert len(sealed) == CIPHER.sealed_size(len(data))
    assert unseal(sealed, len(data)) == data


@given(st.sampled_from([0, 1, 63, 64, 65, 128, 300]), st.data())
@settings(max_examples=200)
def test_one_flipped_bit_anywhere_is_found(size: int, data: st.DataObject) -> None:
    sealed = bytearray(seal(b"x" * size))
    place = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[place // 8] ^= 1 << place % 8
    with pytest.raises(DamagedFile):
        unseal(bytes(sealed), size)


@pytest.mark.parametrize("frames_left", [0, 1, 2])
def test_a_file_cut_at_a_frame_is_found_even_if_its_size_is_believed(frames_left: int) -> None:
    sealed = seal(b"x" * 64 * 3)[: HEADER + frames_left * (64 + TAG)]
    with pytest.raises(DamagedFile):
        unseal(sealed, 64 * frames_left)


def test_swapped_frames_another_file_and_another_key_are_found() -> None:
    sealed = seal(b"a" * 64 + b"b" * 64 + b"c")
    frame = 64 + TAG
    first, second = sealed[HEADER : HEADER + frame], sealed[HEADER + frame : HEADER + 2 * frame]
    swapped = sealed[:HEADER] + second + first + sealed[HEADER + 2 * frame :]
    with pytest.raises(DamagedFile):
        unseal(swapped, 129)
    with pytest.raises(DamagedFile):
        unseal(sealed, 129, file_id=uuid.uuid4())
    with pytest.raises(DamagedFile):
        unseal(sealed, 129, key=CIPHER.make_key())


def test_equal_files_are_sealed_differently() -> None:
    assert seal(b"same") != seal(b"same")


@given(st.lists(st.tuples(st.integers(0, 320), st.integers(0, 200)), max_size=8))
def test_it_is_read_from_any_place(reads: list[tuple[int, int]]) -> None:
    plain = bytes(range(256)) + b"end"
    with CIPHER.open(io.BytesIO(seal(plain)), key=KEY, file_id=FILE, size=len(plain)) as stream:
        for start, count in reads:
            stream.seek(start)
            assert stream.read(count) == plain[start : start + count]
        assert stream.seek(-3, io.SEEK_END) == len(plain) - 3
        assert stream.read() == b"end"


def test_a_source_that_gives_little_at_a_time_is_sealed_whole() -> None:
    class Drip(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 7, 7) if size != -1 else 7)

    target = io.BytesIO()
    CIPHER.write(Drip(b"y" * 200), target, key=KEY, file_id=FILE)
    assert unseal(target.getvalue(), 200) == b"y" * 200


def test_a_wrapped_key_opens_only_for_its_file_and_master() -> None:
    master = CIPHER.make_key()
    wrapped = CIPHER.wrap(b"secret", master=master, file_id=FILE)
    assert CIPHER.unwrap(wrapped, master=master, file_id=FILE) == b"secret"
    for other in ({"master": KEY, "file_id": FILE}, {"master": master, "file_id": uuid.uuid4()}):
        with pytest.raises(DamagedFile):
            CIPHER.unwrap(wrapped, **other)  # type: ignore[arg-type]
