import io
from dataclasses import replace
from types import ModuleType

import numpy as np
import pytest
import soundfile

from fireanalysis.errors import DataError
from fireanalysis.explain import grad_cam
from fireanalysis.training import spectrogram_set
from fireanalysis.widgets import TwoStageExplorer
from fireanalysis.widgets.gunshot_stages import STAGES


@pytest.fixture
def explorer(tones: ModuleType) -> TwoStageExplorer:
    sounds = [tones.recording([(0.4, model)], seed=k) for k, model in enumerate(tones.TONES_HZ)]
    return TwoStageExplorer(sounds, tones.two_stage())


def bars(explorer: TwoStageExplorer) -> list:
    return [trace for trace in explorer.draw().data if trace.type == "bar"]


@pytest.mark.parametrize("k", range(4))
def test_shows_what_both_stages_say_of_the_chosen_clip(
    explorer: TwoStageExplorer, tones: ModuleType, k: int
) -> None:
    explorer.clip.value = k
    assert not explorer.message.value
    name = list(tones.TONES_HZ)[k]
    routed = tones.two_stage().predict(spectrogram_set([explorer.recording], shape=tones.SHAPE))
    category, within, both = bars(explorer)
    np.testing.assert_allclose(category.x, routed.category_probabilities[0], rtol=1e-5)
    assert list(within.y) == [model for model in routed.models if model.startswith(name.split()[0])]
    soft = dict(zip(routed.models, routed.soft_probabilities[0], strict=True))
    np.testing.assert_allclose(both.x, [soft[model] for model in both.y], rtol=1e-5)
    assert f"{name.split()[0]} " in explorer.figure.layout.title.text


def test_plays_the_clip(explorer: TwoStageExplorer) -> None:
    explorer.clip.value = 2
    heard, rate_hz = soundfile.read(io.BytesIO(explorer.player.value), dtype="float32")
    assert rate_hz == explorer.recording.sample_rate_hz
    np.testing.assert_allclose(heard, explorer.recording.signal, atol=1 / 32768)


def test_grad_cam_is_of_the_chosen_stage_on_inputs_that_are_not_square(
    explorer: TwoStageExplorer, tones: ModuleType
) -> None:
    stages = tones.two_stage()
    inputs = stages.stage_one.inputs(spectrogram_set([explorer.recording], shape=tones.SHAPE))
    assert grad_cam(stages.stage_one.model, inputs, 0).shape == (1, *tones.SHAPE)
    notes = {}
    for stage in STAGES:
        explorer.stage.value = stage
        assert not explorer.message.value
        notes[stage] = next(n.text for n in explorer.figure.layout.annotations if "speaks for" in n.text)
    assert notes[STAGES[0]].endswith(" low") and notes[STAGES[1]].endswith(" low 1")


def test_a_category_of_one_model_has_nothing_to_explain(tones: ModuleType) -> None:
    stages = tones.two_stage()
    lone = replace(stages, stage_two={"high": stages.stage_two["high"]}, only={"low": "low 1"})
    explorer = TwoStageExplorer([tones.recording([(0.4, "low 1")])], lone)
    explorer.stage.value = STAGES[1]
    assert not explorer.message.value
    assert "low has one model only" in [note.text for note in explorer.figure.layout.annotations]


@pytest.mark.parametrize(("threshold", "named"), [(0.0, True), (1.0, False)])
def test_below_the_threshold_the_model_is_not_named(tones: ModuleType, threshold: float, named: bool) -> None:
    stages = replace(tones.two_stage(), about={"threshold": threshold})
    title = TwoStageExplorer([tones.recording([(0.4, "high 2")])], stages).figure.layout.title.text
    assert ("high 2" in title) == named and ("uncertain" in title) != named


def test_nothing_to_explore_is_an_error(tones: ModuleType) -> None:
    with pytest.raises(DataError, match="no recording"):
        TwoStageExplorer([], tones.two_stage())
