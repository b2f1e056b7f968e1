"""Random numbers by counting: each is a hash of who asks (seed), what for (name) and where (index).

No generator is advanced, so a number does not depend on what was drawn before it, on the batch or on the
device. The same integer code runs on NumPy and on torch ``int64`` arrays.
"""

import zlib
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Integers = TypeVar("Integers", NDArray[np.int64], torch.Tensor)

_LOW = 0xFFFFFFFF
# Golden-ratio steps keep neighbouring indices apart before mixing; both below 2**31 so that a product with a
# 32-bit number stays below 2**63 and never wraps.
STEP_X, STEP_Y = 0x1E3779B1, 0x5BD1E995


def mix(numbers: Integers) -> Integers:
    """Scramble 32-bit integers held in ``int64``; a bijection in which each input bit moves each output bit.

    Source: the xor-multiply mixer with factor 0x45d9f3b (T. Mueller, public domain), one of the family that
    C. Wellons' "hash prospector" measures.

    Examples
    --------
    >>> len(set(mix(np.arange(10_000)).tolist()))
    10000
    """
    numbers = ((numbers ^ (numbers >> 16)) * 0x45D9F3B) & _LOW
    numbers = ((numbers ^ (numbers >> 16)) * 0x45D9F3B) & _LOW
    return numbers ^ (numbers >> 16)


def key(seed: ArrayLike, *names: str | ArrayLike) -> NDArray[np.int64]:
    """Hash seeds (up to 63 bits, any shape) with names or integer arrays to 32-bit keys; shapes broadcast.

    Examples
    --------
    >>> key([1, 2], "pin", 7).shape
    (2,)
    """
    seeds = np.asarray(seed, dtype=np.int64)
    state = mix(mix(seeds & _LOW) ^ (seeds >> 32))
    for name in names:
        part = zlib.crc32(name.encode()) if isinstance(name, str) else np.asarray(name, dtype=np.int64)
        state = mix(mix((state * STEP_X) & _LOW) ^ (np.asarray(part, dtype=np.int64) & _LOW))
    return state


def seeds(seed: ArrayLike, *names: str | ArrayLike) -> NDArray[np.int64]:
    """Like `key`, but 63 bits: seeds for entities of which there may be millions."""
    return ((key(seed, *names, "high") >> 1) << 32) | key(seed, *names, "low")


def uniform(seed: ArrayLike, *names: str | ArrayLike) -> NDArray[np.float64]:
    """Draw uniform numbers strictly between 0 and 1.

    Examples
    --------
    >>> draws = uniform(np.arange(10_000), "example")
    >>> bool(abs(draws.mean() - 0.5) < 0.01), bool(0 < draws.min() and draws.max() < 1)
    (True, True)
    """
    return np.asarray((key(seed, *names) + 0.5) / 2.0**32, np.float64)


def normal(seed: ArrayLike, *names: str | ArrayLike) -> NDArray[np.float64]:
    """Draw normal numbers of mean 0 and standard deviation 1."""
    return np.asarray(ndtri(uniform(seed, *names)))
