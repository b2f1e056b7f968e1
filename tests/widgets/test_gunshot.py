import io

import numpy as np
import pytest
import soundfile

from fireanalysis.errors import DataError
from fireanalysis.loaders import Recording
from fireanalysis.widgets import SoundExplorer

RATES_HZ = {"low": 8_000, "high": 48_000}


@pytest.fixture
def recordings() -> list[Recording]:
    """Three seconds of each, a 440 Hz tone."""
    return [
        Recording(
            signal=(0.5 * np.sin(2 * np.pi * 440 * np.arange(3 * rate) / rate)).astype(np.float32),
            sample_rate_hz=rate,
            name=name,
            source="simulated",
            notes=(),
        )
        for name, rate in RATES_HZ.items()
    ]


@pytest.mark.parametrize("k", [0, 1])
def test_plays_and_shows_the_first_two_seconds_of_the_chosen_clip(
    recordings: list[Recording], k: int
) -> None:
    explorer = SoundExplorer(recordings)
    explorer.clip.value = k
    rate = list(RATES_HZ.values())[k]
    heard, heard_rate = soundfile.read(io.BytesIO(explorer.player.value), dtype="float32")
    assert (heard_rate, heard.shape) == (rate, (2 * rate,))
    np.testing.assert_allclose(heard, recordings[k].signal[: 2 * rate], atol=1 / 32768)
    text = explorer.figure.layout.title.text.replace("<br>", " ")
    assert list(RATES_HZ)[k] in text
    assert f"3.0 s at {rate // 1000} kHz" in text
    assert "simulated" in text
    assert explorer.recording is recordings[k]


def test_the_list_of_clips_has_room_for_a_session_s_name(recordings: list[Recording]) -> None:
    clip = SoundExplorer(recordings).clip
    name = "10: Carl Gustaf m/45, session 1adf48e490745468, clip 10"
    wide = int(clip.layout.width.removesuffix("px")) - int(clip.style.description_width.removesuffix("px"))
    assert wide >= 6 * len(name)  # a letter takes about 6 px


def test_the_figure_changes_with_the_clip_and_the_player_stands_above_it(recordings: list[Recording]) -> None:
    explorer = SoundExplorer(recordings)
    first = explorer.figure.data[1].source
    explorer.clip.value = 1
    assert explorer.figure.data[1].source != first
    places = [explorer.children.index(part) for part in (explorer.player, explorer.figure)]
    assert places == sorted(places)


def test_a_broken_recording_shows_its_error_in_place(recordings: list[Recording]) -> None:
    broken = Recording(
        signal=np.full(100, np.nan, np.float32), sample_rate_hz=8000, name="nan", source="real", notes=()
    )
    explorer = SoundExplorer([recordings[0], broken])
    before = explorer.figure.layout.title.text, explorer.player.value
    explorer.clip.value = 1
    assert explorer.message.value
    assert (explorer.figure.layout.title.text, explorer.player.value) == before


def test_nothing_to_explore_is_an_error() -> None:
    with pytest.raises(DataError, match="no recording"):
        SoundExplorer([])
