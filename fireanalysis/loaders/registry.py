"""Public data sets by name: source, licence, and how to fetch them with their hashes checked."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

import pooch

from fireanalysis.errors import DataError, ParameterError

_CSAFE = "https://github.com/CSAFE-ISU/cartridgeCaseScans/tree/57db259fa16128005aa54d1962c8a40ed3213988"
_CSAFE_RAW = _CSAFE.replace("github.com", "raw.githubusercontent.com").replace("tree/", "")
_NFI = "https://github.com/NetherlandsForensicInstitute/lr_module_scratch/tree/5992ec0960f332187b865f5e034f4eda4ffc07c9"
_NFI_RAW = _NFI.replace("github.com", "raw.githubusercontent.com").replace("tree/", "")
_COLLECTED = "Zemmels, J., VanderPlas, S., Hofmann, H. (2022), CSAFE-ISU/cartridgeCaseScans; scans from "


@dataclass(frozen=True)
class PublicData:
    """A data set anybody may fetch; its files and their SHA-256 are in ``registry_<name>.txt``."""

    name: str
    about: str
    licence: str
    citation: str
    source: str
    base_url: str


DATA_SETS = {
    data.name: data
    for data in (
        PublicData(
            name="cartridge-fadul",
            about="40 breech-face scans, 6.25 µm, ten consecutively made slides of one make (Ruger P95): "
            "'Fadul 4-1' is slide 4, first shot; letters are questioned cases, each of one of the ten slides",
            licence="CC BY 4.0",
            citation=f"{_COLLECTED}Fadul, T. et al. (2011), NCJRS 237960",
            source=f"{_CSAFE}/fadulProcessed",
            base_url=f"{_CSAFE_RAW}/fadulProcessed/",
        ),
        PublicData(
            name="cartridge-weller",
            about="45 breech-face scans, 6.25 µm, five consecutively made slides of one make (Ruger P95): "
            "'TW03-09' is slide 3, ninth shot",
            licence="CC BY 4.0",
            citation=f"{_COLLECTED}Weller, T. et al. (2012), Journal of Forensic Sciences 57, 912-917",
            source=f"{_CSAFE}/wellerProcessed",
            base_url=f"{_CSAFE_RAW}/wellerProcessed/",
        ),
        PublicData(
            name="comparison-scores",
            about="1 table: scores of 726 pairs of firing pin impressions of 196 pistols, which pairs are of one, "
            "three splits by weapon; the tables of other marks in data/2026 of that repository can be read, too",
            licence="Apache-2.0",
            citation="Netherlands Forensic Institute, lr_module_scratch",
            source=f"{_NFI}/data",
            base_url=f"{_NFI_RAW}/data/",
        ),
    )
}


def fetch(
    name: str,
    *,
    folder: str | os.PathLike[str] | None = None,
    base_url: str | None = None,
    timeout_s: float = 10.0,
) -> Path:
    """Fetch a public data set, or what is missing of it; files that are there and right are left alone.

    Parameters
    ----------
    name : str
        One of `DATA_SETS`.
    folder : path, optional
        Where its files go. Default: ``<name>`` in the folder that the environment variable FIREANALYSIS_DATA
        names, or in the user's cache folder.
    base_url : str, optional
        Fetch from a mirror with the same file names.
    timeout_s : float, optional
        Seconds a silent server is waited for.

    Returns
    -------
    Path
        The folder, complete: each file is written whole, after its hash was checked.

    Raises
    ------
    ParameterError
        For an unknown name.
    DataError
        If a file cannot be fetched, has another hash, or cannot be written; it says which files to put where
        by hand. What was fetched until then is kept.

    Examples
    --------
    >>> fetch("cartridge-fadule")
    Traceback (most recent call last):
    ...
    fireanalysis.errors.ParameterError: no public data set 'cartridge-fadule'
      where: fetch
      to do: choose one of cartridge-fadul, cartridge-weller, comparison-scores
    """
    if name not in DATA_SETS:
        do = f"choose one of {', '.join(DATA_SETS)}"
        raise ParameterError(f"no public data set {name!r}", where="fetch", do=do)
    data = DATA_SETS[name]
    base = os.environ.get("FIREANALYSIS_DATA") or pooch.os_cache("fireanalysis")
    target = Path(folder if folder is not None else Path(base) / name).expanduser().absolute()
    files = pooch.create(path=target, base_url=f"{(base_url or data.base_url).rstrip('/')}/")
    files.load_registry(Path(__file__).with_name(f"registry_{name}.txt"))
    download = pooch.HTTPDownloader(timeout=timeout_s)
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel("ERROR")  # a line per file otherwise
    file = ""
    try:
        for file in files.registry_files:
            files.fetch(file, downloader=download)
    except (OSError, ValueError) as error:
        raise _not_fetched(file, error, data=data, target=target, count=len(files.registry_files)) from error
    finally:
        logger.setLevel(level)
    return target


def _not_fetched(file: str, error: Exception, *, data: PublicData, target: Path, count: int) -> DataError:
    by_hand = f"get the {count} files of {data.source} ({data.licence}) by hand and put them there"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        what, do = "no room on the disk", "free some, or pass another folder, then fetch again"
    elif isinstance(error, OSError) and error.errno is not None and not hasattr(error, "response"):
        what, do = f"cannot write: {error}", "pass a folder you may write to, or set FIREANALYSIS_DATA"
    elif "hash" in str(error):
        what, do = f"what came has another hash: {error}", f"fetch again; else {by_hand}"
    else:
        what, do = f"not reached: {error}", f"fetch again with a network; else {by_hand}"
    return DataError(f"{data.name}: {file!r} could not be fetched; {what}", where=target, do=do)
