"""Simulated gunshots: a table of two-second clips by firearm model, their sound, and long recordings.

`sample_gunshots` decides what was fired, where and how it was recorded; a row of its table determines a sound
completely, and `render_gunshots` makes it audible. Models and sources are in `model_catalogue`, ranges and sources
of all other numbers in `gunshot_parameter_table`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import fft

from fireanalysis.errors import DataError, ParameterError

from .gunshot_models import Firearm, firearm, model_catalogue
from .gunshot_parameters import PLACES, RATES_HZ, RECORDERS, draw, fixed
from .gunshot_place import TAIL_S, Session, echoes, path, scattered
from .gunshot_recorder import background, recorded, response, saved_again
from .gunshot_shots import EARLIEST_S, action_events, draw_shots, draw_strings
from .gunshot_source import (
    SHOT_SAMPLES,
    action_spectra,
    blast_spectrum,
    bullet_shock,
    directivity,
    n_wave_spectrum,
    pellet_shock,
    placed,
    sound_speed,
)
from .hashing import seeds, uniform

# What a row's sound depends on.
_SOUND = [
    "true_model",
    "place",
    "distance_m",
    "angle_deg",
    "recorder",
    "native_rate_hz",
    "seed",
    "session_seed",
    "copy_seed",
    "difficulty",
]
_CLIPS_A_SESSION = 12  # in the full set, on average; assumed


def sample_gunshots(
    n: int = 3343,
    *,
    seed: int = 0,
    models: int | Sequence[str] | None = None,
    least_sessions: int = 6,
    wrong_label_fraction: float = 0.02,
    duplicate_fraction: float = 0.03,
    difficulty: float = 1.0,
) -> pd.DataFrame:
    """Draw two-second clips as a collection from the web would hold them.

    A session is a place, distance, angle, recorder and make of ammunition, drawn the same way for every model; its
    clips come from a few recordings, each cut into pieces of two seconds.

    Parameters
    ----------
    n : int
        Number of clips, shared among the models as in the full set of 3,343, but so that each has its sessions.
    seed : int
        Which sessions and clips.
    models : int, str or list of str, optional
        All 32 (None), so many of them (the commonest of each category in turn), or those named.
    least_sessions : int
        Sessions of a model, if it has as many clips; more where it has more than 12 clips a session.
    wrong_label_fraction : float
        Share of recordings that hold another model than they are registered under, six in ten of them one of
        the same category (assumed); ``true_model`` keeps the truth.
    duplicate_fraction : float
        Share of clips that are copies of another clip of the model: half exactly so, half saved again with other
        gain, band limit and a coder's noise; half of all under another session (assumed).
    difficulty : float
        Factor on how far sessions and shots of a model lie apart, against the differences between models. 0: all
        sessions have the same distance, angle, ammunition and response; only kind of place and recorder differ.
        1 (standard deviations of an eighth of each range) was held against one figure of the paper, stage 1's
        90.67 % of a split by clip (docs/results/gunshot_difficulty.json); the other figures are predictions.

    Returns
    -------
    DataFrame
        One row a clip: id, category and model (as registered), true_model, session (the group), recording (within
        the session), clip (within the session), copy_of (id, or empty), place, distance_m, angle_deg, recorder,
        native_rate_hz, seed, session_seed, copy_seed (above 0 where a copy was saved again), difficulty. A copy
        has place to session_seed of what it is a copy of.

    Raises
    ------
    ParameterError
        A number out of range or an unknown model.

    Examples
    --------
    >>> table = sample_gunshots(600, seed=1)
    >>> len(table), table["model"].nunique(), int(table.groupby("model")["session"].nunique().min())
    (600, 32, 6)
    """
    chosen = _chosen(models)
    _at_least("n", n, len(chosen), "sample_gunshots")
    _at_least("least_sessions", least_sessions, 1, "sample_gunshots")
    _at_least("difficulty", difficulty, 0, "sample_gunshots")
    for name, value in (
        ("wrong_label_fraction", wrong_label_fraction),
        ("duplicate_fraction", duplicate_fraction),
    ):
        if not 0 <= value <= 1:
            what = f"{name} is {value}; allowed is 0 to 1"
            raise ParameterError(what, where="sample_gunshots", do=f"pass a share, for example {name}=0.02")
    counts = _shared(chosen["clips"].to_numpy(float), n, min(least_sessions, n // len(chosen)))
    table = pd.concat(
        [
            _of_model(category, model, int(count), seed, least_sessions)
            for category, model, count in zip(chosen["category"], chosen["model"], counts, strict=True)
        ],
        ignore_index=True,
    )
    table["true_model"] = _mistaken(table, wrong_label_fraction)
    table = _described(table, difficulty)
    return _with_copies(table, duplicate_fraction, seed)[[*_FIRST, *_SOUND[1:]]]


_FIRST = ["id", "category", "model", "true_model", "session", "recording", "clip", "copy_of"]


def render_gunshots(
    rows: pd.DataFrame, *, duration_s: float = 2.0
) -> Iterator[tuple[NDArray[np.float32], int]]:
    """Make the sounds of a table's rows, one after the other; a row sounds the same whatever the others.

    Sessions are kept for a few clips: rows in the table's order are faster than shuffled ones.

    Parameters
    ----------
    rows : DataFrame
        Rows of `sample_gunshots`.
    duration_s : float
        Length of each; shots fall anywhere in it.

    Yields
    ------
    float32 (samples,), int
        Sound within [-1, 1] in steps of 16 bit, and its sample rate in hertz: the recorder's own.

    Raises
    ------
    DataError
        The table lacks a column or holds an unknown model, place or recorder.
    ParameterError
        A duration of less than 0.5 s.

    Examples
    --------
    >>> sound, rate = next(render_gunshots(sample_gunshots(32)))
    >>> len(sound) == 2 * rate, sound.dtype
    (True, dtype('float32'))
    """
    _at_least("duration_s", duration_s, 0.5, "render_gunshots")
    checked = _checked(rows)

    def sounds() -> Iterator[tuple[NDArray[np.float32], int]]:
        for row in checked.itertuples(index=False):
            session, gun = _session(row), firearm(str(row.true_model))
            rng = _generator(row, 0)
            times = draw_shots(
                gun, rng, rate_rpm=_rate(gun, session), duration_s=duration_s, jitter=_jitter(session)
            )
            sound, _ = _render(gun, session, times, duration_s, rng)
            if (copy_seed := _copy_seed(row)) > 0:
                sound = saved_again(sound, copy_seed, rate_hz=session.rate_hz)
            yield sound, session.rate_hz

    return sounds()


def render_recording(
    row: pd.DataFrame, *, duration_s: float = 20.0, pause_s: float = 2.0
) -> tuple[NDArray[np.float32], int, NDArray[np.float64]]:
    """Make one long recording of a row's session, with the times at which its shots are first heard.

    Parameters
    ----------
    row : DataFrame
        One row of `sample_gunshots`.
    duration_s : float
        Length.
    pause_s : float
        Mean silence between strings of shots: single ones, a few aimed ones, or a burst.

    Returns
    -------
    float32 (samples,), int
        Sound and sample rate, as `render_gunshots` gives them.
    onsets_s : float64 (shots,)
        When each shot (every one of a burst) arrives: the bullet's shock wave where there is one, else the blast.

    Raises
    ------
    DataError, ParameterError
        As `render_gunshots`; or not exactly one row.

    Examples
    --------
    >>> sound, rate, onsets_s = render_recording(sample_gunshots(32)[:1], duration_s=8)
    >>> len(sound) == 8 * rate, bool((onsets_s < 8).all())
    (True, True)
    """
    if len(row) != 1:
        what = f"{len(row)} rows; one makes a recording"
        raise DataError(what, where="render_recording", do="pass one row as a table: table[:1]")
    _at_least("duration_s", duration_s, 0.5, "render_recording")
    _at_least("pause_s", pause_s, 0.1, "render_recording")
    (only,) = _checked(row).itertuples(index=False)
    session, gun = _session(only), firearm(str(only.true_model))
    rng = _generator(only, 5)
    times = draw_strings(
        gun,
        rng,
        rate_rpm=_rate(gun, session),
        duration_s=duration_s,
        jitter=_jitter(session),
        pause_s=pause_s,
    )
    sound, lead = _render(gun, session, times, duration_s, rng)
    return sound, session.rate_hz, times - lead


def _render(
    gun: Firearm, session: Session, times: NDArray[np.float64], duration_s: float, rng: np.random.Generator
) -> tuple[NDArray[np.float32], float]:
    """Sound of shots at given times, and how long before the blast the shock wave arrives."""
    rate = session.rate_hz
    before, length = round(-EARLIEST_S * rate), round(duration_s * rate)
    dry = np.zeros(before + length, np.float32)
    moved, echo = _moved(session, rng)
    lead = _shots(dry, gun, moved, times - EARLIEST_S, rng)
    # What wraps round must end before the clip begins.
    samples = fft.next_fast_len(len(dry) + int(TAIL_S * rate) - before + 1, real=True)
    spectrum = fft.rfft(dry, samples)
    spectrum *= 1 + echo * echoes(session, samples) + fft.rfft(scattered(session, rng), samples)
    spectrum += fft.rfft(background(session, len(dry), rng), samples)
    spectrum *= _response(session, samples)
    sound = fft.irfft(spectrum, samples)[: len(dry)]
    return recorded(sound, session, rng)[before:], lead


def _moved(session: Session, rng: np.random.Generator) -> tuple[Session, float]:
    """Session as one clip hears it, and a factor on its echoes: shooters walk about and turn."""
    far, angle, echo_db = session.difficulty * rng.standard_normal(3)
    distance_m = session.distance_m * np.exp(session.draw("step_distance", "shot") * np.clip(far, -3, 3))
    angle_deg = np.clip(session.angle_deg + session.draw("step_angle", "shot") * angle, 1, 179)
    moved = replace(session, distance_m=float(distance_m), angle_deg=float(angle_deg))
    return moved, float(10 ** (session.draw("step_echo", "shot") * echo_db / 20))


def _shots(
    out: NDArray[np.float32],
    gun: Firearm,
    session: Session,
    times: NDArray[np.float64],
    rng: np.random.Generator,
) -> float:
    """Add the direct sounds of shots, against the session's reference shot; give the shock wave's lead."""
    rate, far, angle = session.rate_hz, session.distance_m, np.radians(session.angle_deg)
    reference_pa = 20e-6 * 10 ** (fixed("reference_level") / 20)
    spread = session.difficulty * np.sqrt(far / 100)  # of turbulence
    frequency = fft.rfftfreq(SHOT_SAMPLES, 1 / rate)
    count = len(times)
    turbulence = spread * session.draw("turbulence", "shot")
    level_db = session.draw("load_level") + turbulence * rng.standard_normal(count)
    level_db += session.difficulty * session.draw("jitter_level", "shot") * rng.standard_normal(count)
    treble_db = turbulence * rng.standard_normal(count)
    treble = 10 ** (treble_db[:, None] * np.minimum(frequency / 8000, 2) / 20)
    factor = 10 ** (level_db[:, None] / 20) * treble

    duration = gun.duration_s * session.draw("load_duration") * max(far, 1) ** fixed("blast_range_exponent")
    jitter = session.difficulty * session.draw("jitter_duration", "shot")
    blasts = np.stack(
        [
            blast_spectrum(gun, duration_s=duration * (1 + jitter * step), rate_hz=rate, rng=rng)
            for step in np.clip(rng.standard_normal(count), -3, 3)
        ]
    )
    peak = gun.peak_pa / reference_pa
    way = path(session, distance_m=far)
    strength = peak * directivity(angle, gun.momentum_index)
    placed(out, strength * factor * way * blasts, times_s=times, rate_hz=rate)

    sounds = action_spectra(gun.seed, rate)
    action = peak * 10 ** ((session.draw("action_level") + draw("action_step", "model", gun.seed)) / 20)
    for events, which in action_events(gun, times, rng):
        levels = action * 10 ** (session.difficulty * rng.normal(0, 1.5, (len(events), 1)) / 20)
        placed(out, levels * way * sounds[which], times_s=events, rate_hz=rate)

    shock = _shock(gun, session)
    if shock is None:
        return 0.0
    wave, arrival = shock
    lead = far / sound_speed(session.temperature_c) - arrival
    placed(out, wave * (far / reference_pa) * factor, times_s=times - lead, rate_hz=rate)
    return lead


def _shock(gun: Firearm, session: Session) -> tuple[NDArray[np.complex128], float] | None:
    """Spectrum of the shock wave at the microphone in pascal, and its arrival after the shot."""
    angle = np.radians(session.angle_deg)
    place = {
        "distance_m": session.distance_m,
        "angle_rad": angle,
        "temperature_c": session.temperature_c,
        "speed_factor": session.draw("load_speed"),
    }
    pellets = gun.category == "shotgun" and float(uniform(session.seed, "load")) < fixed("buckshot_share")
    shock = pellet_shock(**place) if pellets else bullet_shock(gun, **place)
    if shock is None:
        return None
    delays = np.sort(uniform(session.seed, "pellets", np.arange(9))) * 1e-3 if pellets else np.zeros(1)
    spectrum = n_wave_spectrum(shock, delays_s=delays, rate_hz=session.rate_hz)
    miss = session.distance_m * np.sin(angle)
    way = path(session, distance_m=miss, slant=shock.cosine)
    return spectrum * way, shock.arrival_s


def _rate(gun: Firearm, session: Session) -> float:
    """Cyclic rate of the firearm of a session; 0 where it fires single shots only."""
    if gun.rates_rpm is None:
        return 0.0
    share = session.draw("cyclic_rate")
    low, nominal, high = gun.rates_rpm
    return nominal + share * (high - nominal if share > 0 else nominal - low)


def _jitter(session: Session) -> float:
    return session.difficulty * session.draw("jitter_interval", "shot")


@lru_cache(maxsize=16)
def _response(session: Session, samples: int) -> NDArray[np.complex64]:
    return response(session, fft.rfftfreq(samples, 1 / session.rate_hz))


def _session(row: Any) -> Session:
    return Session(
        seed=int(row.session_seed),
        place=row.place,
        distance_m=float(row.distance_m),
        angle_deg=float(row.angle_deg),
        recorder=row.recorder,
        rate_hz=int(row.native_rate_hz),
        difficulty=float(row.difficulty),
    )


def _generator(row: Any, stream: int) -> np.random.Generator:
    return np.random.default_rng([int(row.seed), stream])


def _copy_seed(row: Any) -> int:
    return int(row.copy_seed)


def _checked(rows: pd.DataFrame) -> pd.DataFrame:
    absent = [name for name in _SOUND if name not in rows.columns]
    if absent:
        what = f"the table has no column {', '.join(absent)}"
        do = "pass rows of sample_gunshots with all their columns"
        raise DataError(what, where="table of gunshots", do=do)
    known = {
        "true_model": list(model_catalogue()["model"]),
        "place": list(PLACES),
        "recorder": list(RECORDERS),
    }
    for name, values in known.items():
        unknown = sorted(set(rows[name]) - set(values))
        if unknown:
            what = f"column {name} has {unknown}; known are {', '.join(values)}"
            raise DataError(what, where="table of gunshots", do="pass rows of sample_gunshots unchanged")
    return rows[_SOUND]


def _chosen(models: int | Sequence[str] | None) -> pd.DataFrame:
    catalogue = model_catalogue()
    if models is None:
        return catalogue
    if isinstance(models, int):
        if not 1 <= models <= len(catalogue):
            what = f"models is {models}; allowed is 1 to {len(catalogue)}"
            raise ParameterError(what, where="sample_gunshots", do="pass a number in that range, or names")
        # The commonest of each category first, then the second of each ...
        order = catalogue.groupby("category")["clips"].rank(ascending=False, method="first")
        kept = order.sort_values(kind="stable").index[:models]
        return catalogue.loc[sorted(kept)]
    names = [models] if isinstance(models, str) else list(models)
    unknown = sorted(set(names) - set(catalogue["model"]))
    if unknown or not names:
        what = f"models has {unknown}" if unknown else "models is empty"
        what += f"; known are {', '.join(catalogue['model'])}"
        raise ParameterError(what, where="sample_gunshots", do="pass names of model_catalogue()")
    return catalogue[catalogue["model"].isin(names)]


def _at_least(name: str, value: float, least: float, where: str) -> None:
    if not value >= least:
        what = f"{name} is {value}; it must be at least {least}"
        raise ParameterError(what, where=where, do=f"pass {name}={least} or more")


def _shared(weights: NDArray[np.float64], total: int, least: int) -> NDArray[np.int64]:
    """Share a total in proportion to weights, at least so many each, by largest remainders.

    Examples
    --------
    >>> _shared(np.array([8.0, 1.0, 1.0]), 20, 3).tolist()
    [14, 3, 3]
    """
    counts = np.full(len(weights), least)
    open_ = np.ones(len(weights), bool)
    while True:  # what is below its least share leaves the rest to the others
        left = total - least * int((~open_).sum())
        exact = weights * open_ / weights[open_].sum() * left
        low = open_ & (exact < least)
        if not low.any() or low.sum() == open_.sum():
            break
        open_ &= ~low
    counts[open_] = np.floor(exact[open_]).astype(int)
    rest = total - counts.sum()
    counts[np.argsort(-np.where(open_, exact - counts, -1), kind="stable")[:rest]] += 1
    return counts


def _of_model(category: str, model: str, clips: int, seed: int, least_sessions: int) -> pd.DataFrame:
    """Sessions, recordings and clips registered under one model."""
    sessions = min(clips, max(least_sessions, round(clips / _CLIPS_A_SESSION)))
    gun = firearm(model)
    session_seed = seeds(seed, "session", gun.seed, np.arange(sessions))
    sizes = _shared(np.exp(1.2 * uniform(session_seed, "size")), clips, 1)
    clip = np.concatenate([np.arange(size) for size in sizes])
    table = pd.DataFrame(
        {
            "category": category,
            "model": model,
            "session_seed": np.repeat(session_seed, sizes),
            "clip": clip,
            # Recordings of 3 to 6 pieces.
            "recording": clip // np.repeat(3 + (4 * uniform(session_seed, "pieces")).astype(int), sizes),
        }
    )
    table["session"] = [f"{value:016x}" for value in table["session_seed"].tolist()]
    table["seed"] = seeds(table["session_seed"], "clip", table["clip"])
    return table


def _mistaken(table: pd.DataFrame, fraction: float) -> NDArray[np.object_]:
    """Which model each clip truly holds: recordings are wrong as a whole."""
    here = table[["category", "model"]].drop_duplicates()
    true = table["model"].to_numpy(object).copy()
    source = table["session_seed"].to_numpy()
    wrong = uniform(source, "wrong label", table["recording"]) < fraction
    for position in np.flatnonzero(wrong):
        category, model = table["category"].iloc[position], table["model"].iloc[position]
        others = here[here["model"] != model]
        asked = (int(source[position]), "mistaken for", int(table["recording"].iloc[position]))
        alike = others[others["category"] == category]
        if len(alike) and uniform(*asked, "category") < 0.6:
            others = alike
        if len(others):
            true[position] = others["model"].iloc[int(uniform(*asked, "which") * len(others))]
    return true


def _described(table: pd.DataFrame, difficulty: float) -> pd.DataFrame:
    """Add what is drawn once a session."""
    lines = {}
    for seed in table["session_seed"].unique().tolist():
        place = _picked(PLACES, seed, "place")
        recorder = _picked(RECORDERS, seed, "recorder")
        distance = "distance_indoors" if place == "indoor range" else "distance"
        lines[seed] = {
            "place": place,
            "distance_m": round(draw(distance, "session", seed, spread=difficulty), 2),
            "angle_deg": round(draw("angle", "session", seed, spread=difficulty), 1),
            "recorder": recorder,
            "native_rate_hz": _picked(RATES_HZ[recorder], seed, "rate"),
        }
    shared = pd.DataFrame.from_dict(lines, orient="index")
    table = table.join(shared, on="session_seed")
    number = table["clip"].map("{:03d}".format)
    table["id"] = table["session"] + "-" + table["recording"].astype(str) + "-" + number
    return table.assign(copy_of="", copy_seed=0, difficulty=float(difficulty))


def _picked(shares: dict[Any, float], seed: int, name: str) -> Any:
    ends = np.cumsum(list(shares.values()))
    return list(shares)[int(np.searchsorted(ends, uniform(seed, name) * ends[-1]))]


def _with_copies(table: pd.DataFrame, fraction: float, seed: int) -> pd.DataFrame:
    """Replace a share of the clips by copies of other clips registered under the same model."""
    rank = uniform(seed, "copy", table["session_seed"], table["clip"])
    copies = np.argsort(rank, kind="stable")[: round(fraction * len(table))]
    original = np.ones(len(table), bool)
    original[copies] = False
    sources, again = {}, {}
    for position in copies.tolist():
        key = int(table["seed"].iloc[position])
        same_model = original & (table["model"] == table["model"].iloc[position]).to_numpy()
        same_session = (table["session"] == table["session"].iloc[position]).to_numpy()
        wanted = same_model & (same_session == (uniform(key, "copy session") < 0.5))
        choice = np.flatnonzero(wanted if wanted.any() else same_model)
        if len(choice):
            sources[position] = int(choice[int(uniform(key, "copy of") * len(choice))])
            again[position] = int(seeds(key, "saved again")) if uniform(key, "copy kind") < 0.5 else 0
    to, origin = list(sources), list(sources.values())
    for name in _SOUND:
        values = table[name].to_numpy().copy()
        values[to] = values[origin]
        table[name] = values
    table.loc[table.index[to], "copy_of"] = table["id"].to_numpy()[origin]
    table.loc[table.index[to], "copy_seed"] = list(again.values())
    return table
