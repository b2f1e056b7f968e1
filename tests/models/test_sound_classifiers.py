import itertools
import logging
import warnings

import numpy as np
import pytest
from scipy.special import log_softmax, logsumexp
from scipy.stats import multivariate_normal, norm
from sklearn.base import clone
from sklearn.covariance import ledoit_wolf

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.models import (
    FrameStatistics,
    GaussianMixtures,
    HiddenMarkovModels,
    linear_discriminant,
    sound_classifiers,
    sound_support_vector_machine,
)

BUILD = {
    "GMM": lambda: GaussianMixtures(components=2, seed=0),
    "HMM": lambda: HiddenMarkovModels(components=2, seed=0),
    "LDA": linear_discriminant,
    "SVM": lambda: sound_support_vector_machine(seed=0),
}
every_one = pytest.mark.parametrize("name", BUILD)
by_class = pytest.mark.parametrize("kind", [GaussianMixtures, HiddenMarkovModels])


def clips_of(means, *, each=6, frames=40, spread=1.0, seed=0):
    """Clips of several lengths, the frames of class k around means[k]."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.array(list("ABCDEFG"))[: len(means)], each)
    of = dict(zip("ABCDEFG", np.asarray(means, float), strict=False))
    clips = [of[k] + spread * rng.normal(size=(frames + n % 3, len(of[k]))) for n, k in enumerate(labels)]
    return clips, labels


@every_one
def test_learns_what_can_be_learned(name):
    clips, labels = clips_of([[0, 0], [0, 2], [2, 0], [2, 2]], each=8)
    fitted = BUILD[name]().fit(clips[::2], labels[::2])
    assert (fitted.predict(clips[1::2]) == labels[1::2]).all()


@every_one
def test_a_clone_learns_the_same_anew_and_an_array_is_as_good_as_a_list(name):
    clips, labels = clips_of([[0, 0], [0.3, 0.3]], each=9)
    clips = [clip[:40] for clip in clips]
    first = BUILD[name]().fit(clips, labels)
    second = clone(first).fit(np.stack(clips), labels)
    unseen, _ = clips_of([[0, 0], [0.3, 0.3]], each=30, seed=1)
    assert np.array_equal(first.predict(unseen), second.predict(unseen))
    assert first.get_params().keys() == second.get_params().keys()
    assert len(np.unique(first.predict(unseen))) == 2


@every_one
def test_units_of_a_feature_do_not_matter(name):
    clips, labels = clips_of([[0, 0, 0], [0.5, 0.5, 0]], each=12)
    scale, shift = np.array([1000.0, 1.0, 0.01]), np.array([1e4, 0.0, 5.0])
    unseen, _ = clips_of([[0, 0, 0], [0.5, 0.5, 0]], each=20, seed=1)
    plain = BUILD[name]().fit(clips, labels).predict(unseen)
    other = BUILD[name]().fit([c * scale + shift for c in clips], labels)
    assert np.array_equal(plain, other.predict([c * scale + shift for c in unseen]))


def test_one_gaussian_a_class_is_bayes_rule_with_scipy_s_densities():
    clips, labels = clips_of([[0, 0], [1, 1], [0, 1]], spread=2.0)
    labels[:3] = "B"  # unequal shares
    frames = np.concatenate(clips)
    mean, std = frames.mean(axis=0), frames.std(axis=0)
    expected = []
    for label in "ABC":
        own = (np.concatenate([c for c, k in zip(clips, labels, strict=True) if k == label]) - mean) / std
        spread = np.sqrt(own.var(axis=0) + sound_classifiers.VARIANCE_FLOOR)
        density = [norm.logpdf((c - mean) / std, own.mean(axis=0), spread).sum() for c in clips]
        expected.append(np.array(density) + np.log((labels == label).mean()))
    found = GaussianMixtures(components=1).fit(clips, labels)
    np.testing.assert_allclose(found.predict_log_proba(clips), log_softmax(np.array(expected).T, axis=1))
    np.testing.assert_allclose(found.predict_proba(clips).sum(axis=1), 1)


def test_several_gaussians_add_up_as_a_mixture_does():
    clips, labels = clips_of([[0, 0], [3, 3]])
    found = GaussianMixtures(components=3).fit(clips, labels)
    scaled = [found.scale_.transform(c) for c in clips]
    joint = [
        [
            sum(
                logsumexp([np.log(w) + norm.logpdf(f, m, np.sqrt(v)).sum() for w, m, v in parts])
                for f in clip
            )
            + np.log(0.5)
            for parts in (
                list(zip(d.weights_, d.means_, d.covariances_, strict=True)) for d in found.densities_
            )
        ]
        for clip in scaled
    ]
    np.testing.assert_allclose(found.predict_log_proba(clips), log_softmax(joint, axis=1), rtol=1e-9)


def test_one_state_is_one_gaussian():
    clips, labels = clips_of([[0, 0], [1, 1], [0, 1]], spread=2.0)
    mixture, markov = (
        kind(components=1).fit(clips, labels).predict_log_proba(clips)
        for kind in (GaussianMixtures, HiddenMarkovModels)
    )
    np.testing.assert_allclose(markov, mixture, rtol=1e-4)


def test_a_hidden_markov_model_sums_over_all_ways_through_its_states():
    clips, labels = clips_of([[0, 0], [1, 1]], spread=2.0)
    found = HiddenMarkovModels(components=2).fit(clips, labels)
    short = [clip[:5] for clip in clips]
    joint = np.zeros((len(clips), 2))
    for number, clip in enumerate(found.scale_.transform(c) for c in short):
        for k, one in enumerate(found.densities_):
            ways = []
            for way in itertools.product(range(2), repeat=5):
                way_log = np.log(one.startprob_[way[0]])
                way_log += sum(np.log(one.transmat_[a, b]) for a, b in itertools.pairwise(way))
                ways.append(
                    way_log
                    + sum(
                        multivariate_normal.logpdf(f, one.means_[s], one.covars_[s])
                        for f, s in zip(clip, way, strict=True)
                    )
                )
            joint[number, k] = logsumexp(ways)
    expected = log_softmax(joint + np.log(0.5), axis=1)
    np.testing.assert_allclose(found.predict_log_proba(short), expected, rtol=1e-6)


def test_only_the_hidden_markov_model_hears_the_order():
    """One class stays at a level for 20 frames, the other changes level at every frame."""
    rng = np.random.default_rng(0)
    slow, fast = np.repeat([0.0, 3.0], 20), np.tile([0.0, 3.0], 20)
    labels = np.tile(["slow", "fast"], 30)
    clips = [{"slow": slow, "fast": fast}[k][:, None] + rng.normal(size=(40, 1)) for k in labels]
    right = {
        name: (BUILD[name]().fit(clips[:20], labels[:20]).predict(clips[20:]) == labels[20:]).mean()
        for name in BUILD
    }
    assert right.pop("HMM") == 1.0
    assert max(right.values()) < 0.8  # 40 clips at chance: 0.5 ± 0.08


def test_a_hidden_markov_model_starts_as_the_mixture_and_only_gains():
    clips, labels = clips_of([[0, 0], [1, 1]], frames=80)
    clips = [clip[np.argsort(clip[:, 0])] for clip in clips]  # order to be found
    of_class = {}
    for kind in (GaussianMixtures, HiddenMarkovModels):
        found = kind(components=3).fit(clips, labels)
        scaled = found.scale_.transform(np.concatenate(clips[:6]))
        lengths = np.array([len(c) for c in clips[:6]])
        of_class[kind] = found._log_density(found.densities_[0], scaled, lengths).sum()
    assert of_class[HiddenMarkovModels] > of_class[GaussianMixtures] + 10


def test_statistics_are_mean_and_standard_deviation_of_each_clip():
    clips, _ = clips_of([[5, -2, 1e4], [0, 0, 0]])
    expected = [np.r_[clip.mean(axis=0), clip.std(axis=0)] for clip in clips]
    np.testing.assert_allclose(FrameStatistics().fit_transform(clips), expected)


def test_linear_discriminant_is_bayes_rule_with_one_shrunk_covariance():
    clips, labels = clips_of([[0, 0], [0.4, 0], [0, 0.4]], each=10)
    x = FrameStatistics().fit_transform(clips)
    covariance, means = np.zeros((4, 4)), []
    for label in "ABC":
        own = x[labels == label]
        scale = own.std(axis=0)
        covariance += ledoit_wolf((own - own.mean(axis=0)) / scale)[0] * np.outer(scale, scale) / 3
        means.append(own.mean(axis=0))
    density = [multivariate_normal.logpdf(x, m, covariance) for m in means]
    found = linear_discriminant().fit(clips, labels).predict_proba(clips)
    np.testing.assert_allclose(found, np.exp(log_softmax(np.array(density).T, axis=1)), atol=1e-9)


@every_one
@pytest.mark.filterwarnings("error")
def test_a_class_with_one_clip_has_its_place(name):
    clips, labels = clips_of([[0, 0], [4, 4], [0, 4]], each=6)
    few = [*range(13)]  # one clip of C
    fitted = BUILD[name]().fit([clips[k] for k in few], labels[few])
    assert fitted.classes_.tolist() == ["A", "B", "C"]
    if name != "SVM":  # which may give it no region at all
        assert fitted.predict(clips[13:]).tolist() == ["C"] * 5


@by_class
def test_a_class_with_few_frames_gets_fewer_components_and_says_so(kind):
    rng = np.random.default_rng(0)
    clips = [rng.normal(size=(n, 2)) for n in (200, 25, 3)]
    fitted = kind(components=4).fit(clips, ["many", "few", "hardly any"])
    assert dict(zip(fitted.classes_, fitted.components_, strict=True)) == {
        "many": 4,
        "few": 2,
        "hardly any": 1,
    }
    assert np.isfinite(fitted.predict_log_proba(clips)).all()


@by_class
def test_silence_is_learned_quietly(kind, caplog):
    """All frames alike: a mixture has nothing to divide, no variance, and no remarks for the reader."""
    clips, labels = clips_of([[0, 0], [1, 1]])
    clips[:6] = [np.zeros((40, 2))] * 6
    with warnings.catch_warnings(), caplog.at_level(logging.INFO):
        warnings.simplefilter("error")
        fitted = kind(components=3).fit(clips, labels)
    assert not caplog.records
    assert (fitted.predict(clips) == labels).all()
    assert logging.getLogger("hmmlearn").level == logging.NOTSET


@by_class
def test_says_whether_the_search_came_to_rest(kind, monkeypatch):
    clips, labels = clips_of([[0, 0], [1, 1]], spread=2.0)
    assert kind(components=2).fit(clips, labels).converged_.tolist() == [True, True]
    monkeypatch.setitem(sound_classifiers._EM, "max_iter", 2)
    monkeypatch.setitem(sound_classifiers._EM, "tol", 0.0)
    assert kind(components=2).fit(clips, labels).converged_.tolist() == [False, False]


@every_one
@pytest.mark.parametrize(
    ("clips", "says"),
    [
        ([], "there are no clips"),
        ([np.zeros((0, 2)), np.zeros((4, 2))], r"clip 0 has shape \(0, 2\)"),
        ([np.zeros((4, 2)), np.zeros(4)], r"clip 1 has shape \(4,\)"),
        ([np.zeros((4, 2)), np.full((4, 2), np.nan)], "clip 1 has NaN or infinity in 4 frames"),
        ([np.zeros((4, 2)), [[0.0, np.inf], [0.0, 0.0]]], "clip 1 has NaN or infinity in 1 frames"),
        ([np.zeros((4, 2)), np.zeros((4, 3))], "clip 1 has 3 numbers a frame, others 2"),
        ([np.zeros((4, 2)), [["loud", "low"]]], "clip 1: could not convert"),
    ],
)
def test_clips_that_cannot_be_used(name, clips, says):
    with pytest.raises(DataError, match=says):
        BUILD[name]().fit(clips, ["A", "B"][: len(clips)])


@by_class
def test_labels_and_components_that_cannot_be_used(kind):
    clips, labels = clips_of([[0, 0], [1, 1]])
    with pytest.raises(DataError, match=r"labels of shape \(11,\) for 12 clips"):
        kind().fit(clips, labels[1:])
    with pytest.raises(ParameterError, match="components is 0; it must be a whole number from 1"):
        kind(components=0).fit(clips, labels)


@every_one
def test_what_was_learned_from_other_frames_is_refused(name):
    clips, labels = clips_of([[0, 0], [1, 1]])
    with pytest.raises(DataError, match="clip 0 has 1 numbers a frame, others 2"):
        BUILD[name]().fit(clips, labels).predict([clip[:, :1] for clip in clips])
