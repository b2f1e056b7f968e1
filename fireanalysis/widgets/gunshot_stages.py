"""Explorer of two trained stages: what each says of a recording, and where in time and frequency it looks."""

from collections.abc import Sequence

import ipywidgets
import plotly.graph_objects as go

from fireanalysis.explain import grad_cam
from fireanalysis.loaders import Recording
from fireanalysis.plots import two_stages
from fireanalysis.training import TwoStage, spectrogram_set
from fireanalysis.transforms import fit_duration, log_spectrogram

from .explorer import WIDE
from .gunshot import SoundExplorer

STAGES = ("stage 1: category", "stage 2: model")


class TwoStageExplorer(SoundExplorer):
    """Choose a recording and a stage; hear it, see both stages' probabilities and what speaks for the answer.

    Parameters
    ----------
    recordings : sequence of Recording
        To choose from. Two seconds of each are played, shown and classified.
    stages : TwoStage
        Its networks must have convolutions for Grad-CAM; ``about["threshold"]``, if it is there, decides from which
        probability on a model is named.

    Attributes
    ----------
    clip, player
        As in `SoundExplorer`.
    stage : ipywidgets.Dropdown
        The stage that Grad-CAM explains.

    Raises
    ------
    DataError
        If there is no recording.
    """

    def __init__(self, recordings: Sequence[Recording], stages: TwoStage) -> None:
        self._stages = stages
        self.stage = ipywidgets.Dropdown(options=STAGES, description="explain", style=WIDE)
        super().__init__(recordings, controls=[self.stage])

    def draw(self) -> go.Figure:
        """Draw what both stages say of the chosen recording, and put it into the player."""
        chosen, stages = self.recording, self._stages
        rate_hz = chosen.sample_rate_hz
        heard = fit_duration(chosen.signal, sample_rate_hz=rate_hz)
        maps = spectrogram_set([chosen], shape=stages.stage_one.shape)
        routed = stages.predict(maps)
        said = routed.routed[0]
        category = str(routed.categories[said])
        models = routed.models[routed.category_of == said]
        within = routed.within[0, routed.category_of == said]
        of_category = routed.category_probabilities[0]
        best, limit = int(within.argmax()), stages.about.get("threshold")
        sure = float(of_category[said] * within[best])
        network, target, answer = stages.stage_two.get(category), best, models[best]
        if self.stage.value == STAGES[0]:
            network, target, answer = stages.stage_one, int(said), category
        cam, explained = None, f"{category} has one model only"
        if network is not None:
            cam = grad_cam(network.model, network.inputs(maps), target)[0]
            explained = f"Grad-CAM: {'what' if cam.any() else 'nothing'} speaks for {answer}"
        self.play(heard, rate_hz)
        asserted = limit is None or (limit <= sure and limit < 1)
        return two_stages(
            heard,
            log_spectrogram(chosen.signal, rate_hz),
            cam,
            sample_rate_hz=rate_hz,
            categories=list(routed.categories),
            category_probabilities=of_category,
            models=list(models),
            within=within,
            explained=explained,
            title=f"{chosen.name}: {category} {of_category[said]:.0%}, "
            f"{models[best] if asserted else 'model uncertain'} {sure:.0%}",
            source=chosen.source,
            uncertain_below=limit,
        )
