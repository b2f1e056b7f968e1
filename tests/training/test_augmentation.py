"""Each change of spectrograms against what it claims to do."""

import numpy as np
import pytest
import torch

from fireanalysis.errors import ParameterError
from fireanalysis.training import AUGMENTATIONS, Recipe, augment, mix
from fireanalysis.transforms import Moments

MOMENTS = Moments(0.3, 0.7, 1)
CLIPS = 200


def clips(kind: str = "") -> tuple[torch.Tensor, torch.Tensor]:
    """Powers of many equal clips with one loud frame, before and after a change."""
    torch.manual_seed(3)
    magnitude = torch.full((CLIPS, 1, 32, 40), 0.5)
    magnitude[..., 10] = 20.0
    given = (torch.log1p(magnitude) - MOMENTS.mean) / MOMENTS.std
    out = augment(given, [kind] if kind else [], moments=MOMENTS)
    return magnitude.square(), torch.expm1(out * MOMENTS.std + MOMENTS.mean).square()


@pytest.mark.parametrize("kind", [kind for kind in AUGMENTATIONS if kind not in ("spec_augment", "mixup")])
def test_half_of_the_clips_stay_as_they_are(kind):
    before, after = clips(kind)
    same = torch.isclose(before, after, rtol=1e-3).all(dim=(1, 2, 3))
    assert 0.35 < same.float().mean() < 0.65
    assert after.isfinite().all() and (after >= 0).all()


def test_without_kinds_nothing_changes():
    before, after = clips()
    torch.testing.assert_close(before, after, rtol=1e-3, atol=1e-4)


def test_gain_is_one_factor_within_twelve_decibels():
    before, after = clips("gain")
    change_db = 10 * torch.log10(after / before)
    assert (change_db.amax((1, 2, 3)) - change_db.amin((1, 2, 3)) < 0.05).all()
    assert 9 < change_db.max() <= 12.01 and -12.01 <= change_db.min() < -9


def test_shift_moves_the_loud_frame_by_a_quarter_at_most():
    before, after = clips("shift")
    moved = after.mean((1, 2)).argmax(1) - 10
    assert -10 <= moved.min() < -5 < 5 < moved.max() <= 10
    torch.testing.assert_close(after.sum(-1), before.sum(-1), rtol=1e-3, atol=1e-3)


def test_noise_adds_power_up_to_that_of_the_loudest_frame():
    before, after = clips("noise")
    added = (after - before).mean((1, 2, 3))
    assert (added > -1e-2).all() and added.max() > 10 and added.max() < 1.5 * 400


def test_reverberation_adds_a_falling_tail_behind_the_shot():
    before, after = clips("reverberation")
    added = (after - before)[:, 0].mean(1)
    changed = added.abs().amax(1) > 0.5
    assert (added[changed, 11:].sum(1) > added[changed, :10].sum(1)).all()
    assert (added[changed, 12] > added[changed, 30]).all()


def test_a_recorder_changes_every_frame_alike():
    before, after = clips("recorder")
    response = (after / before)[:, 0]
    torch.testing.assert_close(response[..., 10], response[..., 20], rtol=2e-2, atol=2e-3)
    assert response[:, -1].min() < 0.01  # some cut the highest frequencies


def test_masks_are_the_mean_and_not_too_many():
    torch.manual_seed(5)
    out = augment(torch.ones(CLIPS, 1, 32, 40), ["spec_augment"], moments=Moments(0.0, 1.0, 1))
    share = (out == 0).float().mean((1, 2, 3))
    assert 0 < share.mean() < 0.3 and share.max() <= 0.5
    assert ((out == 0) | torch.isclose(out, torch.ones(()), rtol=1e-5)).all()


def test_mixup_blends_maps_as_it_blends_classes():
    torch.manual_seed(1)
    codes = torch.arange(16)
    for _ in range(20):
        maps, other, share = mix(torch.nn.functional.one_hot(codes, 16).float()[:, None, None], codes)
        wanted = share * torch.eye(16) + (1 - share) * torch.eye(16)[other]
        torch.testing.assert_close(maps[:, 0, 0], wanted)
        assert 0.5 <= share <= 1


def test_random_numbers_are_torch_s_own():
    given = torch.randn(4, 1, 32, 40, generator=torch.Generator().manual_seed(2)).abs()
    runs = []
    for _ in range(2):
        torch.manual_seed(9)
        runs.append(augment(given, AUGMENTATIONS, moments=MOMENTS))
    assert torch.equal(*runs) and not torch.equal(runs[0], given)


def test_an_unknown_change_is_named():
    with pytest.raises(ParameterError, match="'echo'; there are gain"):
        Recipe(augment=("echo",))
    assert np.isin(["mixup", "noise"], AUGMENTATIONS).all()
