"""Search a person's own pictures by a picture: a table of the nearest, as CSV or as a page with pictures."""

from __future__ import annotations

import base64
import html
import os
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import cv2
import pandas as pd

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import read_picture
from fireanalysis.transforms import resize_longer

from .describer import Describer
from .picture_folder import network_of
from .picture_index import PictureIndex
from .segment_file import _whole

_THUMBNAIL = 200  # pixels of the longer side
_QUALITY = 80
_STYLE = """body { font-family: sans-serif; margin: 2em; max-width: 1000px }
figure { display: inline-block; width: 200px; margin: 0 12px 16px 0; vertical-align: top }
figcaption { font-size: 13px; overflow-wrap: anywhere }"""


class Found(NamedTuple):
    """The pictures of an index that are nearest to one picture.

    Attributes
    ----------
    table : DataFrame
        One row a picture, best first: rank, score (cosine, 1 for the same descriptor), file, folder (its own, relative
        to the indexed one), identical (it shows the query's pixels).
    root : Path
        The folder that was indexed.
    network : Describer
    notes : tuple of str
        What a reader should know of the query and the list.
    """

    table: pd.DataFrame
    root: Path
    network: Describer
    notes: tuple[str, ...]


def search_pictures(
    picture: str | os.PathLike[str],
    index: str | os.PathLike[str],
    *,
    top: int = 10,
    approximate: bool = False,
    out: str | os.PathLike[str] | None = None,
) -> Found:
    """Find the pictures of an index that are nearest to a picture file.

    Parameters
    ----------
    picture : path
    index : path
        Of `index_folder`.
    top : int
    approximate : bool
        Search only a part of the index, as measured when it was built.
    out : path, optional
        Also write what was found: a table (.csv), or a page that shows the pictures (.html).

    Returns
    -------
    Found

    Raises
    ------
    DataError
        If the picture cannot be read; if there is no index, or it is damaged, empty, or made by another network.
    ParameterError
        If `top` is below 1, the index has no approximate part, or `out` ends in something else.
    RunError
        If `out` cannot be written.
    """
    target = None if out is None else Path(out)
    if target is not None and target.suffix.lower() not in (".csv", ".html"):
        what = f"a file ending in {target.suffix!r}"
        raise ParameterError(what, where=target, do="pass a name that ends in .csv or .html")
    opened = PictureIndex.open(index)
    by = network_of(index)
    opened.check_network(by.identity)
    query = by.read(Path(picture))
    scores, ids = (part[0] for part in opened.search(by.describe([query]), k=top, approximate=approximate))
    there = ids >= 0
    facts = opened.facts.loc[ids[there]]
    table = pd.DataFrame(
        {"rank": range(1, len(facts) + 1), "score": scores[there], "file": facts["file"].to_numpy()}
    )
    table["folder"] = [str(PurePosixPath(file).parent) for file in table["file"]]
    table["identical"] = (facts["pixels"] == query.pixels).to_numpy()
    notes = (*query.notes, *_notes(opened, table, top, approximate))
    found = Found(table, Path(opened.about["root"]), by, notes)
    if target is not None:
        is_table = target.suffix.lower() == ".csv"
        text = table.to_csv(index=False, float_format="%.6g") if is_table else _page(found, Path(picture))
        _whole(target, text.encode())
    return found


def _notes(index: PictureIndex, table: pd.DataFrame, top: int, approximate: bool) -> list[str]:
    notes = []
    if not index.about["complete"]:
        notes.append("the index is not complete: its making was stopped; make it again to continue")
    if len(index) < top:
        notes.append(f"the index holds no more than {len(index)} pictures")
    if approximate:
        notes.append(f"approximate: {index.about['approximate']['recall']:.1%} of the ten nearest are found")
    if table["identical"].any():
        notes.append(f"{table['identical'].sum()} of the pictures found show the very pixels of the query")
    others = table.loc[~table["identical"], "score"]
    if len(others) and (usual := index.about.get("nearest")):
        low, middle, high = usual
        said = f"the nearest other picture scores {others.iloc[0]:.3f}; among themselves the index's pictures have "
        said += f"their nearest at {low:.3f} to {high:.3f} (5 % to 95 %, median {middle:.3f})"
        below = ": perhaps nothing like the query is in the index" if others.iloc[0] < low else ""
        notes.append(said + below)
    return notes


def _page(found: Found, picture: Path) -> str:
    title = f"Nearest to {picture.name}"
    lines = [*found.network.said(), *found.notes]
    shown = [_figure(picture, "query")]
    for row in found.table.itertuples():
        same = ", the same pixels" if row.identical else ""
        shown.append(
            _figure(
                found.root / str(row.file),
                f"{row.rank}: {row.score:.3f}{same}<br>{html.escape(str(row.file))}",
            )
        )
    return "\n".join(
        [
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>',
            f"<style>{_STYLE}</style></head><body><h1>{html.escape(title)}</h1><ul>",
            *(f"<li>{html.escape(line)}</li>" for line in lines),
            "</ul>",
            *shown,
            "</body></html>",
        ]
    )


def _figure(path: Path, caption: str) -> str:
    try:
        image = read_picture(path).image
    except DataError as error:  # moved or changed since it was indexed
        return f"<figure><p>{html.escape(error.what)}</p><figcaption>{caption}</figcaption></figure>"
    small = resize_longer(image, longer=_THUMBNAIL) if max(image.shape) > _THUMBNAIL else image
    _, content = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    data = base64.b64encode(content.tobytes()).decode()
    return (
        f'<figure><img src="data:image/jpeg;base64,{data}" alt=""><figcaption>{caption}</figcaption></figure>'
    )
