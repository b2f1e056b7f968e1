"""What every training shares: Lightning's loop, going on after a kill, the progress line, the kept result."""

import hashlib
import io
import logging
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import lightning.pytorch as pl
import pandas as pd
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.utilities.exceptions import SIGTERMException
from torch import nn
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from fireanalysis.errors import DataError, ParameterError, RunError
from fireanalysis.loaders import DataSet

SELECTION = "epoch, if it is the best so far"
_RESULT = "result.pt"
Built = TypeVar("Built")
OnEpoch = Callable[[pd.DataFrame], object]


class Trained(pl.LightningModule):
    """A module that `run_training` can train: it logs `SELECTION` after each epoch, −inf if the epoch is not better.

    Attributes
    ----------
    recipe
        Says at least `network` and `batch_size`.
    steps : int
        Batches an epoch.
    history : list of dict
        One row an epoch.
    """

    recipe: Any
    steps: int
    history: list[dict[str, float]]

    def headline(self) -> str:
        """How good the last epoch was, in words."""
        raise NotImplementedError

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the history with the weights."""
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the history."""
        self.history = checkpoint["history"]


def run_training(
    module: Trained,
    training: DataLoader,
    validation: DataLoader,
    *,
    folder: Path,
    device: str,
    precision: str,
    epochs: int,
    callbacks: list[pl.Callback] | None = None,
    on_epoch: OnEpoch | None = None,
) -> tuple[dict[str, Any], float]:
    """Train to the end, going on where a killed run stopped.

    Parameters
    ----------
    folder : Path
        Where ``last.ckpt`` is kept for a run that goes on.
    precision : str
        "auto": bfloat16 where a GPU computes in it, else 32 bits; "fast": also where the CPU does; or Lightning's
        names.
    on_epoch : callable, optional
        Is given the history so far after each epoch.

    Returns
    -------
    dict
        Lightning's checkpoint of the chosen epoch: "state_dict", "epoch" (from 0).
    float
        Seconds, those of a run before a kill not counted.

    Raises
    ------
    ParameterError
        If the GPU's memory does not suffice.
    """
    checkpoint = partial(ModelCheckpoint, folder, save_on_train_epoch_end=True, enable_version_counter=False)
    best = checkpoint("best", monitor=SELECTION, mode="max", save_weights_only=True)
    latest = checkpoint("last")  # not `save_last`, which keeps but the last of the best
    last = folder / "last.ckpt"
    started = time.perf_counter()
    with _quiet():
        trainer = pl.Trainer(
            accelerator="gpu" if device == "cuda" else "cpu",
            devices=1,
            precision=_precision(precision, device),
            max_epochs=epochs,
            callbacks=[*(callbacks or []), Progress(on_epoch), best, latest],
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            benchmark=device == "cuda",
            default_root_dir=folder,
        )
        _fit(trainer, module, training, validation, resume_from=last if _resumable(last) else None)
    path = Path(best.best_model_path)
    return torch.load(path, weights_only=True, map_location="cpu"), round(time.perf_counter() - started, 3)


def made_from(model: nn.Module, train: DataSet, validation: DataSet, recipe: Any) -> dict[str, Any]:
    """Name everything that decides a training, but the code: the store's key."""
    return {
        "training": train.fingerprint(),
        "validation": validation.fingerprint(),
        "recipe": asdict(recipe) | {"weights": model.weights_used},
        "initial": state_digest(model),
        "torch": torch.__version__,
    }


def write_result(folder: Path, result: dict[str, Any]) -> None:
    """Keep what a training gave, and remove its checkpoints."""
    buffer = io.BytesIO()  # torch's own writing turns a full disk into another error
    torch.save(result, buffer)
    (folder / _RESULT).write_bytes(buffer.getbuffer())
    for path in folder.glob("*.ckpt"):
        path.unlink()


def read_result(folder: Path) -> dict[str, Any]:
    """Read what `write_result` kept.

    Raises
    ------
    DataError
        If it is damaged.
    """
    path = folder / _RESULT
    try:
        return torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:
        raise DataError(
            f"the stored model cannot be read: {error}", where=path, do="remove its folder and run again"
        ) from error


def write_network(path: str | os.PathLike[str], content: dict[str, Any]) -> Path:
    """Keep a network in one file, whole or not at all.

    Raises
    ------
    RunError
        If the file cannot be written.
    """
    target = Path(path)
    buffer = io.BytesIO()
    torch.save(content, buffer)
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(buffer.getbuffer())
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise RunError(
            f"the network cannot be written: {error.strerror or error}",
            where=target,
            do="free the disk, or choose another folder",
        ) from error
    return target


def read_network(
    path: str | os.PathLike[str], build: Callable[[dict[str, Any]], Built], *, holds: str, do: str
) -> tuple[dict[str, Any], Built]:
    """Read what `write_network` kept, and build the network from it.

    Raises
    ------
    DataError
        If the file is missing, damaged, or holds another thing.
    """
    if not Path(path).is_file():
        raise DataError("no network there", where=path, do=do)
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
        return content, build(content)
    except Exception as error:  # a broken or foreign file may break the reading anywhere
        raise DataError(f"the file holds no {holds}: {error}", where=path, do=do) from error


def device_of(wanted: str) -> str:
    """Resolve "auto": a GPU if there is one."""
    there = torch.cuda.is_available()
    if wanted not in ("auto", "cpu", "cuda") or (wanted == "cuda" and not there):
        raise ParameterError(
            f"device is {wanted!r}; here are 'auto', 'cpu'" + (", 'cuda'" if there else ""),
            where="training",
            do="pass device='auto'",
        )
    return ("cuda" if there else "cpu") if wanted == "auto" else wanted


def state_digest(model: nn.Module) -> str:
    """Name a network's weights by their content."""
    state = hashlib.sha256()
    for name, value in model.state_dict().items():
        state.update(name.encode())
        state.update(value.contiguous().numpy().tobytes())
    return state.hexdigest()[:20]


class Progress(pl.Callback):
    """One line that says how far training is, in words, gone when it is done; tells `on_epoch` the history."""

    def __init__(self, on_epoch: OnEpoch | None = None) -> None:
        self._on_epoch = on_epoch

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the line, which begins where a resumed run begins."""
        assert isinstance(pl_module, Trained)
        self._bar = tqdm(
            total=(trainer.max_epochs or 0) * pl_module.steps,
            initial=trainer.current_epoch * pl_module.steps,
            desc=f"training {pl_module.recipe.network}",
            bar_format="{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}",
            leave=False,
            delay=2,
        )

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say which epoch it is, and how good the one before was."""
        assert isinstance(pl_module, Trained)
        text = f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}"
        if pl_module.history:
            text += f", {pl_module.headline()}"
        self._bar.set_postfix_str(text, refresh=False)  # a refresh would not wait for the delay

    def on_train_batch_end(self, *_: Any) -> None:
        """Go on by a batch."""
        self._bar.update()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Tell the history; its last row is of this epoch."""
        assert isinstance(pl_module, Trained)
        if self._on_epoch is not None:
            self._on_epoch(pd.DataFrame(pl_module.history))

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take the line away."""
        self._bar.close()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Take the line away, too."""
        if hasattr(self, "_bar"):
            self._bar.close()


def _fit(
    trainer: pl.Trainer,
    module: Trained,
    training: DataLoader,
    validation: DataLoader,
    *,
    resume_from: Path | None,
) -> None:
    try:
        trainer.fit(module, training, validation, ckpt_path=resume_from, weights_only=True)
    except SIGTERMException:
        signal.raise_signal(signal.SIGTERM)  # Lightning held it back until the step's end
        raise
    except SystemExit:
        # Lightning turns an interrupt into the end of the process; a notebook's kernel must outlive it.
        raise KeyboardInterrupt from None
    except torch.cuda.OutOfMemoryError as error:
        raise ParameterError(
            f"the GPU's memory does not suffice for batches of {module.recipe.batch_size}",
            where=module.recipe.network,
            do="use a smaller batch_size or network",
        ) from error


def _precision(wanted: str, device: str) -> Any:
    if wanted not in ("auto", "fast"):
        return wanted
    if device == "cuda":
        able = torch.cuda.is_bf16_supported()
    else:
        there = torch.cpu.get_capabilities()
        able = wanted == "fast" and any(there.get(name) for name in ("avx512_bf16", "amx_bf16"))
    return "bf16-mixed" if able else "32-true"


def _resumable(checkpoint: Path) -> bool:
    """Whether there is a checkpoint that a killed run left whole, and left here."""
    try:
        callbacks = torch.load(checkpoint, weights_only=True, map_location="cpu", mmap=True)["callbacks"]
    except Exception:  # damaged in any way, it is as good as none: training begins anew
        return False
    # In a folder that was moved, Lightning would forget the best epoch so far.
    return str(checkpoint.parent.resolve()) in {state.get("dirpath") for state in callbacks.values()}


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's hints (more workers, devices found, ...) from a notebook's reader."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="lightning")
        try:
            yield
        finally:
            logger.setLevel(level)
