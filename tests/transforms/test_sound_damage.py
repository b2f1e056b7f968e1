import numpy as np
import pytest

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.transforms import damage_sound

RATE_HZ = 44_100
START = 9_000


def shot(seed: int = 0) -> np.ndarray:
    """Make two seconds with noise that decays by 60 dB in 0.1 s, from sample START on."""
    decay = 10 ** (-3 * np.arange(2 * RATE_HZ - START) / RATE_HZ / 0.1)
    signal = np.zeros(2 * RATE_HZ, np.float32)
    signal[START:] = 0.3 * np.random.default_rng(seed).normal(size=decay.size) * decay
    return signal / np.abs(signal).max()


SHOT = shot()
AMOUNTS = {"noise": 10.0, "reverberation": 0.8, "mp3": 64, "recorder": 0.7}


@pytest.mark.parametrize("kind", AMOUNTS)
def test_each_kind_is_seeded_and_keeps_the_length(kind: str) -> None:
    settings = {"sample_rate_hz": RATE_HZ, "kind": kind, "amount": AMOUNTS[kind]}
    before = SHOT.copy()
    once, again, other = (damage_sound(SHOT, seed=seed, **settings) for seed in (4, 4, 5))
    assert once.shape == SHOT.shape
    assert once.dtype == np.float32
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - SHOT).max() > 1e-3
    assert kind == "mp3" or not np.array_equal(once, other)
    np.testing.assert_array_equal(SHOT, before)
    short = damage_sound(SHOT[START : START + 1_234], seed=0, **settings)
    assert short.shape == (1_234,)
    assert np.isfinite(short).all()
    assert np.isfinite(damage_sound(np.array([0.5]), seed=0, **settings)).all()


@pytest.mark.parametrize("kind", AMOUNTS)
def test_silence_stays_silent(kind: str) -> None:
    damaged = damage_sound(np.zeros(9_000), sample_rate_hz=RATE_HZ, kind=kind, amount=AMOUNTS[kind], seed=0)
    np.testing.assert_array_equal(damaged, np.zeros(9_000, np.float32))


@pytest.mark.parametrize("snr_db", [-10, 0, 20])
def test_noise_stands_to_the_loudest_50_ms_as_asked(snr_db: float) -> None:
    noise = damage_sound(SHOT, sample_rate_hz=RATE_HZ, kind="noise", amount=snr_db, seed=1) - SHOT
    # The shot decays from its first sample on: its loudest 50 ms are its first.
    loudest = np.square(SHOT[START : START + 2_205].astype(float)).mean()
    assert 10 * np.log10(loudest / np.square(noise.astype(float)).mean()) == pytest.approx(snr_db, abs=0.1)


def test_noise_is_pink() -> None:
    noise = damage_sound(SHOT, sample_rate_hz=RATE_HZ, kind="noise", amount=0, seed=1) - SHOT
    power = np.abs(np.fft.rfft(noise)) ** 2
    hz = np.fft.rfftfreq(noise.size, 1 / RATE_HZ)
    octaves = [power[(hz >= low) & (hz < 2 * low)].sum() for low in (100, 200, 400, 800, 1_600, 3_200, 6_400)]
    # As much in each octave; the spread of a sum over 200 random values is 7 %.
    np.testing.assert_allclose(octaves, np.mean(octaves), rtol=0.25)
    assert power[hz < 19].sum() < 1e-6 * power.sum()


@pytest.mark.parametrize("rt60_s", [0.3, 0.8])
def test_reverberation_decays_by_60_db_in_its_time(rt60_s: float) -> None:
    click = np.zeros(2 * RATE_HZ, np.float32)
    click[1_000] = 1
    damaged = damage_sound(click, sample_rate_hz=RATE_HZ, kind="reverberation", amount=rt60_s, seed=2)
    assert not damaged[:999].any() or np.abs(damaged[:999]).max() < 1e-6
    assert damaged[1_000] == pytest.approx(1, abs=1e-5)
    tail = damaged[1_001:].astype(float)
    assert np.square(tail).sum() == pytest.approx(1, rel=1e-3)
    # Schroeder's backward integral; its slope from -5 to -35 dB is the reverberation time (ISO 3382's T30).
    left_db = 10 * np.log10(np.cumsum(np.square(tail)[::-1])[::-1] + 1e-12)
    part = np.flatnonzero((left_db < -5) & (left_db > -35))
    slope_db_s = np.polyfit(part / RATE_HZ, left_db[part], 1)[0]
    assert -60 / slope_db_s == pytest.approx(rt60_s, rel=0.05)


@pytest.mark.parametrize("rate_hz", [32_000, 44_100, 48_000])
def test_mp3_does_not_shift_the_sound_and_is_closer_at_a_higher_rate(rate_hz: int) -> None:
    differences = []
    for kbit_s in (64, 128, 320):
        coded = damage_sound(SHOT, sample_rate_hz=rate_hz, kind="mp3", amount=kbit_s, seed=0)
        assert coded.shape == SHOT.shape
        around = range(-50, 51)
        alike = [
            np.dot(SHOT[START - 99 : START + 4_000], coded[START - 99 + k : START + 4_000 + k])
            for k in around
        ]
        assert around[int(np.argmax(alike))] == 0
        differences.append(np.square(coded - SHOT).sum() / np.square(SHOT).sum())
    # Measured at 44.1 kHz: 0.32, 0.19, 0.11 of the energy. White noise is the worst a coder can get.
    assert 0.45 > differences[0] > 1.4 * differences[1] > 1.4 * differences[2] > 0


def test_recorder_of_no_strength_is_none() -> None:
    same = damage_sound(SHOT, sample_rate_hz=RATE_HZ, kind="recorder", amount=0, seed=3)
    np.testing.assert_allclose(same, SHOT, atol=1e-6)


def test_recorder_limits_the_band_and_clips() -> None:
    clipped = []
    for seed in range(10):
        damaged = damage_sound(SHOT, sample_rate_hz=RATE_HZ, kind="recorder", amount=1, seed=seed)
        assert np.abs(damaged).max() == pytest.approx(1, rel=1e-5)
        clipped.append((np.abs(damaged) > 0.9999).mean() / (np.abs(SHOT) > 0.9999).mean())
        # No sound comes earlier than by the few milliseconds a zero-phase filter rings.
        assert np.abs(damaged[: START - 900]).max() < 0.02
    assert np.median(clipped) > 10
    noise = 0.01 * np.random.default_rng(0).normal(size=RATE_HZ).astype(np.float32)
    dull = damage_sound(noise, sample_rate_hz=RATE_HZ, kind="recorder", amount=1, seed=0)
    spectra = [np.abs(np.fft.rfft(sound)) for sound in (noise, dull)]
    before, after = (np.average(np.arange(len(one)), weights=one) for one in spectra)  # centroids
    assert after < 0.7 * before


def test_bad_input_is_named() -> None:
    settings = {"sample_rate_hz": RATE_HZ, "seed": 0}
    with pytest.raises(ParameterError, match="'wind'; allowed are noise, reverberation, mp3, recorder"):
        damage_sound(SHOT, kind="wind", amount=1, **settings)
    for kind, amount in (
        ("noise", np.nan),
        ("noise", np.inf),
        ("reverberation", 0),
        ("reverberation", 11),
        ("mp3", 32),
        ("mp3", 321),
        ("recorder", -0.1),
        ("recorder", 1.1),
    ):
        with pytest.raises(ParameterError, match=f"amount is {amount:g}"):
            damage_sound(SHOT, kind=kind, amount=amount, **settings)
    with pytest.raises(ParameterError, match="sample_rate_hz is 8000; MP3 is made at"):
        damage_sound(SHOT, sample_rate_hz=8_000, kind="mp3", amount=64, seed=0)
    with pytest.raises(ParameterError, match="sample_rate_hz is 0"):
        damage_sound(SHOT, sample_rate_hz=0, kind="noise", amount=1, seed=0)
    for signal in (np.zeros(0), np.array([np.nan]), np.zeros(5, np.int16)):
        with pytest.raises(DataError):
            damage_sound(signal, kind="noise", amount=10, **settings)
