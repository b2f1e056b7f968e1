import torch

from fireanalysis.training import PICTURE_AUGMENTATIONS, augment_pictures


def marked(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Grey pictures whose mask is what is bright."""
    masks = torch.zeros(count, 48, 64)
    masks[:, 20:30, 25:45] = 1
    return 0.3 + 0.5 * masks[:, None].expand(-1, 3, -1, -1), masks


def test_mask_and_picture_move_together() -> None:
    torch.manual_seed(0)
    pictures, masks = augment_pictures(*marked(64), ("geometry",))
    assert ((pictures[:, 0] > 0.55).float() == masks).float().mean() > 0.998  # but for rounding at edges
    assert {*masks.unique().tolist()} == {0, 1}
    areas = masks.mean((1, 2)) / (200 / (48 * 64))
    assert areas.max() > 2 and areas.min() < 0.5  # half to twice as large, partly outside or mirrored
    assert not (masks == masks[0]).all()


def test_colour_and_camera_leave_the_mask_and_the_range() -> None:
    torch.manual_seed(0)
    before, masks = marked(64)
    for kind in ("colour", "camera"):
        pictures, same = augment_pictures(before, masks, (kind,))
        assert torch.equal(same, masks)
        assert pictures.min() >= 0 and pictures.max() <= 1 and not torch.equal(pictures, before)
        inside, outside = (
            (pictures * part[:, None]).sum((1, 2, 3)) / part.sum((1, 2)) for part in (masks, 1 - masks)
        )
        assert (inside > outside).all()  # still the brighter one


def test_each_picture_is_changed_in_its_own_way_and_the_seed_decides() -> None:
    results = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        results.append(augment_pictures(*marked(4), PICTURE_AUGMENTATIONS)[0])
    assert torch.equal(results[0], results[1]) and not torch.equal(results[0], results[2])
    assert all(not torch.equal(results[0][0], other) for other in results[0][1:])


def test_nothing_asked_nothing_done() -> None:
    pictures, masks = marked(2)
    same, still = augment_pictures(pictures, masks, ())
    assert same is pictures and still is masks
