import csv
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.simulators import render_recording, sample_gunshots
from fireanalysis.transforms import detect_onsets

RATE_HZ = 16_000
SHOTS_S = np.array([0.7, 1.9, 3.35, 6.2])


def recording(
    shots_s: np.ndarray,
    *,
    duration_s: float = 8.0,
    noise: float = 0.003,
    echoes: tuple[tuple[float, float], ...] = (),
    seed: int = 0,
) -> np.ndarray:
    """Make shots (noise that decays by 60 dB in 0.3 s) with echoes (delay_s, gain), in noise."""
    rng = np.random.default_rng(seed)
    signal = (
        rng.normal(scale=noise, size=round(duration_s * RATE_HZ))
        if noise
        else np.zeros(int(duration_s * RATE_HZ))
    )
    decay = 10 ** (-3 * np.arange(round(0.4 * RATE_HZ)) / RATE_HZ / 0.3)
    for shot_s in shots_s:
        shot = 0.5 * rng.choice([-1, 1], decay.size) * decay
        for delay_s, gain in ((0.0, 1.0), *echoes):
            start = round((shot_s + delay_s) * RATE_HZ)
            part = signal[start : start + shot.size]
            part += gain * shot[: part.size]
    return signal


def assert_found(signal: np.ndarray, shots_s: np.ndarray, **settings: float) -> None:
    found = detect_onsets(signal, sample_rate_hz=RATE_HZ, **settings)
    assert found.size == len(shots_s), found
    np.testing.assert_allclose(found, shots_s, atol=1.1e-3)


def test_known_shots_in_noise_are_found_and_nothing_else() -> None:
    for seed in range(5):
        assert_found(recording(SHOTS_S, seed=seed), SHOTS_S)
    # The shots' first milliseconds are of -6 dB: they lift the level of noise of -12 dB by 7 dB, less than 10.
    assert detect_onsets(recording(SHOTS_S, noise=0.25), sample_rate_hz=RATE_HZ).size == 0


def test_clipped_shots_are_found() -> None:
    assert_found(np.clip(100 * recording(SHOTS_S, noise=0.0005), -1, 1), SHOTS_S)


def test_echoes_do_not_count_twice() -> None:
    echoes = ((0.12, 0.5), (0.3, 0.3), (0.55, 0.2), (0.9, 0.1))
    signal = recording(SHOTS_S, noise=0.001, echoes=echoes)
    assert_found(signal, SHOTS_S)
    # They are there to be found: without the shots, they are.
    alone = signal - recording(SHOTS_S, noise=0.001)
    assert detect_onsets(alone, sample_rate_hz=RATE_HZ).size >= SHOTS_S.size


def test_silence_noise_and_tones_hold_no_shot() -> None:
    time_s = np.arange(4 * RATE_HZ) / RATE_HZ
    for signal in (
        np.zeros(4 * RATE_HZ),
        np.full(4 * RATE_HZ, 0.3),
        np.zeros(3),
        np.random.default_rng(0).normal(size=60 * RATE_HZ),
        np.sin(2 * np.pi * 440 * time_s),
        np.sin(2 * np.pi * 440 * time_s) * time_s / 4,
    ):
        found = detect_onsets(signal, sample_rate_hz=RATE_HZ)
        assert found.dtype == np.float64
        assert found.shape == (0,)


def test_wind_does_not_hide_a_shot() -> None:
    time_s = np.arange(8 * RATE_HZ) / RATE_HZ
    assert_found(recording(SHOTS_S) + 0.5 * np.sin(2 * np.pi * 5 * time_s), SHOTS_S)


def test_a_burst_shot_by_shot_or_as_marks_no_closer_than_the_gap() -> None:
    burst_s = 1 + 0.1 * np.arange(12)
    signal = recording(burst_s)
    assert_found(signal, burst_s, minimum_gap_s=0.04)
    assert_found(signal, burst_s[::3], minimum_gap_s=0.25)
    assert_found(signal, burst_s[::4], minimum_gap_s=0.35)


def test_soft_sounds_are_left_to_range_db() -> None:
    signal = recording(SHOTS_S, noise=1e-5)
    signal[: 3 * RATE_HZ] *= 10 ** (-40 / 20)
    assert_found(signal, SHOTS_S[2:])
    assert_found(signal, SHOTS_S, range_db=50)


def test_the_foot_of_a_shot_is_not_its_onset() -> None:
    signal = recording(SHOTS_S)
    for shot_s in SHOTS_S:  # a striker 15 ms, an action 150 ms before, both 20 dB weaker
        for before_s in (0.015, 0.15):
            signal[round((shot_s - before_s) * RATE_HZ)] += 0.15
    assert_found(signal, SHOTS_S)


@pytest.mark.parametrize("block", [1_000, 16_000, 77_777])
def test_blocks_give_what_the_whole_gives(block: int) -> None:
    signal = recording(SHOTS_S).astype(np.float32)
    blocks = (signal[start : start + block] for start in range(0, signal.size, block))
    np.testing.assert_array_equal(
        detect_onsets(blocks, sample_rate_hz=RATE_HZ), detect_onsets(signal, sample_rate_hz=RATE_HZ)
    )


def test_memory_of_a_long_recording_is_of_its_levels_only() -> None:
    def blocks() -> Iterator[np.ndarray]:
        one = recording(SHOTS_S, duration_s=10).astype(np.float32)
        for _ in range(60):
            yield one

    tracemalloc.start()
    found = detect_onsets(blocks(), sample_rate_hz=RATE_HZ)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(found, (10 * np.arange(60)[:, None] + SHOTS_S).ravel(), atol=1.1e-3)
    # Ten minutes are 38 MB of signal. Measured: 18 MB; an hour at 48 kHz takes 105 MB instead of 690.
    assert peak < 25e6


def test_simulated_recordings() -> None:
    """Hold the detector against recordings of all kinds of place, recorder and noise, every shot of a burst counted.

    Measured on 144 others (seeds 40 to 48): 93 % of 2123 shots found (76 % in rooms, 99 % on open ground), 194 false
    alarms (28 % of them in streets). By lots of 16 recordings: 79 to 100 % found, false alarms 2 to 15 for 100 shots.
    """
    rows = sample_gunshots(64, seed=30, models=8)[::8]
    shots = found_ones = false_alarms = 0
    late_s = []
    for i in range(len(rows)):
        signal, rate_hz, onsets_s = render_recording(rows[i : i + 1], duration_s=8)
        found = detect_onsets(signal, sample_rate_hz=rate_hz, minimum_gap_s=0.04)
        gaps = found[:, None] - onsets_s
        hits = np.abs(gaps) < 0.02
        shots += onsets_s.size
        found_ones += int(hits.any(axis=0).sum())
        false_alarms += int((~hits.any(axis=1)).sum())
        late_s.extend(gaps[hits])
    print(
        f"{found_ones} of {shots} found, {false_alarms} false alarms, late by {np.median(late_s) * 1e3:.1f} ms"
    )
    assert found_ones >= 0.7 * shots
    assert false_alarms <= 0.25 * shots
    assert abs(np.median(late_s)) < 0.002


def test_manifest_of_the_free_firearm_library(real_data: Path) -> None:
    """Hold the detector against onsets that others marked.

    They marked a burst by the first shot at least 0.4 s after the last one marked.
    Measured: 28 of 28 found, no false alarm, each 1 to 2 ms late (their marks are at the foot of the rise). The
    detector's constants were chosen with these recordings in sight.
    """
    folder = real_data / "gunshot" / "free_firearm_library"
    if not folder.is_dir():
        pytest.skip(f"no {folder}")
    late_s, missed, false_alarms = [], 0, 0
    for row in csv.DictReader((folder / "manifest.csv").open()):
        signal, rate_hz = soundfile.read(folder / row["file"], dtype="float32")
        marked = np.array(row["onsets_s"].split(), float)
        found = detect_onsets(signal, sample_rate_hz=rate_hz, minimum_gap_s=0.4)
        gaps = found[:, None] - marked
        hits = np.abs(gaps) < 0.02
        missed += int((~hits.any(axis=0)).sum())
        false_alarms += int((~hits.any(axis=1)).sum())
        late_s.extend(gaps[hits])
    print(f"{len(late_s)} found, {missed} missed, {false_alarms} false alarms,")
    print(
        f"late by {min(late_s) * 1e3:.1f} to {max(late_s) * 1e3:.1f} ms, mean {np.mean(late_s) * 1e3:.1f} ms"
    )
    assert (len(late_s), missed, false_alarms) == (28, 0, 0)
    assert 0 <= min(late_s) <= max(late_s) < 0.004


@pytest.mark.parametrize(
    ("file", "rounds_a_minute"),
    # reference: firearms_acoustics.csv, measured_rpm_from_recordings, widened by 2 %
    [
        ("P_34P_PPSh.flac", (1_188, 1_250)),
        ("C_44_AK-47.flac", (667, 678)),
        ("G_18_Carl_Gustav_M45.flac", (583, 585)),
        ("G_24P_Carl_Gustav_M45.flac", (583, 585)),
        ("G_24_Carl_Gustav_M45.flac", (583, 585)),
    ],
)
def test_every_shot_of_real_bursts_at_the_known_cyclic_rate(
    real_data: Path, file: str, rounds_a_minute: tuple[float, float]
) -> None:
    path = real_data / "gunshot" / "free_firearm_library" / file
    if not path.is_file():
        pytest.skip(f"no {path}")
    signal, rate_hz = soundfile.read(path, dtype="float32")
    found = detect_onsets(signal, sample_rate_hz=rate_hz, minimum_gap_s=0.04)
    intervals_s = np.diff(found)
    low, high = 60 / (1.02 * rounds_a_minute[1]), 60 / (0.98 * rounds_a_minute[0])
    assert low < np.median(intervals_s) < high
    # All but the first interval, which is longer: one shot missed or counted twice would show.
    assert (np.abs(intervals_s[1:] / np.median(intervals_s) - 1) < 0.15).all()


def test_bad_input_is_named() -> None:
    for rate_hz in (0, 1_999, np.nan, None):
        with pytest.raises(ParameterError, match="sample_rate_hz"):
            detect_onsets(np.zeros(100), sample_rate_hz=rate_hz)
    for name in ("minimum_gap_s", "threshold_db", "range_db"):
        with pytest.raises(ParameterError, match=f"{name} is -1"):
            detect_onsets(np.zeros(100), sample_rate_hz=8_000, **{name: -1})
    for signal in (
        np.zeros(0),
        np.array([np.nan]),
        np.zeros(50, np.int16),
        iter([np.zeros(5), np.full(5, np.inf)]),
    ):
        with pytest.raises(DataError):
            detect_onsets(signal, sample_rate_hz=8_000)
