from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import jaccard_score
from torch.nn import functional

from fireanalysis import training
from fireanalysis.errors import DataError, FireAnalysisError, ParameterError, RunError
from fireanalysis.loaders import DataSet
from fireanalysis.models import segmenter
from fireanalysis.training import SegmentationRecipe, fit_segmentation, load_segmentation_fit

from .pictures import pictures, squares
from .watched import assert_told_after_each_epoch

# ELU: with ReLU such a network finds nothing at all for its first hundred steps.
UNET = SegmentationRecipe(
    width=0.25,
    batch_norm=False,
    activation="elu",
    alpha=1.0,
    loss="both",
    epochs=3,
    batch_size=4,
    learning_rate=0.003,
    precision="32-true",
)
TRANSFER = SegmentationRecipe(network="transfer", filters=4, epochs=2, batch_size=8, weights="none")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def fit(store: Path) -> training.SegmentationFit:
    return fit_segmentation(pictures(48), pictures(16, first=1000), UNET, store=store, device="cpu")


def truth(data: DataSet) -> np.ndarray:
    return np.stack([example.mask for example in squares(data.table)])


def test_it_learns_what_is_there_and_the_history_is_that_of_the_predictions(
    fit: training.SegmentationFit, store: Path
) -> None:
    validation = pictures(16, first=1000)
    found = fit.predict(validation) > 0.5
    foreground = jaccard_score(truth(validation).ravel(), found.ravel())
    background = jaccard_score(~truth(validation).ravel(), ~found.ravel())
    assert foreground > 0.7
    last = fit.history.iloc[-1]
    assert last["validation foreground IoU"] == pytest.approx(
        foreground, abs=1e-3
    )  # float16 at the threshold
    assert last["validation mean IoU"] == pytest.approx((foreground + background) / 2, abs=1e-3)
    assert fit.chosen_epoch == 3 == len(fit.history)
    again = fit_segmentation(pictures(48), validation, UNET, store=store, device="cpu")
    assert again.loaded and not fit.loaded
    np.testing.assert_array_equal(again.predict(validation), fit.predict(validation))


def test_a_training_tells_its_history(tmp_path: Path) -> None:
    train = partial(
        fit_segmentation, pictures(16), pictures(8, first=1000), UNET, store=tmp_path, device="cpu"
    )
    assert_told_after_each_epoch(train, score="foreground IoU")


def test_another_setting_is_another_model(fit: training.SegmentationFit, store: Path) -> None:
    other = fit_segmentation(
        pictures(48), pictures(16, first=1000), replace(UNET, seed=1, epochs=1), store=store, device="cpu"
    )
    assert not other.loaded and len(other.history) == 1


def test_the_best_epoch_is_kept_if_it_is_asked_for(tmp_path: Path) -> None:
    recipe = replace(UNET, selection="best", epochs=4, learning_rate=0.01)
    best = fit_segmentation(pictures(24), pictures(8, first=1000), recipe, store=tmp_path, device="cpu")
    scores = best.history["validation foreground IoU"]
    assert best.chosen_epoch == scores.argmax() + 1


def test_fast_is_bfloat16_where_the_cpu_computes_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    step = training.Segmenter.training_step

    def noted(module: training.Segmenter, batch: tuple) -> object:
        seen.append(module.trainer.precision)
        return step(module, batch)

    monkeypatch.setattr(training.Segmenter, "training_step", noted)
    for able in (True, False):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda able=able: {"avx512_bf16": able})
        recipe = replace(UNET, precision="fast", epochs=1)
        fit_segmentation(pictures(8), pictures(4), recipe, store=tmp_path / str(able), device="cpu")
    assert [*dict.fromkeys(seen)] == ["bf16-mixed", "32-true"]


def test_losses_are_their_definitions() -> None:
    torch.manual_seed(0)
    logits, masks = torch.randn(3, 1, 8, 8), (torch.rand(3, 8, 8) > 0.7).float()
    p, t = logits.sigmoid().flatten(), masks.flatten()
    dice = 1 - 2 * (p * t).sum() / (p.sum() + t.sum())
    entropy = functional.binary_cross_entropy(p, t)
    for name, wanted in {"dice": dice, "cross_entropy": entropy, "both": dice + entropy}.items():
        module = training.Segmenter(segmenter("unet", width=0.1), replace(UNET, loss=name), steps=1)
        torch.testing.assert_close(module.loss(logits, masks), wanted)


def test_pictures_without_foreground_do_no_harm(tmp_path: Path) -> None:
    recipe = replace(UNET, loss="dice", epochs=1)
    empty = fit_segmentation(
        pictures(8, empty=True), pictures(4, empty=True), recipe, store=tmp_path, device="cpu"
    )
    assert np.isfinite(empty.history.to_numpy()).all()
    assert empty.history["validation foreground IoU"].between(0, 1).all()


def test_a_decoder_on_kept_features_is_the_whole_network(tmp_path: Path) -> None:
    parts = pictures(16), pictures(8, first=1000)
    fit = fit_segmentation(*parts, TRANSFER, store=tmp_path, device="cpu")
    assert fit.trainable_parameters == sum(weights.numel() for weights in fit.model.decoder.parameters())
    with_features = fit.predict(parts[1], store=tmp_path).astype(float)
    np.testing.assert_allclose(with_features, fit.predict(parts[1]).astype(float), atol=2e-3)
    assert len([*(tmp_path / "encoder_features").glob("*/features.npy")]) == 2  # one a part, used again
    features = training.keep_encoder_features(parts[1], fit.model.encoder, store=tmp_path, device="cpu")
    assert features.shape == (8, 1280, 2, 2) and features.dtype == np.float16
    image = torch.from_numpy(squares(parts[1].table)[3].image).permute(2, 0, 1)[None] / 255
    np.testing.assert_allclose(features[3], fit.model.encoder(image)[0], rtol=2e-3, atol=2e-3)


def test_with_augmentation_the_encoder_sees_every_picture_anew(tmp_path: Path) -> None:
    recipe = replace(TRANSFER, augment=("geometry",), epochs=1)
    fit = fit_segmentation(pictures(8), pictures(4, first=1000), recipe, store=tmp_path, device="cpu")
    assert not (tmp_path / "encoder_features").exists()
    same = fit_segmentation(pictures(8), pictures(4, first=1000), recipe, store=tmp_path, device="cpu")
    np.testing.assert_array_equal(same.predict(pictures(4)), fit.predict(pictures(4)))


def test_against_a_discriminator_both_networks_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    begin = training.Segmenter.__init__

    def noted(module: training.Segmenter, *args: object, **options: object) -> None:
        begin(module, *args, **options)
        seen.append((module, {name: w.clone() for name, w in module.discriminator.named_parameters()}))

    monkeypatch.setattr(training.Segmenter, "__init__", noted)
    recipe = replace(UNET, adversarial=0.1)
    fit = fit_segmentation(pictures(48), pictures(16, first=1000), recipe, store=tmp_path, device="cpu")
    assert fit.history["validation foreground IoU"].iloc[-1] > 0.5
    (module, before), = seen  # fmt: skip
    assert all(not torch.equal(w, before[name]) for name, w in module.discriminator.named_parameters())


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = replace(UNET, epochs=3, augment=("geometry", "colour", "camera"))
    parts = pictures(16), pictures(8, first=1000)
    plain = fit_segmentation(*parts, recipe, store=tmp_path / "plain", device="cpu")
    step = training.Segmenter.training_step

    def interrupted(module: training.Segmenter, batch: tuple) -> object:
        if module.current_epoch == 2:
            raise KeyboardInterrupt
        return step(module, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training.Segmenter, "training_step", interrupted)
        fit_segmentation(*parts, recipe, store=tmp_path / "killed", device="cpu")
    epochs = []
    monkeypatch.setattr(
        training.Segmenter, "training_step", lambda m, batch: epochs.append(m.current_epoch) or step(m, batch)
    )
    resumed = fit_segmentation(*parts, recipe, store=tmp_path / "killed", device="cpu")
    assert {*epochs} == {2}
    np.testing.assert_allclose(resumed.history, plain.history, rtol=1e-5)
    np.testing.assert_array_equal(resumed.predict(parts[1]), plain.predict(parts[1]))


def test_a_saved_network_is_the_same(fit: training.SegmentationFit, tmp_path: Path) -> None:
    path = fit.save(tmp_path / "deep" / "network.pt", about={"foreground IoU": 0.8})
    loaded = load_segmentation_fit(path, device="cpu")
    np.testing.assert_array_equal(loaded.predict(pictures(4)), fit.predict(pictures(4)))
    assert loaded.about == {"foreground IoU": 0.8} and loaded.recipe == fit.recipe and loaded.pixels == 64
    assert [p.name for p in path.parent.iterdir()] == ["network.pt"]


def test_a_network_that_cannot_be_written_leaves_nothing(
    fit: training.SegmentationFit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: object) -> None:
        path.touch()
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(RunError, match="No space left on device"):
        patch.setattr(Path, "write_bytes", full)
        fit.save(tmp_path / "network.pt", about={})
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("content", [None, b"", b"no network"])
def test_files_without_a_network_are_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "network.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match="network"):
        load_segmentation_fit(path)


def test_a_file_with_another_network_is_told(fit: training.SegmentationFit, tmp_path: Path) -> None:
    path = fit.save(tmp_path / "network.pt", about={})
    content = torch.load(path, weights_only=True)
    content["recipe"]["width"] = 0.5
    torch.save(content, path)
    with pytest.raises(DataError, match="size mismatch"):
        load_segmentation_fit(path)


def test_pictures_of_other_sizes_are_told(tmp_path: Path) -> None:
    def cropped(rows: object) -> list:
        return [type(e)(e.image[:48], e.mask[:48]) for e in squares(rows)]  # type: ignore[arg-type]

    data = pictures(8)
    other = replace(data, read=cropped)
    with pytest.raises(DataError, match="several sizes"):
        fit_segmentation(data, other, UNET, store=tmp_path, device="cpu")
    with pytest.raises(ParameterError, match="48 × 64 pixels; both must be multiples of 32"):
        fit_segmentation(other, other, UNET, store=tmp_path, device="cpu")


def test_a_training_part_without_any_firearm_is_told(tmp_path: Path) -> None:
    data = pictures(8, empty=True)
    data = replace(data, table=data.table.assign(foreground_share=0.0))
    with pytest.raises(DataError, match="none of 8 masks has any foreground"):
        fit_segmentation(data, data, UNET, store=tmp_path, device="cpu")


@pytest.mark.parametrize(
    "images", [np.zeros((2, 64, 64), np.uint8), np.zeros((2, 64, 64, 3)), np.zeros((0, 64, 64, 3), np.uint8)]
)
def test_arrays_that_are_no_pictures_are_told(fit: training.SegmentationFit, images: np.ndarray) -> None:
    with pytest.raises(DataError, match="they must be uint8"):
        fit.predict_pictures(images)


def test_a_diverging_training_is_told(tmp_path: Path) -> None:
    recipe = replace(UNET, learning_rate=1e30)
    with pytest.raises(FireAnalysisError, match="diverged in epoch 1"):
        fit_segmentation(pictures(8), pictures(4), recipe, store=tmp_path, device="cpu")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"network": "vnet"}, "network is 'vnet'"),
        ({"loss": "focal"}, "loss is 'focal'"),
        ({"schedule": "plateau"}, "schedule is 'plateau'"),
        ({"selection": "first"}, "selection is 'first'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 1}, "batch_size is 1"),
        ({"learning_rate": 0}, "learning_rate is 0"),
        ({"adversarial": -1}, "adversarial is -1"),
        ({"adversarial": 1, "network": "transfer"}, "adversarial is 1 with network 'transfer'"),
        ({"augment": ("flip",)}, "augment has 'flip'"),
    ],
)
def test_wrong_settings_are_told(wrong: dict, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        SegmentationRecipe(**wrong)
