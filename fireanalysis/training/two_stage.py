"""Two stages, one answer: a category, then the model within it, by networks trained apart."""

import hashlib
import io
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from fireanalysis.errors import DataError, RunError
from fireanalysis.loaders import DataSet
from fireanalysis.models import backbone
from fireanalysis.transforms import Moments

from .fit import Fit
from .recipe import Recipe
from .trainer import device_of

_SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Routed:
    """What both stages say of some clips, one row a clip.

    Attributes
    ----------
    table : DataFrame
        The data set's columns.
    categories, models : ndarray (c,), (k,)
        Names in the order of the codes; models come category by category.
    category_of : int64 (k,)
        Category of each model.
    truth : int64 (n,)
        Code of the model as registered, −1 for one that no sub-model knows.
    category_probabilities : float32 (n, c)
        Stage 1.
    within : float32 (n, k)
        Stage 2: probability of each model as its own sub-model sees it, given that category.
    """

    table: pd.DataFrame
    categories: NDArray[Any]
    models: NDArray[Any]
    category_of: NDArray[np.int64]
    truth: NDArray[np.int64]
    category_probabilities: NDArray[np.float32]
    within: NDArray[np.float32]

    @property
    def routed(self) -> NDArray[np.int64]:
        """Code of the category that stage 1 chooses."""
        return self.category_probabilities.argmax(1)

    @property
    def soft_probabilities(self) -> NDArray[np.float32]:
        """Soft gating, a mixture of experts: P(category) · P(model | category); rows sum to 1."""
        return self.category_probabilities[:, self.category_of] * self.within

    @property
    def hard_probabilities(self) -> NDArray[np.float32]:
        """Hard routing: soft gating's numbers of the chosen category's models, 0 for all others."""
        chosen = self.category_of == self.routed[:, None]
        return np.where(chosen, self.soft_probabilities, np.float32(0))


@dataclass(frozen=True, eq=False)
class TwoStage:
    """A stage-1 network for categories, and for each category one that tells its models apart.

    Attributes
    ----------
    stage_one : Fit
        Its classes are categories.
    stage_two : mapping of str to Fit
        By category; a category of a single model needs none.
    only : mapping of str to str
        The model of each category that has but one.
    about : mapping
        What a reader of its answers should know: data source, error rates, threshold; kept by `save`.

    Raises
    ------
    DataError
        If a category has neither a sub-model nor a single model, or two categories have a model of one name.

    Notes
    -----
    Source: sections 3 and 6; the paper speaks of loading one sub-model and of a gating network: both are here.
    """

    stage_one: Fit
    stage_two: Mapping[str, Fit]
    only: Mapping[str, str]
    about: Mapping[str, Any]

    def __post_init__(self) -> None:
        missing = [name for name in self.stage_one.classes if name not in {*self.stage_two, *self.only}]
        if missing:
            raise DataError(
                f"no sub-model for {', '.join(map(str, missing))}",
                where="TwoStage",
                do="train one (fit_or_load on the category's clips), or name its one model in only",
            )
        names = pd.Series([model for _, model in self.models])
        if names.duplicated().any():
            raise DataError(
                f"models of several categories have one name: {', '.join(names[names.duplicated()].unique())}",
                where="TwoStage",
                do="correct the categories, or name the models differently",
            )

    @property
    def models(self) -> list[tuple[str, str]]:
        """All (category, model), category by category."""
        return [
            (str(category), str(model))
            for category in self.stage_one.classes
            for model in (
                self.stage_two[category].classes if category in self.stage_two else [self.only[category]]
            )
        ]

    def predict(self, maps: DataSet, *, batch_size: int = 128) -> Routed:
        """Ask stage 1 and every sub-model about each clip.

        Parameters
        ----------
        maps : DataSet of float32 (frequencies, frames)
            Spectrograms prepared as those of the training; label "model".
        batch_size : int
            Clips at a time.
        """
        first = self.stage_one.predict(maps, batch_size=batch_size).probabilities
        columns = [
            self.stage_two[category].predict(maps, batch_size=batch_size).probabilities
            if category in self.stage_two
            else np.ones((len(maps), 1), np.float32)
            for category in self.stage_one.classes
        ]
        pairs = self.models
        models = np.array([model for _, model in pairs], dtype=object)
        categories = self.stage_one.classes
        codes = pd.Series(range(len(models)), index=models)
        return Routed(
            maps.table.reset_index(drop=True),
            categories,
            models,
            np.asarray(np.searchsorted(categories, [category for category, _ in pairs]), np.int64),
            np.asarray(pd.Series(maps.labels).map(codes).fillna(-1), np.int64),
            first,
            np.concatenate(columns, axis=1),
        )

    def save(self, folder: str | os.PathLike[str]) -> Path:
        """Keep both stages in a folder: one file of weights a network, and ``two_stage.json``, written last.

        Raises
        ------
        RunError
            If the folder cannot be written.
        """
        target = Path(folder)
        fits = {"stage_one": self.stage_one, **self.stage_two}
        try:
            target.mkdir(parents=True, exist_ok=True)
            networks = {}
            for name, fit in fits.items():
                buffer = io.BytesIO()
                torch.save(fit.model.state_dict(), buffer)
                content = buffer.getvalue()
                file = f"{name.replace(' ', '_')}.pt"
                _write(target / file, content)
                networks[name] = _described(fit) | {
                    "file": file,
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
            saved = {
                "schema": _SCHEMA,
                "networks": networks,
                "only": dict(self.only),
                "about": dict(self.about),
            }
            _write(target / "two_stage.json", json.dumps(saved, indent=1, default=str).encode())
        except OSError as error:
            raise RunError(
                f"the two stages cannot be kept: {error.strerror or error}",
                where=target,
                do="free the disk, or choose another folder",
            ) from error
        return target

    @classmethod
    def load(cls, folder: str | os.PathLike[str], *, device: str = "auto") -> "TwoStage":
        """Read what `save` has kept; every file is checked against its hash.

        Raises
        ------
        DataError
            If the folder holds no two stages, or a file is missing or damaged.
        """
        source = Path(folder)
        file = source / "two_stage.json"
        do = "train them: fireanalysis run 24, which keeps them in OUT/two_stage"
        if not file.is_file():
            raise DataError("no trained networks here", where=source, do=do)
        try:
            saved = json.loads(file.read_text(encoding="utf-8"))
            if saved["schema"] != _SCHEMA:
                raise ValueError(f"schema {saved['schema']}, {_SCHEMA} is known")
            fits = {
                name: _loaded(source, network, device_of(device))
                for name, network in saved["networks"].items()
            }
            return cls(fits.pop("stage_one"), fits, saved["only"], saved["about"])
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise DataError(f"the two stages cannot be read: {error}", where=file, do=do) from error


def _described(fit: Fit) -> dict[str, Any]:
    return {
        "recipe": asdict(fit.recipe),
        "classes": [str(name) for name in fit.classes],
        "shape": list(fit.shape),
        "moments": list(fit.moments),
        "chosen_epoch": int(fit.chosen_epoch),
        "weights": fit.weights,
        "seconds": fit.seconds,
    }


def _loaded(folder: Path, network: Mapping[str, Any], device: str) -> Fit:
    content = (folder / Path(network["file"]).name).read_bytes()
    if hashlib.sha256(content).hexdigest() != network["sha256"]:
        raise ValueError(f"{network['file']} is damaged: it has another hash")
    settings = {**network["recipe"], "weights": "none"}
    settings["augment"] = tuple(settings["augment"])
    recipe = Recipe(**settings)
    classes, shape = np.array(network["classes"], dtype=object), tuple(network["shape"])
    model = backbone(
        recipe.network,
        classes=len(classes),
        pixels=shape[0],
        weights="none",
        width=recipe.width,
        depth=recipe.depth,
    )
    model.load_state_dict(torch.load(io.BytesIO(content), weights_only=True, map_location="cpu"))
    return Fit(
        model.to(device).eval(),
        recipe,
        classes,
        shape,
        Moments(*network["moments"]),
        pd.DataFrame(),
        network["chosen_epoch"],
        np.empty((0, 0, len(classes)), np.float32),
        np.empty(0, np.int64),
        network["weights"],
        network["seconds"],
        True,
        device,
    )


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
