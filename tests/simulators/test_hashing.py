import numpy as np
import torch
from scipy.stats import chisquare, kstest

from fireanalysis.simulators.hashing import key, mix, normal, seeds, uniform


def test_mix_is_the_same_in_numpy_and_torch() -> None:
    numbers = np.arange(0, 2**32, 2**20 + 7, dtype=np.int64)
    assert np.array_equal(mix(numbers), mix(torch.from_numpy(numbers)).numpy())


def test_mix_never_leaves_32_bits_nor_maps_two_numbers_to_one() -> None:
    numbers = np.concatenate([np.arange(50_000), 2**32 - 1 - np.arange(50_000)])
    mixed = mix(numbers)
    assert mixed.min() >= 0 and mixed.max() < 2**32
    assert len(np.unique(mixed)) == len(numbers)


def test_flipping_one_input_bit_flips_half_of_the_output_bits() -> None:
    numbers = np.random.default_rng(0).integers(0, 2**32, 4000)
    flips = [
        np.mean([((mix(numbers) ^ mix(numbers ^ (1 << bit))) >> out & 1).mean() for out in range(32)])
        for bit in range(32)
    ]
    assert np.abs(np.array(flips) - 0.5).max() < 0.02


def test_uniform_and_normal_follow_their_distributions() -> None:
    counts, _ = np.histogram(uniform(np.arange(100_000), "a"), bins=64, range=(0, 1))
    assert chisquare(counts).pvalue > 1e-3
    assert kstest(normal(5, "a", np.arange(20_000)), "norm").pvalue > 1e-3


def test_seed_name_and_index_each_change_the_number() -> None:
    base = key(1, "pin", 3)
    assert len({int(base), int(key(2, "pin", 3)), int(key(1, "tip", 3)), int(key(1, "pin", 4))}) == 4
    assert int(key(1 << 40, "pin", 3)) != int(key(0, "pin", 3))  # the upper half of a seed counts


def test_draws_of_neighbouring_indices_are_uncorrelated() -> None:
    draws = uniform(0, "row", np.arange(50_000))
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.015  # 3.4 standard errors


def test_seeds_use_63_bits() -> None:
    values = seeds(0, "firearm", np.arange(100_000))
    assert values.min() >= 0 and values.max() > 2**62
    assert len(np.unique(values)) == 100_000
