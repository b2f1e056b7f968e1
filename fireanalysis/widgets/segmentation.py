"""Explorer of what segmentation networks find in pictures: threshold, overlay, and two networks side by side."""

from collections.abc import Mapping

import ipywidgets
import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from fireanalysis.errors import DataError
from fireanalysis.plots import mask_views
from fireanalysis.plots.segmentation_video import VIEWS
from fireanalysis.training import segment_picture
from fireanalysis.training.segment import Network

from .explorer import WIDE, Explorer

Picture = tuple[NDArray[np.uint8], NDArray[np.bool_] | None]


class SegmentationExplorer(Explorer):
    """Choose a picture, two networks, a threshold and an overlay; see what both find.

    Parameters
    ----------
    pictures : mapping of str to (uint8 (h, w, 3), bool (h, w) or None)
        Name → picture and its true mask, if it is known.
    networks : mapping of str to SegmentationFit or FastNetwork
        Name → network. Pictures larger than it are cut into tiles, as `segment_picture` does.
    source : {"simulated", "real"}
        Of the pictures.
    threshold : float
        To begin with.

    Attributes
    ----------
    picture, left, right, overlay : ipywidgets.Dropdown
    threshold : ipywidgets.FloatSlider
        Each picture is given to a network once; another threshold or overlay only draws anew.

    Raises
    ------
    DataError
        If there is no picture or no network.

    Examples
    --------
    >>> class Red:
    ...     pixels = 32
    ...     def predict_pictures(self, images, *, batch_size=32):
    ...         return images[..., 0] / np.float32(255)
    >>> pictures = {"noise": (np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8), None)}
    >>> explorer = SegmentationExplorer(pictures, {"red": Red()}, source="simulated")
    >>> explorer.threshold.value = 0.9
    >>> "0.90" in explorer.figure.layout.title.text
    True
    """

    def __init__(
        self,
        pictures: Mapping[str, Picture],
        networks: Mapping[str, Network],
        *,
        source: str,
        threshold: float = 0.5,
    ) -> None:
        if not pictures or not networks:
            what = f"{len(pictures)} pictures and {len(networks)} networks to explore"
            raise DataError(what, where="SegmentationExplorer", do="pass at least one of each")
        self._pictures, self._networks, self._source = dict(pictures), dict(networks), source
        self._said: dict[tuple[str, str], NDArray[np.float32]] = {}
        names = list(networks)
        self.picture = ipywidgets.Dropdown(options=list(pictures), description="picture", style=WIDE)
        self.left = ipywidgets.Dropdown(options=names, description="on the left", style=WIDE)
        self.right = ipywidgets.Dropdown(
            options=names, value=names[-1], description="on the right", style=WIDE
        )
        self.overlay = ipywidgets.Dropdown(options=VIEWS, description="overlay", style=WIDE)
        self.threshold = ipywidgets.FloatSlider(
            threshold,
            min=0.02,
            max=0.98,
            step=0.02,
            description="threshold",
            continuous_update=False,
            style=WIDE,
        )
        super().__init__([self.picture, self.left, self.right, self.threshold, self.overlay])

    def draw(self) -> go.Figure:
        """Draw what the chosen networks find in the chosen picture."""
        name, limit = self.picture.value, self.threshold.value
        image, truth = self._pictures[name]
        said = {network: self._of(name, network) for network in (self.left.value, self.right.value)}
        found = [f"{int((one >= limit).sum()):,} ({network})" for network, one in said.items()]
        return mask_views(
            image,
            said,
            threshold=limit,
            view=self.overlay.value,
            truth=truth,
            title=f"{name}; pixels marked at a probability of {limit:.2f} or more: {', '.join(found)}",
            source=self._source,
        )

    def _of(self, picture: str, network: str) -> NDArray[np.float32]:
        if (picture, network) not in self._said:
            image, _ = self._pictures[picture]
            self._said[picture, network] = segment_picture(image, self._networks[network])
        return self._said[picture, network]
