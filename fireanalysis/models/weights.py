"""Trained weights for a network: ImageNet's from torch.hub's folder or the net, or a file's; checked before use."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import torch
from torch import Tensor, nn
from torch.hub import HASH_REGEX, download_url_to_file, get_dir

from fireanalysis.errors import DataError
from fireanalysis.loaders.layout import some


class NotFetchedError(Exception):
    """Weights are not at hand and could not be downloaded; the text says why."""


def fetch(url: str, *, limit_s: float, stall_s: float) -> Path:
    """Find a weights file in torch.hub's folder, or download it there; never waits for a silent server.

    Parameters
    ----------
    url : str
        Its file name holds the beginning of the file's SHA-256, as all of torchvision's do.
    limit_s, stall_s : float
        Seconds a download may take, and seconds without a byte after which it is given up.

    Returns
    -------
    Path
        A file whose hash is right. One found with another hash is downloaded anew.

    Raises
    ------
    NotFetchedError
        If there is no network, too slow a one, no such file, or no room for it.
    """
    file = hub_file(url)
    damaged = file.is_file()
    if damaged and _hash_fits(file):
        return file
    try:
        _download(url, file, limit_s=limit_s, stall_s=stall_s)
    except NotFetchedError as error:
        raise NotFetchedError(f"{file} is damaged, and {error}" if damaged else str(error)) from error
    return file


def hub_file(url: str) -> Path:
    """Where torch.hub keeps a downloaded file."""
    return Path(get_dir()) / "checkpoints" / url.rsplit("/", 1)[-1]


def _hash_fits(file: Path) -> bool:
    prefix = HASH_REGEX.search(file.name)
    with file.open("rb") as content:
        return prefix is None or hashlib.file_digest(content, "sha256").hexdigest().startswith(prefix[1])


def _download(url: str, file: Path, *, limit_s: float, stall_s: float) -> None:
    """Let torch.hub download in a thread of its own: it has no time limit, and a name server may be silent too."""
    failures: list[Exception] = []
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        folder = TemporaryDirectory(dir=file.parent, prefix=".download-", ignore_cleanup_errors=True)
    except OSError as error:
        raise NotFetchedError(f"{file.parent} cannot be written: {error.strerror}") from error

    def work() -> None:
        part = Path(folder.name, file.name)
        prefix = HASH_REGEX.search(file.name)
        try:
            download_url_to_file(url, str(part), prefix and prefix[1], progress=False)
            part.replace(file)
        except Exception as error:  # whatever the network, the server or the disk came up with
            failures.append(error)
        finally:
            folder.cleanup()

    thread = Thread(target=work, daemon=True)
    thread.start()
    started = grown = time.monotonic()
    size = 0
    while thread.is_alive():
        thread.join(0.05)
        now, before, size = time.monotonic(), size, max(size, _size(folder.name))
        grown = now if size > before else grown
        if now - grown > stall_s:
            raise NotFetchedError(f"{url} sent nothing for {stall_s:g} s")
        if now - started > limit_s:
            raise NotFetchedError(f"{url} took more than {limit_s:g} s")
    if failures:
        raise NotFetchedError(f"{url} could not be fetched: {failures[0]}") from failures[0]


def _size(folder: str) -> int:
    sizes = [0]
    with suppress(OSError):  # the thread moves and removes files meanwhile
        sizes += [path.stat().st_size for path in Path(folder).iterdir()]
    return sum(sizes)


def read_state(path: Path) -> dict[str, Tensor]:
    """Read a state dict, never running code that a file may hold.

    A dict under "state_dict" is taken out, the "module." of a network trained on several GPUs left off.

    Parameters
    ----------
    path : Path
        What ``torch.save(model.state_dict(), path)`` wrote.

    Raises
    ------
    DataError
        If the file is cut off, is no checkpoint, or holds anything but tensors by name.
    """
    do = "pass a file written by torch.save(model.state_dict(), path)"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a broken or hostile file may break torch's reader anywhere
        code = "Unsupported global" in str(error) or "unsupported GLOBAL" in str(error)
        what = "holds Python objects, and reading those runs code" if code else "is cut off or no checkpoint"
        raise DataError(f"the weights file {what}", where=path, do=do) from error
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not state:
        raise DataError(f"the weights file holds a {type(state).__name__}, no state dict", where=path, do=do)
    others = [str(name) for name, value in state.items() if not isinstance(value, Tensor)]
    if others:
        raise DataError(f"no tensors: {some(others, limit=3)}", where=path, do=do)
    return {str(name).removeprefix("module."): tensor for name, tensor in state.items()}


def load_state(model: nn.Module, state: Mapping[str, Tensor], *, first: str, head: str, where: object) -> str:
    """Put a state dict into a network; nothing is changed if it is another network's.

    A first convolution over three colours is summed for a one-channel network. The head is loaded if it fits.

    Parameters
    ----------
    model : Module
    state : mapping of str to Tensor
    first, head : str
        Names of the network's first convolution and of its head, its last linear layer.
    where : object
        The file, for an error.

    Returns
    -------
    str
        What was left out, "" if nothing was.

    Raises
    ------
    DataError
        Naming the first few names that are missing, unexpected or of another shape.
    """
    state, own = dict(state), model.state_dict()
    colours = state.get(f"{first}.weight")
    if (
        colours is not None
        and colours.ndim == 4
        and colours.shape[1] == 3
        and own[f"{first}.weight"].shape[1] == 1
    ):
        state[f"{first}.weight"] = colours.sum(dim=1, keepdim=True)
    left_out = ""
    of_head = [name for name in own if name.startswith(f"{head}.")]
    if any(name not in state or state[name].shape != own[name].shape for name in of_head):
        found = state.get(f"{head}.weight")
        there = "none" if found is None else f"{len(found):,} classes"
        left_out = f"head left out: {there} there, {len(own[f'{head}.weight']):,} here"
        state.update({name: own[name] for name in of_head})
    # Old files lack the counters of batch normalisation, which decide nothing here.
    state.update(
        {name: own[name] for name in own.keys() - state.keys() if name.endswith("num_batches_tracked")}
    )
    _check(state, own, where)
    model.load_state_dict(state)
    return left_out


def _check(state: Mapping[str, Tensor], own: Mapping[str, Tensor], where: object) -> None:
    shapes = [
        f"{name} is {tuple(state[name].shape)} and should be {tuple(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    found = {
        "missing": [name for name in own if name not in state],
        "unexpected": [name for name in state if name not in own],
        "of another shape": shapes,
    }
    wrong = [f"{len(names)} {kind} ({some(names, limit=3)})" for kind, names in found.items() if names]
    if wrong:
        what = f"weights of another network: of {len(own)} arrays {'; '.join(wrong)}"
        raise DataError(
            what, where=where, do="pass the network's own state dict, or build the network it is from"
        )
