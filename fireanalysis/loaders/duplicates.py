"""Recordings that a collection holds more than once, as they are or saved again."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import ParameterError

from .audio import Recording
from .dataset import DataSet, Sample
from .spectrograms import Arrays, keep_features

# What every recorder and coder keeps; in half hertz, the bins of a transform of 2 s whatever the sample rate.
_BAND = slice(2 * 250, 2 * 1800)
_BINS = _BAND.stop - _BAND.start
_DIGITS = 6
_SMOOTH = 101  # bins over which the spectrum is whitened
_CANDIDATE = 0.4
_LAGS = 2**15  # of 0.06 ms
_BLOCK = 1024


def find_duplicates(
    data: DataSet[Recording], *, near: float = 0.92, store: str | os.PathLike[str] | None = None
) -> pd.DataFrame:
    """Find pairs of recordings whose first two seconds are the same sound: a split must not part them.

    Parameters
    ----------
    data : DataSet of Recording
        From `load_gunshots`; recordings without sound are passed over.
    near : float
        From which similarity, 0 to 1, a pair is a near duplicate. Copies with another gain, sample rate, band,
        coder, or a start 20 ms apart reach 0.92; two shots of one firearm in one real session hardly ever do.
    store : path, optional
        Folder that keeps the fingerprints (`keep_features`).

    Returns
    -------
    pandas.DataFrame
        One row a pair, most similar first: a and b (rows of `data`, a < b), kind ("exact": the same samples at the
        same rate; or "near"), similarity, same_session, same_label.

    Raises
    ------
    ParameterError
        For a similarity not above 0.5 and at most 1.
    DataError
        If a file cannot be read, or no recording has sound.

    Notes
    -----
    All pairs are compared by their whitened amplitude spectra between 250 and 1800 Hz, which depend neither on
    gain and response nor on the shift, in blocks of bounded memory. Where these correlate by more than 0.4, so
    are the sounds, over all shifts (the envelope of the normalised cross-correlation, so that a turned phase
    does not count). Similarity is the greater of the two.

    Examples
    --------
    >>> from fireanalysis.loaders import load_gunshots
    >>> data = load_gunshots(clips=12, models=2, seed=1, duplicate_fraction=0.2)
    >>> found = find_duplicates(data)
    >>> sum(data.table["copy_of"] != ""), len(found)
    (2, 2)
    """
    if not 0.5 < near <= 1:
        what = f"near is {near}; it must be above 0.5 and at most 1"
        raise ParameterError(what, where="find_duplicates", do="pass for example 0.92")
    with tempfile.TemporaryDirectory() if store is None else nullcontext(store) as folder:
        prints = keep_features(data, _fingerprint, store=folder)
        pairs = pd.DataFrame(_pairs(prints, near), columns=["a", "b", "kind", "similarity"])
    rows = prints.table["row"].to_numpy()
    pairs["a"], pairs["b"] = rows[pairs["a"].astype(int)], rows[pairs["b"].astype(int)]
    pairs["same_session"] = data.groups[pairs["a"]] == data.groups[pairs["b"]]
    pairs["same_label"] = data.labels[pairs["a"]] == data.labels[pairs["b"]]
    return pairs.sort_values(["similarity", "a", "b"], ascending=[False, True, True], ignore_index=True)


def without_duplicates(data: DataSet[Sample], found: pd.DataFrame) -> DataSet[Sample]:
    """Leave out the later recording of each pair; the notes say how many.

    Parameters
    ----------
    data : DataSet
        That `find_duplicates` was given, or with the same rows.
    found : pandas.DataFrame
        Its result, or some rows of it.

    Returns
    -------
    DataSet
    """
    keep = np.ones(len(data), bool)
    keep[found["b"].to_numpy(int)] = False
    if keep.all():
        return data
    note = f"{(~keep).sum()} of {len(data)} left out as duplicates of others"
    return replace(data.subset(keep), notes=(*data.notes, note))


def _fingerprint(signal: NDArray[np.float32], *, sample_rate_hz: int) -> NDArray[np.float32]:
    """Give the spectrum of two seconds within the band, of norm 1, and a hash of the samples."""
    from scipy.fft import rfft

    spectrum = np.zeros(_BINS, np.complex64)
    inside = rfft(signal)[_BAND]
    spectrum[: len(inside)] = inside
    spectrum /= np.linalg.norm(spectrum) or 1
    digest = hashlib.sha256(signal.tobytes() + str(sample_rate_hz).encode()).digest()
    # Numbers of 16 bits are whole in float32.
    return np.concatenate(
        [spectrum.view(np.float32), np.frombuffer(digest, np.uint16)[:_DIGITS]], dtype=np.float32
    )


def _pairs(prints: Arrays, near: float) -> Iterator[tuple[int, int, str, float]]:
    starts = range(0, len(prints), _BLOCK)
    for first in starts:
        spectra_a, digits_a, white_a = _block(prints, first)
        for second in starts[first // _BLOCK :]:
            spectra_b, digits_b, white_b = _block(prints, second)
            alike = white_a @ white_b.T
            if first == second:
                alike = np.triu(alike, 1)
            for a, b in np.argwhere(alike > _CANDIDATE):
                if np.array_equal(digits_a[a], digits_b[b]):
                    yield first + a, second + b, "exact", 1.0
                    continue
                similarity = max(float(alike[a, b]), _correlation(spectra_a[a], spectra_b[b]))
                if similarity >= near:
                    yield first + a, second + b, "near", min(similarity, 1.0)


def _block(prints: Arrays, start: int) -> tuple[NDArray, NDArray, NDArray]:
    """Spectra, hashes and whitened amplitudes of norm 1 of some recordings."""
    from scipy.ndimage import uniform_filter1d

    arrays: Any = prints.read(prints.table.iloc[start : start + _BLOCK])
    spectra = np.ascontiguousarray(arrays[:, : 2 * _BINS]).view(np.complex64)
    amplitudes = np.abs(spectra)
    smooth = uniform_filter1d(amplitudes, _SMOOTH, axis=1)
    white = amplitudes / np.maximum(smooth, 1e-12) - 1
    white /= np.maximum(np.linalg.norm(white, axis=1, keepdims=True), 1e-12)
    return spectra, arrays[:, 2 * _BINS :], white


def _correlation(a: NDArray[np.complex64], b: NDArray[np.complex64]) -> float:
    from scipy.fft import ifft

    return float(np.abs(ifft(a * b.conj(), _LAGS)).max()) * _LAGS
