"""Classifiers of the time before networks: they look at a clip as a row of frames, each a few numbers.

Two describe how the frames of each class are spread (a Gaussian mixture, a hidden Markov model), two separate classes
by the mean and spread of a clip's frames (linear discriminant analysis, a support vector machine).
"""

import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from hmmlearn.hmm import GaussianHMM
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from fireanalysis.errors import DataError
from fireanalysis.transforms.arrays import whole

from .cartridge import support_vector_machine

FRAMES_A_COMPONENT = 10
"""A class has at most one component or state for so many frames it is learned from."""

VARIANCE_FLOOR = 1e-3
"""Added to the variances of a component, in units of the variance of all frames: none shrinks to a point."""

_EM = {
    "tol": 1e-3,
    "max_iter": 100,
}  # a step must gain so much log-likelihood a frame to be followed by another


class _ByClass(ClassifierMixin, BaseEstimator):
    """A density of frames for each class; Bayes' rule makes probabilities of the classes from them."""

    def __init__(self, components: int, seed: int) -> None:
        self.components, self.seed = components, seed

    def _learn(self, frames: NDArray, lengths: NDArray, components: int) -> Any:
        raise NotImplementedError

    def _log_density(self, density: Any, frames: NDArray, lengths: NDArray) -> NDArray:
        raise NotImplementedError

    def fit(self, clips: Iterable[ArrayLike], labels: ArrayLike) -> "_ByClass":
        """Learn from clips (each float (frames, d)) and their labels.

        Raises
        ------
        DataError
            For a clip without frames, with NaN or of another d, or not one label a clip.
        ParameterError
            If there is not at least one component.
        """
        where = type(self).__name__
        whole(self.components, name="components", where=where, least=1, most=10_000)
        frames, lengths = _stacked(clips, where=where)
        of = np.asarray(labels)
        if of.shape != lengths.shape:
            what = f"labels of shape {of.shape} for {len(lengths)} clips"
            raise DataError(what, where=where, do="pass one label a clip")
        self.classes_, counts = np.unique(of, return_counts=True)
        self.n_features_in_ = frames.shape[1]
        self.scale_ = StandardScaler().fit(frames)
        self.log_priors_ = np.log(counts / counts.sum())
        scaled, of_frame = self.scale_.transform(frames), np.repeat(of, lengths)
        held = [(scaled[of_frame == label], lengths[of == label]) for label in self.classes_]
        most = [max(1, len(own) // FRAMES_A_COMPONENT) for own, _ in held]
        self.components_ = np.minimum(self.components, most)
        self.densities_ = [self._learn(*one, k) for one, k in zip(held, self.components_, strict=True)]
        return self

    def predict_log_proba(self, clips: Iterable[ArrayLike]) -> NDArray[np.float64]:
        """Give the log-probability of each class, float64 (clips, classes).

        Raises
        ------
        DataError
            As `fit`.
        """
        frames, lengths = _stacked(clips, where=type(self).__name__, columns=self.n_features_in_)
        scaled = self.scale_.transform(frames)
        density = [self._log_density(one, scaled, lengths) for one in self.densities_]
        return log_softmax(np.stack(density, axis=1) + self.log_priors_, axis=1)

    def predict_proba(self, clips: Iterable[ArrayLike]) -> NDArray[np.float64]:
        """Give the probability of each class, float64 (clips, classes)."""
        return np.exp(self.predict_log_proba(clips))

    def predict(self, clips: Iterable[ArrayLike]) -> NDArray[Any]:
        """Give the most probable class of each clip."""
        return self.classes_[self.predict_log_proba(clips).argmax(axis=1)]


class GaussianMixtures(_ByClass):
    """Tell classes apart by where their frames lie, in whatever order they come: a Gaussian mixture a class.

    Parameters
    ----------
    components : int
        Gaussians a class, with diagonal covariances.
    seed : int
        Of the first guess.

    Attributes
    ----------
    classes_ : ndarray (k,)
    components_ : int (k,)
        Gaussians of each class: fewer than asked for where it has fewer than `FRAMES_A_COMPONENT` frames for each.
    converged_ : bool (k,)
        Whether the search for each class's mixture came to rest within 100 steps.

    Notes
    -----
    Source: related work [3] and section 4.5, without a setting: all here are assumed. Frames are standardised by the
    training clips' and taken as independent, so their log-densities add up; neighbours are much alike, so the
    probabilities are far too sure. Priors are the shares of the classes in training.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> clips = [rng.normal(mean, size=(50, 3)) for mean in (0, 0, 4, 4)]
    >>> GaussianMixtures(components=2).fit(clips, ["a", "a", "b", "b"]).predict(clips[1:3]).tolist()
    ['a', 'b']
    """

    def __init__(self, *, components: int = 8, seed: int = 0) -> None:
        super().__init__(components, seed)

    @property
    def converged_(self) -> NDArray[np.bool_]:
        """Whether each class's search came to rest."""
        return np.array([one.converged_ for one in self.densities_])

    def _learn(self, frames: NDArray, lengths: NDArray, components: int) -> GaussianMixture:
        return _mixture(frames, components, self.seed)

    def _log_density(self, density: GaussianMixture, frames: NDArray, lengths: NDArray) -> NDArray:
        return np.add.reduceat(density.score_samples(frames), np.cumsum(lengths) - lengths)


class HiddenMarkovModels(_ByClass):
    """Tell classes apart by their frames and the order they come in: a hidden Markov model a class.

    Parameters
    ----------
    components : int
        States a class; each is a Gaussian with diagonal covariance.
    seed : int
        Of the first guess.

    Attributes
    ----------
    classes_, components_, converged_
        As of `GaussianMixtures`.

    Notes
    -----
    Source: related work [4] and section 4.5, without a setting: all here are assumed. Any state may follow any
    (ergodic): in a burst the blast comes again and again, and a clip may begin in the middle of an echo, which a model
    that only goes from left to right could not follow. Each search starts as the class's Gaussian mixture (every
    frame drawn anew), so what it finds beyond that is the order; a tenth of a transition is added to each count, so
    that none is impossible.
    Probabilities are too sure here too: a state's frames are taken as independent.

    Examples
    --------
    >>> up = [np.repeat([[0.0], [4.0]], 30, axis=0) + np.sin(np.arange(60.0))[:, None] for _ in range(2)]
    >>> model = HiddenMarkovModels(components=2).fit([*up, *(one[::-1] for one in up)], ["up", "up", "down", "down"])
    >>> model.predict([up[0], up[0][::-1]]).tolist()
    ['up', 'down']
    """

    def __init__(self, *, components: int = 5, seed: int = 0) -> None:
        super().__init__(components, seed)

    @property
    def converged_(self) -> NDArray[np.bool_]:
        """Whether each class's search came to rest."""
        steps = [one.monitor_ for one in self.densities_]
        # The monitor also calls a search converged that used up its steps.
        return np.array([m.iter < m.n_iter or np.diff(m.history)[-1] < m.tol for m in steps])

    def _learn(self, frames: NDArray, lengths: NDArray, components: int) -> GaussianHMM:
        model = GaussianHMM(
            components,
            covariance_type="diag",
            startprob_prior=1.1,
            transmat_prior=1.1,
            means_weight=1e-6,  # a state that no frame wants keeps a mean, if a useless one
            covars_prior=VARIANCE_FLOOR * len(frames) / components,
            n_iter=_EM["max_iter"],
            tol=_EM["tol"] * len(frames),
            init_params="",
        )
        start = _mixture(frames, components, self.seed)
        model.startprob_, model.transmat_ = start.weights_, np.tile(start.weights_, (components, 1))
        model.means_, model.covars_ = start.means_, start.covariances_
        with _without_hints():
            return model.fit(frames, lengths)

    def _log_density(self, density: GaussianHMM, frames: NDArray, lengths: NDArray) -> NDArray:
        return np.array([density.score(clip) for clip in np.split(frames, np.cumsum(lengths)[:-1])])


def linear_discriminant() -> Pipeline:
    """Build the linear discriminant analysis of a clip's mean and standard deviation over its frames.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted yet; takes clips (each float (frames, d)) and labels (n,). Raises DataError for a clip
        without frames, with NaN or of another d.

    Notes
    -----
    Source: section 4.5, without a setting. Assumed: the common covariance shrunk as Ledoit and Wolf compute (with few
    clips it could not be inverted), priors as in training.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> clips = [rng.normal(mean, size=(50, 3)) for mean in (0, 0, 4, 4)]
    >>> linear_discriminant().fit(clips, ["a", "a", "b", "b"]).predict(clips[1:3]).tolist()
    ['a', 'b']
    """
    return make_pipeline(FrameStatistics(), _Discriminant(solver="lsqr", shrinkage="auto"))


def sound_support_vector_machine(*, seed: int) -> Pipeline:
    """Build the support vector machine of a clip's mean and standard deviation over its frames.

    Parameters
    ----------
    seed : int
        Of the solver.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted yet; takes clips as `linear_discriminant`. It gives classes, no probabilities: those would have
        to be learned from clips kept aside, of which small classes have none.

    Notes
    -----
    Source: related work [5], without a setting. Assumed: those of `support_vector_machine`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> clips = [rng.normal(mean, size=(50, 3)) for mean in (0, 0, 4, 4)]
    >>> sound_support_vector_machine(seed=0).fit(clips, ["a", "a", "b", "b"]).predict(clips[1:3]).tolist()
    ['a', 'b']
    """
    return make_pipeline(FrameStatistics(), support_vector_machine(seed=seed))


class FrameStatistics(TransformerMixin, BaseEstimator):
    """Describe each clip by the means, then the standard deviations, of its frames.

    Examples
    --------
    >>> FrameStatistics().fit_transform([[[1.0, 5.0], [3.0, 5.0]]]).tolist()
    [[2.0, 5.0, 1.0, 0.0]]
    """

    def fit(self, clips: Iterable[ArrayLike], labels: ArrayLike | None = None) -> "FrameStatistics":
        """Learn only how many numbers a frame has."""
        self.n_features_in_ = _stacked(clips, where="FrameStatistics")[0].shape[1]
        return self

    def transform(self, clips: Iterable[ArrayLike]) -> NDArray[np.float64]:
        """Give float64 (clips, 2 d) for clips of float (frames, d).

        Raises
        ------
        DataError
            For a clip without frames, with NaN or of another d.
        """
        frames, lengths = _stacked(clips, where="FrameStatistics", columns=self.n_features_in_)
        starts, count = np.cumsum(lengths) - lengths, lengths[:, None]
        mean = np.add.reduceat(frames, starts) / count
        spread = np.add.reduceat((frames - np.repeat(mean, lengths, axis=0)) ** 2, starts) / count
        return np.hstack([mean, np.sqrt(spread)])


class _Discriminant(LinearDiscriminantAnalysis):
    def fit(self, X: NDArray, y: NDArray) -> "_Discriminant":  # noqa: N803  # scikit-learn's names
        """Fit, without a remark on each class of one clip, whose spread is unknown and counted as none."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Only one sample available")
            return super().fit(X, y)


def _stacked(
    clips: Iterable[ArrayLike], *, where: str, columns: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Give the frames of all clips one below the other, and how many each clip has."""
    parts = [_frames(clip, number, where) for number, clip in enumerate(clips)]
    if not parts:
        raise DataError("there are no clips", where=where, do="pass at least one")
    wanted = columns or parts[0].shape[1]
    for number, part in enumerate(parts):
        if part.shape[1] != wanted:
            what = f"clip {number} has {part.shape[1]} numbers a frame, others {wanted}"
            raise DataError(what, where=where, do="describe all clips alike")
    return np.concatenate(parts), np.array([len(part) for part in parts])


def _frames(clip: ArrayLike, number: int, where: str) -> NDArray[np.float64]:
    try:
        frames = np.asarray(clip, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"clip {number}: {error}", where=where, do="pass numbers (frames, d)") from error
    if frames.ndim != 2 or not frames.size:
        raise DataError(
            f"clip {number} has shape {frames.shape}; at least one frame of at least one number is needed",
            where=where,
            do="pass float (frames, d), a single number a frame as (frames, 1)",
        )
    if not np.isfinite(frames).all():
        what = f"clip {number} has NaN or infinity in {(~np.isfinite(frames)).any(axis=1).sum()} frames"
        raise DataError(what, where=where, do="leave the clip out, or describe it anew")
    return frames


def _mixture(frames: NDArray, components: int, seed: int) -> GaussianMixture:
    model = GaussianMixture(
        components, covariance_type="diag", reg_covar=VARIANCE_FLOOR, random_state=seed, **_EM
    )
    with warnings.catch_warnings():
        # Equal frames (silence) make fewer clusters; `converged_` says whether the search ended.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(frames)


@contextmanager
def _without_hints() -> Iterator[None]:
    """Keep hmmlearn's remarks (few data, no more gain) from a notebook's reader: `converged_` says what came of it."""
    logger = logging.getLogger("hmmlearn")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
