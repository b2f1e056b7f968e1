"""Read one measured surface, whatever format it comes in, as heights in micrometres."""

from __future__ import annotations

import math
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fireanalysis.errors import DataError, ParameterError

from . import units, x3p

SURFACE_SUFFIXES = (".x3p", ".npy", ".png", ".tif", ".tiff")
_ONE_THREAD = threading.Lock()  # warning filters and stderr belong to the whole process


@dataclass(frozen=True, eq=False)
class Surface:
    """Heights of a surface on a square grid.

    Parameters
    ----------
    heights_um : ndarray of float32, shape (rows, columns)
        Heights in micrometres above any plane; NaN where nothing was measured.
    pixel_size_um : float
        Distance of neighbouring points, in micrometres.
    name : str
        For titles.
    source : {"real", "simulated"}
        Where it comes from.
    notes : tuple of str, optional
        What was corrected or read in a certain way, and why.
    """

    heights_um: NDArray[np.float32]
    pixel_size_um: float
    name: str
    source: Literal["real", "simulated"] = "real"
    notes: tuple[str, ...] = ()


def read_surface(
    path: str | os.PathLike[str], *, pixel_size_um: float | None = None, height_scale_um: float | None = None
) -> Surface:
    """Read a scan: X3P, NumPy array, 16-bit PNG or TIFF, float TIFF.

    Parameters
    ----------
    path : str or path
        File ending in .x3p, .npy, .png, .tif or .tiff.
    pixel_size_um : float, optional
        Distance of neighbouring points in micrometres. X3P files state it; the others need it.
    height_scale_um : float, optional
        Micrometres for one unit of the stored numbers (1000 if they are millimetres). X3P files are in
        metres; the others need it. Given for an X3P file, either of the two overrules what the file says.

    Returns
    -------
    Surface
        Heights in micrometres. Missing points are NaN: NaN and masked points of the file, and the value 0 of
        16-bit pictures, which have no other way to say it.

    Raises
    ------
    DataError
        For a file that is missing, damaged, of another kind, without valid points, with infinite heights, a
        relief above 10 mm, or pixels outside 0.05-100 µm or not square: one error, never part of a surface.
    ParameterError
        For a scale that is not a number above 0.

    Notes
    -----
    An X3P file must be in metres, and some are not. Where numbers have one sensible reading only, as
    micrometres, they are read so and `Surface.notes` says it (limits and reasons: ``loaders/units.py``);
    doubtful files are refused.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(Path(folder) / "scan.npy", np.array([[0.0, 0.5], [np.nan, 1.5]]))
    ...     surface = read_surface(Path(folder) / "scan.npy", pixel_size_um=6.25, height_scale_um=10)
    >>> surface.heights_um.tolist(), surface.pixel_size_um
    ([[0.0, 5.0], [nan, 15.0]], 6.25)
    """
    for name, value in (("pixel_size_um", pixel_size_um), ("height_scale_um", height_scale_um)):
        if value is not None and not (isinstance(value, int | float | np.number) and 0 < value < math.inf):
            what = f"{name} is {value!r}; it must be a number above 0"
            raise ParameterError(what, where=path, do="state it in micrometres")
    file = _existing_file(path)
    notes: list[str] = []
    if file.suffix.lower() == ".x3p":
        scan = x3p.read(file)
        stored, notes = scan.heights, list(scan.notes)
        if pixel_size_um is None:
            pixel_size_um, note = units.pixel_size_from(scan.increment_x, scan.increment_y, where=file)
            notes += [note] if note else []
        if height_scale_um is None:
            height_scale_um, note = units.height_scale_from(stored, where=file)
            notes += [note] if note else []
    elif pixel_size_um is None or height_scale_um is None:
        raise DataError(
            f"{file.suffix} files do not say how large a pixel and how high a unit is",
            where=file,
            do="pass pixel_size_um and height_scale_um (micrometres per pixel and per stored unit), "
            "or give both as columns of the folder's manifest.csv",
        )
    else:
        stored = _decoded(file)
        if stored.dtype == np.uint16 and file.suffix.lower() != ".npy" and not stored.all():
            stored = np.where(stored == 0, np.nan, stored)
            notes = ["points of grey value 0 read as missing"]
    with np.errstate(all="ignore"):  # R writes missing points as signalling NaN; inf is refused below
        heights = units.checked_heights(stored * float(height_scale_um), where=file)
    return Surface(
        heights, units.checked_pixel_size(pixel_size_um, where=file), file.stem, notes=tuple(notes)
    )


def _existing_file(path: object) -> Path:
    try:
        file = Path(path)  # type: ignore[arg-type]
        what = "is a folder, not a file" if file.is_dir() else "no such file"
        if file.is_file():
            file.open("rb").close()
            if file.suffix.lower() in SURFACE_SUFFIXES:
                return file
            what = f"the ending is {file.suffix!r}; it must be one of {' '.join(SURFACE_SUFFIXES)}"
    except TypeError:
        what = f"a path must be text, not {type(path).__name__}"
    except (OSError, ValueError) as error:
        what = f"the file cannot be opened: {getattr(error, 'strerror', None) or error}"
    raise DataError(what, where=path, do="check the path and its rights")


def _decoded(file: Path) -> NDArray[Any]:
    """Numbers of a NumPy file or picture as they are stored."""
    try:
        with _ONE_THREAD, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if file.suffix.lower() == ".npy":
                return _npy(file)
            if file.suffix.lower() == ".png":
                return _picture(file, "PNG")
            with _no_stderr():
                return _picture(file, "TIFF")
    except DataError:
        raise
    except Exception as error:  # decoders raise anything on damaged files, KeyError and SyntaxError among it
        what = f"no readable {file.suffix} file: {error or type(error).__name__}"
        raise DataError(what, where=file, do="export or copy the scan again") from error


def _npy(file: Path) -> NDArray[Any]:
    # Mapped, not loaded: a header that claims more than the file holds fails before any memory is taken.
    stored = np.lib.format.open_memmap(file, mode="r")
    if stored.dtype.kind not in "iuf" or stored.ndim != 2 or stored.size > units.MAX_POINTS:
        what = f"{stored.dtype} of shape {stored.shape}; it must be real numbers, rows x columns"
        do = f"save one array of heights per file with numpy.save, at most {units.MAX_POINTS} points"
        raise DataError(what, where=file, do=do)
    return np.array(stored)


def _picture(file: Path, kind: str) -> NDArray[Any]:
    with Image.open(file, formats=[kind]) as picture:
        # Older Pillow opens 16-bit PNG as mode I; TIFF of mode I has 32 bits.
        sixteen = picture.mode.startswith("I;16") or (picture.mode == "I" and kind == "PNG")
        found = f"{kind} of mode {picture.mode}, {picture.width} x {picture.height}"
        if not (sixteen or picture.mode == "F") or getattr(picture, "n_frames", 1) != 1:
            what = f"{found}; it must be 16-bit grey (or float TIFF), one page"
            raise DataError(what, where=file, do="export heights as one 16-bit grey picture")
        size = file.stat().st_size
        if picture.width * picture.height > min(units.MAX_POINTS, units.MAX_RATIO * size):
            what = f"{found}: more than {units.MAX_POINTS} points, or than {size} bytes can hold"
            raise DataError(what, where=file, do="export it again, cropped if it is so large")
        return np.asarray(picture).astype(np.uint16 if sixteen else np.float64)


@contextmanager
def _no_stderr() -> Iterator[None]:
    """Drop what libtiff prints about a damaged file; Pillow raises as well."""
    stderr = os.dup(2)
    try:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
