"""A file is there whole or not at all, and nothing else stays behind."""

import os

import pytest

from refdet.report import atomic_write as module
from refdet.report.atomic_write import atomic_write


def test_the_text_replaces_what_was_there(tmp_path):
    path = tmp_path / "a.txt"
    for text in ("first", "zweitens: ü\n"):
        atomic_write(path, text)
        assert path.read_bytes() == text.encode()
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_failure_leaves_the_old_file_and_nothing_beside_it(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "replace", full)
    with pytest.raises(OSError, match="No space left on device") as raised:
        atomic_write(path, "new")
    assert raised.value.filename == str(path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


def test_permissions_are_those_of_any_new_file(tmp_path):
    atomic_write(tmp_path / "a", "")
    (tmp_path / "b").write_text("")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_long_name_still_works(tmp_path):
    path = tmp_path / ("n" * 240 + ".txt")
    atomic_write(path, "text")
    assert path.read_text() == "text"


def test_a_missing_folder_and_a_folder_name_the_path(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        atomic_write(tmp_path / "no" / "a.txt", "")
    assert raised.value.filename == str(tmp_path / "no" / "a.txt")
    with pytest.raises(IsADirectoryError):
        atomic_write(tmp_path, "")
