from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from fireanalysis.errors import DataError
from fireanalysis.metrics import (
    BANDS_HZ,
    SoundStatistics,
    real_gunshot_envelopes,
    real_gunshot_spectra,
    real_gunshot_statistics,
    sound_statistics,
)
from fireanalysis.simulators import render_gunshots, sample_gunshots


def measured(rows: pd.DataFrame) -> list[SoundStatistics]:
    return [sound_statistics(sound, rate) for sound, rate in render_gunshots(rows)]


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """Root mean square distance of two sets' medians, dB."""
    return float(np.sqrt(np.nanmean((np.nanmedian(first, axis=0) - np.nanmedian(second, axis=0)) ** 2)))


def test_simulated_shots_are_like_the_free_firearm_library() -> None:
    """Medians were 2.9 to 3.4 dB apart in spectrum and 3.8 to 5.2 dB in envelope over the ranges tried.

    Takes of the library themselves lie 4.0 dB (spectrum) and 11 dB (envelope) about their median.
    """
    rows = sample_gunshots(
        350,
        models=["Benelli Nova", "Remington 870", "KSG", "FN FAL", "Colt M1911A1"],
        least_sessions=70,
        seed=3,
        duplicate_fraction=0,
    )
    outdoors = rows[(rows["recorder"] == "field recorder") & (rows["place"] != "indoor range")][:60]
    simulated = measured(outdoors)
    single = (real_gunshot_statistics()["fire"] == "single").to_numpy()
    spectra = np.array([each.band_levels_db for each in simulated])
    envelopes = np.array([each.envelope_db for each in simulated])
    assert apart(spectra, real_gunshot_spectra()[single]) < 5
    assert apart(envelopes, real_gunshot_envelopes()[single]) < 8


def test_simulated_shots_are_like_recordings_from_the_web(real_data: Path) -> None:
    """Medians were 1.9 to 2.3 dB apart in spectrum and 2.9 to 5.3 dB in envelope over the ranges tried."""
    folder = real_data / "gunshot" / "eight_models"
    if not folder.is_dir():
        pytest.skip(f"no gunshot/eight_models in {real_data}")
    table = pd.read_csv(folder / "manifest.csv").groupby("model").sample(16, random_state=0)
    real = [sound_statistics(*soundfile.read(folder / name)) for name in table["file"]]
    models = ["AK-12", "AK-47", "Desert Eagle", "M16", "M249", "MG-42", "MP5", "Zastava M92"]
    rows = sample_gunshots(240, models=models, least_sessions=30, seed=3, duplicate_fraction=0)
    web = rows[rows["recorder"].isin(["camcorder", "phone"])]
    simulated = measured(web.groupby("model").head(16))
    for name, most in (("band_levels_db", 4.0), ("envelope_db", 8.0)):
        first, second = (np.array([getattr(each, name) for each in found]) for found in (simulated, real))
        assert apart(first, second) < most, name


def test_statistics_in_the_package_are_those_of_the_recordings(real_data: Path) -> None:
    folder = real_data / "gunshot" / "free_firearm_library"
    if not folder.is_dir():
        pytest.skip(f"no gunshot/free_firearm_library in {real_data}")
    table = real_gunshot_statistics()
    for number, take in enumerate(table["take"]):
        sound, rate = soundfile.read(folder / f"{take}.flac", always_2d=True)
        again = sound_statistics(sound.mean(axis=1), rate)
        np.testing.assert_allclose(again.band_levels_db, real_gunshot_spectra()[number], rtol=1e-3)
        np.testing.assert_allclose(again.envelope_db, real_gunshot_envelopes()[number], rtol=1e-3, atol=1e-3)
        assert again.crest_db == pytest.approx(table["crest_db"][number], rel=1e-3)


def test_band_levels_are_those_of_known_sounds() -> None:
    t = np.arange(48_000) / 48_000
    tone = sound_statistics(np.sin(2 * np.pi * 500 * t) * np.exp(-((t - 0.1) ** 2) / 0.002), 48_000)
    assert BANDS_HZ[tone.band_levels_db.argmax()] == 500 and tone.band_levels_db.max() > -0.1
    click = np.zeros(48_000)
    click[5000] = 1  # white: a third octave has 23 % of its frequency
    levels = sound_statistics(click, 48_000).band_levels_db
    share = (2 ** (1 / 6) - 2 ** (-1 / 6)) * BANDS_HZ / 24_000
    np.testing.assert_allclose(levels[3:], 10 * np.log10(share[3:]), atol=0.7)  # below, few lines to a band


def test_envelope_crest_and_clipping_are_those_of_known_sounds() -> None:
    t = np.arange(32_000) / 16_000
    falling = np.where(t < 0.5, 0, np.exp(-(t - 0.5) / 0.1)) * np.sign(np.sin(2 * np.pi * 1000 * t + 0.1))
    stats = sound_statistics(falling, 16_000)
    slope = np.diff(stats.envelope_db[:25])  # later the mean, which is taken out, shows
    np.testing.assert_allclose(slope, -20 * np.log10(np.e) * 0.02 / 0.1, atol=0.05)
    square = sound_statistics(np.sign(np.sin(2 * np.pi * 100 * t + 0.1)), 16_000)
    assert square.crest_db == pytest.approx(0, abs=0.1) and square.clipped_share > 0.4
    assert np.isnan(sound_statistics(falling, 16_000).band_levels_db[-1])  # 16 kHz is above Nyquist
    assert np.isnan(sound_statistics(falling[:16_000], 16_000).envelope_db[-1])


@pytest.mark.parametrize("sound", [np.zeros(48_000), np.ones(100), np.ones((2, 48_000))])
def test_what_holds_no_shot_is_refused(sound: np.ndarray) -> None:
    with pytest.raises(DataError, match="50 ms of one channel"):
        sound_statistics(sound, 48_000)
