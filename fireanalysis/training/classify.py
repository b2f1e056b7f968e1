"""Two trained stages listen to a recording of any length: what they say of each piece that holds a shot."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DataSet, Recording, read_blocks
from fireanalysis.transforms import CLIP_S, detect_onsets, log_spectrogram, shrink_spectrogram
from fireanalysis.transforms.spectrogram import BINS, FRAMES

from .two_stage import TwoStage

_BLOCK_S = 10.0  # read at a time while looking for shots
_PIECES = 32  # classified at a time
_LOW_RATE_HZ = 16_000
_FULL_SCALE = 0.999
_COLUMNS = ["category", "category_probability", "model", "probability"]


class Shots(NamedTuple):
    """What two stages say of a recording.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a piece of two seconds that holds a shot: time_s (of its first shot, from the start of the recording),
        category and category_probability (stage 1), model and probability (soft gating), uncertain (bool: the model
        is not to be asserted). Empty if no shot was found.
    notes : tuple of str
        What was done to the sound, and what a reader should know of it.
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def classify_recording(
    sound: str | os.PathLike[str] | Recording,
    two_stage: TwoStage,
    *,
    uncertain_below: float | None = None,
    every_piece: bool = False,
) -> Shots:
    """Find the shots of a recording and say which category and model each piece of two seconds sounds like.

    A file is read twice, block by block: an hour of it takes no more memory than a minute.

    Parameters
    ----------
    sound : path or Recording
        WAV, FLAC, Ogg or MP3 file of any sample rate and channel count, or what `read_audio` gives.
    two_stage : TwoStage
    uncertain_below : float, optional
        Models of lower probability are uncertain; 0 asserts all of them, 1 none. By default the threshold that was
        learned with the networks (``about["threshold"]``); all are uncertain if there is none.
    every_piece : bool, optional
        Also pieces in which no shot is found, such as one cut out of a burst; their time is that of their start.

    Returns
    -------
    Shots

    Raises
    ------
    DataError
        For a file that cannot be read, or a sound that is silence.
    ParameterError
        If `uncertain_below` is outside 0 to 1.

    Notes
    -----
    Source: sections "Audio Segmentation" (consecutive pieces of two seconds) and "Inference Process". A last piece
    that is shorter is followed by silence, where the paper skips it. Any bang counts as a shot, and every shot gets
    the name of a model the networks know, whatever fired it: hence the threshold. It narrows a search and identifies
    nobody.
    """
    learned = two_stage.about.get("threshold", 1.0)
    limit = learned if uncertain_below is None else uncertain_below
    if not 0 <= limit <= 1:
        raise ParameterError(
            f"uncertain_below is {limit}", where="classify_recording", do="pass a probability, 0 to 1"
        )
    heard = _Heard(_blocks(sound, block_s=_BLOCK_S))
    onsets_s = detect_onsets(heard.signals(), sample_rate_hz=heard.rate_hz)
    if heard.low == heard.high:
        what = f"silent: all {heard.samples} samples are {heard.low:g}"
        raise DataError(what, where=_name(sound), do="choose a recording with sound in it")
    length = round(CLIP_S * heard.rate_hz)
    piece_of = pd.Series((onsets_s * heard.rate_hz // length).astype(int))
    times_s = pd.Series(onsets_s).groupby(piece_of).first()
    if every_piece:
        starts = np.arange(0, heard.samples, length)
        times_s = times_s.combine_first(pd.Series(starts / heard.rate_hz))
    wanted = set(times_s.index)
    pieces = (
        Recording(signal * heard.scale, heard.rate_hz, _name(sound), "real")
        for number, (signal, _) in enumerate(_blocks(sound, block_s=CLIP_S))
        if number in wanted
    )
    said = [_said(two_stage, part) for part in iter(lambda: list(islice(pieces, _PIECES)), [])]
    table = pd.DataFrame(np.concatenate(said) if said else [], columns=_COLUMNS).infer_objects()
    table.insert(0, "time_s", times_s.to_numpy())
    table["uncertain"] = (table["probability"] < limit) | (limit >= 1)
    return Shots(table, heard.notes(shots=len(onsets_s), filled_up=heard.samples // length in wanted))


def introduce(two_stage: TwoStage) -> tuple[str, ...]:
    """Say what a reader of two stages' answers must know: what they learned from, how often they are wrong.

    Parameters
    ----------
    two_stage : TwoStage
        Its `about` holds, as notebook 24 writes it: source, trained_on (clips, sessions), held_out (clips, sessions,
        "accuracy of category", "accuracy of model", "accuracy of answered" as shares with both ends of an interval,
        answered) and threshold. What is missing is said to be unknown.

    Returns
    -------
    tuple of str
        Lines.
    """
    about, count = two_stage.about, len(two_stage.stage_one.classes)
    learned, tested = about.get("trained_on", {}), about.get("held_out", {})
    source = {"simulated": "SIMULATED gunshots only", "real": "recordings of gunshots"}
    lines = [
        f"{len(two_stage.models)} models of {count} categories, learned from "
        f"{source.get(about.get('source', ''), 'an UNKNOWN source')}: "
        f"{learned.get('clips', '?')} clips of {learned.get('sessions', '?')} sessions"
    ]
    if about.get("source") == "simulated":
        lines.append("how often they are wrong about real recordings is NOT KNOWN from simulated ones")
    if not tested:
        lines.append(
            "how often they are wrong is NOT KNOWN: nothing about held-out sessions was kept with them"
        )
    else:
        lines.append(
            f"on {tested['clips']} clips of {tested['sessions']} held-out sessions: category wrong in "
            f"{_errors(tested['accuracy of category'])}, model in {_errors(tested['accuracy of model'])}"
        )
        if tested["accuracy of answered"]:
            lines.append(
                f"from a probability of {about['threshold']:.2f} on, {tested['answered']:.0%} of them have an "
                f"answer, wrong in {_errors(tested['accuracy of answered'])}"
            )
    lines.append(
        "a firearm they do not know gets the name of one they do; this narrows a search, it identifies nobody"
    )
    return tuple(lines)


def spectrogram_set(sounds: Sequence[Recording], *, shape: tuple[int, ...]) -> DataSet[NDArray[np.float32]]:
    """Bring the first two seconds of some sounds into the form that a network of that input shape was trained on.

    Parameters
    ----------
    sounds : sequence of Recording
        Shorter ones are followed by silence.
    shape : (int, int)
        Of the training's spectrograms: (512 // k, 345 // k), as `keep_spectrograms` shrinks them.

    Returns
    -------
    DataSet of float32
        Label "model", not known.

    Raises
    ------
    ParameterError
        If no shrinking gives that shape.
    """
    factor = max(BINS // shape[0], 1)
    if (BINS // factor, FRAMES // factor) != tuple(shape):
        raise ParameterError(
            f"the networks take {shape[0]} × {shape[1]} points; spectrograms have {BINS} // k × {FRAMES} // k",
            where="spectrogram_set",
            do="use networks trained on what keep_spectrograms gives",
        )
    maps = [
        shrink_spectrogram(log_spectrogram(sound.signal, sound.sample_rate_hz), factor=factor)
        for sound in sounds
    ]
    table = pd.DataFrame({"model": "not known", "clip": range(len(maps))})
    read = partial(_read, maps=np.stack(maps))
    return DataSet(table, read, "model", "clip", sounds[0].source, sounds[0].name)


class _Heard:
    """Blocks of a recording on their way to someone else, and what was noticed of them."""

    def __init__(self, blocks: Iterator[tuple[NDArray[np.float32], int]]) -> None:
        block, self.rate_hz = next(blocks)
        self._blocks = chain([(block, self.rate_hz)], blocks)
        self.samples, self.full, self.low, self.high = 0, 0, np.inf, -np.inf

    def signals(self) -> Iterator[NDArray[np.float32]]:
        """Hand on the signals."""
        for signal, _ in self._blocks:
            self.samples += len(signal)
            self.full += int(np.count_nonzero(np.abs(signal) >= _FULL_SCALE))
            self.low, self.high = min(self.low, signal.min()), max(self.high, signal.max())
            yield signal

    @property
    def scale(self) -> np.float32:
        """What the sound is multiplied by, as `read_audio` does if its peak is above 1."""
        return np.float32(1 / max(self.high, -self.low, 1))

    def notes(self, *, shots: int, filled_up: bool) -> tuple[str, ...]:
        """Say what was found and done."""
        seconds = self.samples / self.rate_hz
        notes = [f"{shots} shot{'' if shots == 1 else 's'} found in {seconds:.1f} s of sound"]
        if filled_up:
            notes.append(
                f"its last {seconds % CLIP_S:.2f} s are followed by silence: networks hear {CLIP_S:g} s"
            )
        if self.rate_hz < _LOW_RATE_HZ:
            notes.append(f"sampled at {self.rate_hz} Hz: nothing above {self.rate_hz // 2} Hz can be heard")
        if self.scale < 1:
            notes.append(f"its peak of {1 / self.scale:.3g} scaled to 1")
        if self.full:
            notes.append(f"clipped: {100 * self.full / self.samples:.2g} % of the samples at full scale")
        return tuple(notes)


def _blocks(
    sound: str | os.PathLike[str] | Recording, *, block_s: float
) -> Iterator[tuple[NDArray[np.float32], int]]:
    if not isinstance(sound, Recording):
        yield from read_blocks(sound, block_s=block_s)
        return
    step = round(block_s * sound.sample_rate_hz)
    for start in range(0, max(len(sound.signal), 1), step):
        yield sound.signal[start : start + step], sound.sample_rate_hz


def _said(two_stage: TwoStage, pieces: list[Recording]) -> NDArray[np.object_]:
    """Rows of `_COLUMNS`."""
    routed = two_stage.predict(spectrogram_set(pieces, shape=two_stage.stage_one.shape))
    said = routed.soft_probabilities
    best, row = said.argmax(1), np.arange(len(said))
    of_best = routed.category_of[best]
    sure = routed.category_probabilities[row, of_best].astype(float), said[row, best].astype(float)
    columns = routed.categories[of_best], sure[0], routed.models[best], sure[1]
    return np.column_stack([column.astype(object) for column in columns])


def _errors(accuracy: Sequence[float]) -> str:
    value, low, high = accuracy
    return f"{1 - value:.0%} ({1 - high:.0%} to {1 - low:.0%})"


def _read(rows: pd.DataFrame, *, maps: NDArray[np.float32]) -> NDArray[np.float32]:
    return maps[rows["clip"]]


def _name(sound: str | os.PathLike[str] | Recording) -> str:
    return sound.name if isinstance(sound, Recording) else os.fspath(sound)
