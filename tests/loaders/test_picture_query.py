from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fireanalysis.errors import DataError
from fireanalysis.loaders import picture_query


def test_a_file_becomes_a_data_set_of_one_picture(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (30, 50, 3), np.uint8)
    Image.fromarray(image).convert("RGBA").save(tmp_path / "mine.png")
    data = picture_query(tmp_path / "mine.png")
    assert np.array_equal(data[0], image)
    assert list(data.labels) == ["not known"]
    assert data.source == "real"
    assert data.name.endswith("mine.png")
    assert [one.shape for one in data.samples()] == [(30, 50, 3)]


def test_what_the_reader_did_is_noted(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 6, 4), 128, np.uint8), "RGBA").save(tmp_path / "half.png")
    assert picture_query(tmp_path / "half.png").notes == ("transparency laid on white",)


def test_pictures_of_the_same_name_are_told_apart_by_what_they_show() -> None:
    pictures = np.zeros((2, 200, 300, 3), np.uint8)
    pictures[1, 100, 150, 1] = 1
    one, other, again = (picture_query(pictures[number]) for number in (0, 1, 0))
    assert one.fingerprint() != other.fingerprint()
    assert one.fingerprint() == again.fingerprint()


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    for wrong in (tmp_path / "broken.png", tmp_path / "missing.jpg", np.zeros((4, 4)), np.zeros((4, 4, 3))):
        with pytest.raises(DataError):
            picture_query(wrong)
