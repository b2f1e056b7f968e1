"""A network as it is, used to describe maps: what its head would be given, kept on disk."""

import os
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm.auto import tqdm

from fireanalysis.loaders import DataSet, digest, kept, opened
from fireanalysis.models import head_name, memory_format, without_head
from fireanalysis.transforms import Moments

from .batches import Batches
from .trainer import device_of, state_digest


def extract_features(
    maps: DataSet,
    model: nn.Module,
    *,
    moments: Moments,
    store: str | os.PathLike[str],
    batch_size: int = 32,
    device: str = "auto",
) -> NDArray[np.float32]:
    """Describe every map by a network's features, or read them from the store if that was done before.

    The store's key is everything that decides them: maps, network, its weights, moments, code.

    Parameters
    ----------
    maps : DataSet of float (rows, columns)
        From `prepare_maps`; NaN missing. They are standardised and missing points set to 0, as in training.
    model : torch.nn.Module
        From `fireanalysis.models.backbone`; its head takes no part.
    moments : Moments
        Mean and standard deviation of the training part (`surface_moments`).
    store : path
        Folder that keeps the features (`fireanalysis.loaders.kept`).
    batch_size : int
        Maps at a time.
    device : str
        "auto" (a GPU if there is one), "cpu" or "cuda".

    Returns
    -------
    float32 (maps, features)
        In the order of `maps`; memory-mapped, for reading.

    Raises
    ------
    ParameterError
        If the device is not there.
    DataError
        If the store is damaged.
    RunError
        If the store cannot be written.

    Notes
    -----
    Source: section 4.2.1, "ResNet-18 is employed as a feature extractor": 512 features a map, assumed to be what
    its last layer is given.

    Examples
    --------
    >>> import tempfile
    >>> from fireanalysis import loaders, models
    >>> folder = tempfile.mkdtemp()
    >>> data = loaders.load_cartridges(cases=3, brands=2, pixels=32)
    >>> primers = loaders.keep_primers(data, pixels=32, store=folder)
    >>> maps = loaders.prepare_maps(primers, kind="shape index", pixels=32, store=folder)
    >>> model = models.backbone("resnet18", classes=2, pixels=32, weights="none", width=0.125)
    >>> extract_features(maps, model, moments=Moments(0.0, 0.5, 1), store=folder).shape
    (3, 64)
    """
    device = device_of(device)
    network = without_head(model).cpu().eval()
    made_from = {
        "maps": maps.fingerprint(),
        "network": digest(str(network)),
        "state": state_digest(network),
        "weights": str(getattr(model, "weights_used", "")),
        "moments": [moments.mean, moments.std],
        "torch": torch.__version__,
    }
    with kept(store, "features", made_from) as entry:
        if not entry.done:
            rows = _features(maps, network, moments, batch_size, device)
            size = int(model.get_submodule(head_name(model)).in_features)  # type: ignore[arg-type]
            entry.write_array("features.npy", rows, count=len(maps), shape=(size,), dtype="float32")
            entry.finish()
    return opened(entry.folder / "features.npy")


def _features(
    maps: DataSet, network: nn.Module, moments: Moments, batch_size: int, device: str
) -> Iterator[NDArray[np.float32]]:
    network.to(device=device, memory_format=memory_format(network))  # type: ignore[call-overload]
    data = Batches(maps, np.unique(maps.labels), moments)
    order = np.argsort(data.copies.samples(np.arange(len(data))))  # items come by class; rows as in the table
    chunks = np.array_split(order, -(-len(order) // batch_size))
    # Inference mode is entered anew for each batch: a generator may stand still for long.
    for chunk in tqdm(chunks, desc="extracting features", leave=False, delay=5):
        with torch.inference_mode():
            images = data[chunk][0].to(device).contiguous(memory_format=memory_format(network))
            found = network(images).flatten(1).float().cpu().numpy()
        yield from found
