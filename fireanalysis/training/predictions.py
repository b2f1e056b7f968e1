"""What the classifiers of the four papers say of simulated samples, in one form."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis import loaders
from fireanalysis.errors import ParameterError
from fireanalysis.loaders import DataSet, Predictions

from .embedding_fit import fit_embedding
from .embedding_recipe import retrieval_recipe
from .fit import Fit, fit_or_load
from .recipe import CNN, SOUND
from .segmentation_fit import fit_segmentation
from .segmentation_recipe import SegmentationRecipe

_LEAST_P = 1e-12  # below what a float32 softmax tells from 0
_SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}
_PIXELS = 48  # of each picture
_POPULOUS = ("CBP", *(f"F{number:02}" for number in range(1, 20)), "Handmade")  # brands with cases enough

Sizes = Mapping[str, Any]


def paper_predictions(
    sizes: Mapping[str, Sizes], *, seed: int, store: str | os.PathLike[str], unknown: int = 0
) -> dict[str, Predictions]:
    """Train the simulated classifier of each paper, or take it from the store, and ask it about new samples.

    Parameters
    ----------
    sizes : mapping of str to mapping
        By paper, the sizes of the notebook that trains the classifier, at one profile: "cartridge" (notebook 16,
        brands), "gunshot" (22, five categories), "segmentation" (35, pixels), "retrieval" (42, classes of
        firearms). Where that notebook ran with the same seed and store nothing is trained again.
    seed : int
        As in those notebooks.
    store : path
        Where networks are kept.
    unknown : int
        About so many samples of brands and of firearm classes that the classifier does not know are put into the test
        part, of what else the simulated market and catalogue have; categories and pixels have no unknown ones.

    Returns
    -------
    dict of str to Predictions
        By paper. Calibration and test parts share no firearm, session or scene:

        - cartridge and gunshot: the validation part, which chose the epoch, and the test part of those notebooks;
        - segmentation: 48 pixels of each picture, of firearms and scenes outside the training's, scenes dealt out;
        - retrieval: new pictures of the classes that stage one learned, of other firearms, firearms dealt out.

    Raises
    ------
    ParameterError
        For an unknown paper, or a negative `unknown`.

    Notes
    -----
    Logits are logarithms of the networks' probabilities, 1e-12 at least: no temperature changes by that.
    """
    strange = [name for name in sizes if name not in _PAPERS]
    if strange or unknown < 0:
        what = f"unknown is {unknown}" if not strange else f"no classifier of {', '.join(strange)}"
        do = f"pass sizes of {', '.join(_PAPERS)}, and unknown=0 or more"
        raise ParameterError(what, where="paper_predictions", do=do)
    return {paper: _PAPERS[paper](its, seed, store, unknown) for paper, its in sizes.items()}


def _brands(sizes: Sizes, seed: int, store: str | os.PathLike[str], unknown: int) -> Predictions:
    def primers(**what: Any) -> DataSet:
        data = loaders.load_cartridges(pixels=sizes["fine_pixels"], **what)
        return loaders.keep_primers(data, pixels=sizes["fine_pixels"], store=store)

    grid: dict[str, Any] = {"kind": "shape index", "pixels": sizes["input_pixels"], "store": store}
    known = primers(cases=sizes["train_cases"], brands=sizes["train_brands"], seed=seed)
    data = loaders.prepare_maps(loaders.enough_groups(known, parts=3), **grid)
    parts = loaders.split(data, _SHARES, seed=seed)
    names = ("width", "epochs", "warmup_epochs", "batch_size", "oversample_to", "weights")
    recipe = replace(CNN, network="resnet18", seed=seed, **{name: sizes[name] for name in names})
    fit = fit_or_load(parts["train"], parts["validation"], recipe, store=store)
    asked = [("calibration", parts["validation"]), ("test", parts["test"])]
    others = [brand for brand in _POPULOUS if brand not in fit.classes]
    if unknown and others:
        strangers = primers(cases=max(unknown, len(others)), brands=others, balanced=True, seed=seed + 1)
        asked.append(("test", loaders.prepare_maps(strangers, **grid)))
    return _of_fit(fit, asked, name="cartridge brand", group_name="firearm")


def _categories(sizes: Sizes, seed: int, store: str | os.PathLike[str], unknown: int) -> Predictions:
    data = loaders.load_gunshots(clips=sizes["clips"], seed=seed)
    maps = loaders.keep_spectrograms(data, store=store, shrink_by=sizes["shrink_by"])
    parts = loaders.split(maps, _SHARES, seed=seed, each_label=True)
    parts = {name: replace(part, label="category") for name, part in parts.items()}
    names = ("width", "epochs", "patience", "batch_size")
    recipe = replace(SOUND, seed=seed, **{name: sizes[name] for name in names})
    fit = fit_or_load(parts["train"], parts["validation"], recipe, store=store)
    asked = [("calibration", parts["validation"]), ("test", parts["test"])]
    return _of_fit(fit, asked, name="gunshot category", group_name="session")


def _of_fit(fit: Fit, asked: Sequence[tuple[str, DataSet]], *, name: str, group_name: str) -> Predictions:
    tables = [
        pd.DataFrame({"part": part, "group": data.groups.astype(str), "truth": data.labels.astype(str)})
        for part, data in asked
    ]
    p = np.concatenate([fit.predict(data).probabilities for _, data in asked])
    return Predictions(
        pd.concat(tables, ignore_index=True),
        _logits(p),
        fit.classes.astype(str),
        name=name,
        group_name=group_name,
        source="simulated",
        weights=fit.weights,
        notes=("the calibration part also chose the epoch of the network",),
    )


def _pixels(sizes: Sizes, seed: int, store: str | os.PathLike[str], unknown: int) -> Predictions:
    scene = {"style": "photographed", "empty_share": 0.4, "median_share": sizes["share"]}
    data = loaders.load_segmentation(pictures=sizes["grid"], seed=seed, **scene)
    parts = loaders.split_crossed(data, {"train": 0.85, "validation": 0.15}, seed=seed)
    drawn = loaders.draw(parts["train"], sizes["pictures"], seed=seed)
    train = loaders.keep_pictures(drawn, store=store, pixels=sizes["pixels"])
    validation = loaders.keep_pictures(parts["validation"], store=store, pixels=sizes["pixels"])
    names = ("epochs", "batch_size", "weights")
    recipe = SegmentationRecipe(
        network="skip_unet", loss="both", seed=seed, **{name: sizes[name] for name in names}
    )
    fit = fit_segmentation(train, validation, recipe, store=store)
    pictures = 4 * sizes["damaged"]
    outside = {
        "pictures": pictures,
        "firearms": pictures,
        "backgrounds": max(4, pictures // 4),
        "pool": "outside",
    }
    others = loaders.load_segmentation(seed=seed, **outside, **scene)
    others = loaders.keep_pictures(others, store=store, pixels=sizes["pixels"])
    dealt = _dealt(others.table["background"].to_numpy(str), seed)
    rng = np.random.default_rng(seed)
    said, truth = [], []
    for found, picture in zip(fit.predict(others), others.samples(), strict=True):
        places = rng.choice(found.size, _PIXELS, replace=False)
        said.append(found.ravel()[places].astype(float))
        truth.append(picture.mask.ravel()[places])
    p = np.concatenate(said)
    table = others.table[["background", "picture"]].rename(columns={"background": "group"}).assign(part=dealt)
    table = table.loc[table.index.repeat(_PIXELS)].reset_index(drop=True)
    table["truth"] = np.where(np.concatenate(truth), "firearm", "background")
    return Predictions(
        table,
        _logits(np.column_stack([1 - p, p])),
        np.array(["background", "firearm"]),
        name="pixel of a picture",
        group_name="scene",
        source="simulated",
        weights=fit.weights,
        notes=(f"{_PIXELS} pixels of each picture, drawn at random",),
    )


def _firearms(sizes: Sizes, seed: int, store: str | os.PathLike[str], unknown: int) -> Predictions:
    def load(its_seed: int) -> DataSet:
        return loaders.load_retrieval(pictures=sizes["pictures"], classes=sizes["classes"], seed=its_seed)

    def keep(part: DataSet) -> DataSet:
        return loaders.keep_sized(part, store=store, longer=sizes["longer"])

    parts = {name: keep(part) for name, part in loaders.split_classes(load(seed), seed=seed).items()}
    stage_one = loaders.split(
        loaders.join_parts(parts["train"], parts["validation"]),
        {"train": 0.7, "validation": 0.3},
        seed=seed,
        each_label=True,
    )
    recipe = retrieval_recipe("cls", sizes, seed=seed)
    fit = fit_embedding(stage_one["train"], stage_one["validation"], recipe, store=store)
    new = load(seed + 1)
    rng = np.random.default_rng(seed)
    known = np.isin(new.labels.astype(str), fit.classes)
    strangers = rng.permutation(np.flatnonzero(~known))[:unknown]
    new = keep(new.subset(np.sort(np.r_[np.flatnonzero(known), strangers])))
    dealt = _dealt(new.table["firearm"].to_numpy(str), seed)
    dealt[~np.isin(new.labels.astype(str), fit.classes)] = "test"
    groups = new.table["firearm"].to_numpy(str)
    return Predictions(
        pd.DataFrame({"part": dealt, "group": groups, "truth": new.labels.astype(str)}),
        _logits(fit.probabilities(np.array(fit.embed(new, store=store)))),
        np.array(fit.classes, dtype=str),
        name="class of firearm",
        group_name="firearm",
        source="simulated",
        weights=fit.weights,
        notes=("new pictures of the classes it learned, of other firearms",),
    )


def _dealt(groups: NDArray[np.str_], seed: int) -> NDArray[np.str_]:
    """Deal groups to the two parts, half and half."""
    names = np.random.default_rng(seed).permutation(np.unique(groups))
    return np.where(np.isin(groups, names[: len(names) // 2]), "calibration", "test").astype("<U11")


def _logits(p: NDArray[Any]) -> NDArray[np.float64]:
    return np.log(np.maximum(p.astype(np.float64), _LEAST_P))


_PAPERS: dict[str, Callable[[Sizes, int, str | os.PathLike[str], int], Predictions]] = {
    "cartridge": _brands,
    "gunshot": _categories,
    "segmentation": _pixels,
    "retrieval": _firearms,
}
