import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.metrics import plain_statistics
from fireanalysis.transforms import rotate


def test_numbers_are_those_of_a_loop() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (7, 9, 3)).astype(np.uint8)
    where = np.random.default_rng(1).random((7, 9)) < 0.8
    found = plain_statistics(picture, where=where)
    red = [float(picture[r, c, 0]) for r in range(7) for c in range(9) if where[r, c]]
    assert found["level red"] == pytest.approx(sum(red) / len(red))
    assert found["spread red"] == pytest.approx(np.std(red))
    grey, steps, seconds = picture.astype(float).mean(2), [], []
    for r in range(7):
        for c in range(9):
            for down, right in ((1, 0), (0, 1)):
                line = [(r + k * down, c + k * right) for k in range(3)]
                inside = [p for p in line if p[0] < 7 and p[1] < 9 and where[p]]
                a = [grey[p] for p in line if p in inside]
                if line[0] in inside and line[1] in inside:
                    steps.append(abs(a[1] - a[0]))
                if len(inside) == 3:
                    seconds.append(abs(a[2] - 2 * a[1] + a[0]))
    assert found["step"] == pytest.approx(np.mean(steps))
    assert found["fineness"] == pytest.approx(np.log(np.mean(seconds) / np.mean(steps)))


def test_an_odd_turn_costs_fineness_and_a_right_angle_does_not() -> None:
    heights = np.random.default_rng(0).normal(size=(40, 40))
    heights[:3] = np.nan
    whole = plain_statistics(heights)["fineness"]
    assert plain_statistics(np.rot90(heights))["fineness"] == pytest.approx(whole)
    assert plain_statistics(rotate(heights, angle_deg=30))["fineness"] < whole - 0.05  # 0.08


@pytest.mark.parametrize(
    ("picture", "where", "says"),
    [
        (np.ones((8, 8)), None, "flat"),
        (np.add.outer(np.arange(8.0), np.zeros(8)), None, "flat"),  # a plane: no second differences
        (np.full((8, 8), np.nan), None, "0 points count"),
        (np.ones((8, 8, 2)), None, "shape"),
        (np.ones(8), None, "shape"),
        (np.random.default_rng(0).random((8, 8)), np.ones((7, 8), bool), "one bool a point"),
        (np.random.default_rng(0).random((8, 8)), np.indices((8, 8)).sum(0) % 2 == 0, "in a row"),
    ],
)
def test_what_has_no_numbers_is_said(picture: np.ndarray, where: np.ndarray | None, says: str) -> None:
    with pytest.raises(DataError, match=says):
        plain_statistics(picture, where=where)
