"""Copies counted against a list of them, and turned maps against other libraries' turns."""

import tracemalloc

import numpy as np
import pytest
import torch
from scipy import ndimage

from fireanalysis import transforms
from fireanalysis.errors import ParameterError
from fireanalysis.training import RotatedCopies, rotate_batch


def written_out(codes: np.ndarray, at_least: int) -> list[tuple[int, int]]:
    """Every (sample, copy), as a loop would append them."""
    copies = []
    for label in np.unique(codes):
        samples = np.flatnonzero(codes == label)
        times = 1
        while times * len(samples) < at_least:
            times += 1
        copies += [(int(sample), copy) for sample in samples for copy in range(times)]
    return copies


@pytest.mark.parametrize("at_least", [0, 1, 7, 30, 31, 200])
@pytest.mark.parametrize("seed", range(4))
def test_each_class_is_a_whole_multiple_that_reaches_the_least(at_least: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = rng.choice(6, size=rng.integers(1, 90), p=[0.4, 0.3, 0.2, 0.06, 0.04, 0.0])
    copies = RotatedCopies(codes, at_least=at_least, seed=seed)
    expected = written_out(codes, at_least)
    items = np.arange(len(copies))
    assert len(copies) == len(expected)
    assert copies.samples(items).tolist() == [sample for sample, _ in expected]
    angles = copies.angles_deg(items)
    assert ((angles == 0) == np.array([copy == 0 for _, copy in expected])).all()
    sizes, counts = np.bincount(codes), copies.counts
    there = sizes > 0
    assert (counts[there] % sizes[there] == 0).all() and (counts[there] >= at_least).all()
    assert (counts[there] - sizes[there] < np.maximum(at_least, 1)).all()  # no copy more than needed
    assert (counts[~there] == 0).all() and counts.sum() == len(copies)


def test_angles_do_not_depend_on_what_is_asked_for_together() -> None:
    codes = np.arange(50) % 3
    copies = RotatedCopies(codes, at_least=100, seed=5)
    items = np.arange(len(copies))
    angles = copies.angles_deg(items)
    shuffled = np.random.default_rng(0).permutation(items)
    assert (copies.angles_deg(shuffled) == angles[shuffled]).all()
    assert [float(copies.angles_deg([item])[0]) for item in items[:40]] == angles[:40].tolist()
    # The same copies, and more of them: those that were there keep their angles.
    more = RotatedCopies(codes, at_least=400, seed=5)
    known = dict(zip(zip(*_places(copies), strict=True), angles.tolist(), strict=True))
    found = dict(zip(zip(*_places(more), strict=True), more.angles_deg(np.arange(len(more))), strict=True))
    assert all(found[place] == angle for place, angle in known.items())
    assert (RotatedCopies(codes, at_least=100, seed=6).angles_deg(items) != angles).mean() > 0.4


def _places(copies: RotatedCopies) -> tuple[list[int], list[int]]:
    samples = copies.samples(np.arange(len(copies))).tolist()
    seen: dict[int, int] = {}
    numbers = []
    for sample in samples:
        numbers.append(seen.get(sample, 0))
        seen[sample] = numbers[-1] + 1
    return samples, numbers


def test_angles_are_uniform_and_differ_from_copy_to_copy() -> None:
    copies = RotatedCopies(np.zeros(40, int), at_least=20_000, seed=0)
    angles = copies.angles_deg(np.arange(len(copies)))
    turned = angles[angles != 0]
    counts = np.histogram(turned, bins=36, range=(0, 360))[0]
    expected = len(turned) / 36
    assert ((counts - expected) ** 2 / expected).sum() < 75  # chi-squared with 35 degrees: 1 in 10,000
    assert len(np.unique(turned)) > 0.99 * len(turned)


def test_nothing_is_kept_for_a_copy() -> None:
    codes = np.arange(2000) % 7

    def bytes_kept(at_least: int) -> int:
        tracemalloc.start()
        copies = RotatedCopies(codes, at_least=at_least, seed=0)
        kept = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(copies) >= 7 * at_least
        return kept

    bytes_kept(1)  # what is made once and stays
    few, many = bytes_kept(5_000), bytes_kept(5_000_000)
    assert many <= few + 2000


def test_at_least_a_negative_number() -> None:
    with pytest.raises(ParameterError, match="at_least is -1"):
        RotatedCopies([0, 1], at_least=-1, seed=0)


# ---------------------------------------------------------------- turning


def waves(rows: int, columns: int) -> np.ndarray:
    """A smooth map that differs in every direction and falls to 0 at its edge."""
    y, x = np.mgrid[:rows, :columns].astype(float)
    y, x = (y - (rows - 1) / 2) / rows, (x - (columns - 1) / 2) / columns
    window = np.cos(np.pi * y) * np.cos(np.pi * x)
    return (window * (np.sin(9 * x + 2 * y) + np.cos(4 * x - 7 * y) + 3 * x)).astype(np.float32)


SHAPES = [(48, 48), (31, 31), (40, 64), (65, 30)]
ANGLES = [0.0, 1.5, 33.0, 90.0, 137.2, 180.0, 270.0, 359.0]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("angle", ANGLES)
def test_turned_as_scipy_turns(shape: tuple[int, int], angle: float) -> None:
    heights = waves(*shape)
    ours = rotate_batch(torch.from_numpy(heights)[None, None], torch.tensor([angle]))[0, 0].numpy()
    # scipy turns the array's axes: with rows counted downwards that is counter-clockwise as seen.
    theirs = ndimage.rotate(heights, angle, reshape=False, order=1, mode="grid-constant")
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("angle", ANGLES)
def test_turned_as_surfaces_are_turned(shape: tuple[int, int], angle: float) -> None:
    heights = waves(*shape)
    ours = rotate_batch(torch.from_numpy(heights)[None, None], torch.tensor([angle]))[0, 0].numpy()
    theirs = transforms.rotate(heights, angle_deg=angle)
    inside = ~np.isnan(theirs)
    assert inside.mean() > 0.4
    np.testing.assert_allclose(ours[inside], theirs[inside], atol=0.02)  # OpenCV places to 1/32 pixel


def test_each_map_has_its_own_angle_and_0_changes_nothing() -> None:
    maps = torch.from_numpy(np.stack([waves(24, 24), waves(24, 24)[::-1].copy(), waves(24, 24).T.copy()]))
    maps = torch.stack([maps, 2 * maps], dim=1)  # two channels
    turned = rotate_batch(maps, torch.tensor([0.0, 40.0, 0.0]))
    assert torch.equal(turned[0], maps[0]) and torch.equal(turned[2], maps[2])
    alone = rotate_batch(maps[1:2], torch.tensor([40.0]))
    assert torch.equal(turned[1:2], alone) and not torch.allclose(alone, maps[1:2], atol=0.1)
    torch.testing.assert_close(alone[:, 1], 2 * alone[:, 0])
    assert torch.equal(rotate_batch(maps, torch.zeros(3)), maps)


def test_the_maps_that_came_in_stay_as_they_were() -> None:
    maps = torch.from_numpy(waves(24, 24))[None, None]
    before = maps.clone()
    rotate_batch(maps, torch.tensor([10.0]))
    assert torch.equal(maps, before)


def test_what_comes_from_outside_is_0() -> None:
    turned = rotate_batch(torch.ones(1, 1, 40, 40), torch.tensor([45.0]))[0, 0]
    y, x = np.mgrid[:40, :40] - 19.5
    outside = abs(x) + abs(y) > np.sqrt(2) * 20 + 1.5
    assert outside.sum() > 50 and (turned.numpy()[outside] == 0).all()
    assert (turned.numpy()[abs(x) + abs(y) < np.sqrt(2) * 20 - 1.5] > 0.99).all()
