"""X3P scans (ISO 25178-72): the container is checked here, the library decodes the points.

An X3P file is a zip with a small main.xml and a large bindata/data.bin. Files come from strangers, and the
decoder believes sizes and XML (deeply nested XML ends the whole process). So sizes, links and numbers are
checked first, and the library is given a fresh container with a fresh main.xml made from them.
"""

from __future__ import annotations

import hashlib
import lzma
import re
import shutil
import struct
import tempfile
import xml.etree.ElementTree as ET
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import verity_x3p
from numpy.typing import NDArray

from fireanalysis.errors import DataError

from .units import MAX_POINTS, MAX_RATIO

_MEGABYTE = 1 << 20
_POINT_BYTES = {"I": 2, "L": 4, "F": 4, "D": 8}
_DAMAGED = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError,
            struct.error, ET.ParseError)  # fmt: skip

_MAIN_XML = """<p:ISO5436_2 xmlns:p="http://www.opengps.eu/2008/ISO5436_2">
<Record1><Revision>ISO5436 - 2000</Revision><FeatureType>SUR</FeatureType><Axes>
<CX><AxisType>I</AxisType><DataType>D</DataType><Increment>{x!r}</Increment></CX>
<CY><AxisType>I</AxisType><DataType>D</DataType><Increment>{y!r}</Increment></CY>
<CZ><AxisType>A</AxisType><DataType>{z_type}</DataType><Increment>{z!r}</Increment>
<Offset>{z_offset!r}</Offset></CZ></Axes></Record1>
<Record3><MatrixDimension><SizeX>{columns}</SizeX><SizeY>{rows}</SizeY><SizeZ>1</SizeZ></MatrixDimension>
<DataLink><PointDataLink>bindata/data.bin</PointDataLink>{md5}</DataLink></Record3></p:ISO5436_2>"""


@dataclass(frozen=True)
class Scan:
    """What an X3P file says; lengths should be metres, but need not be."""

    heights: NDArray[np.float64]
    increment_x: float
    increment_y: float
    notes: tuple[str, ...]


def read(path: Path) -> Scan:
    """Read the heights as the file gives them, missing points NaN."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            return _X3P(path, archive).scan(Path(folder) / "checked.x3p")
    except _DAMAGED as error:
        raise _bad(path, f"no readable X3P file: {error or type(error).__name__}") from error


def _bad(path: Path, what: str, do: str = "export or copy the scan again, or leave it out") -> DataError:
    return DataError(what, where=path, do=do)


class _X3P:
    """One opened container: its members by name and its main.xml."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path, self.archive = path, archive
        self.members: dict[str, zipfile.ZipInfo] = {}
        for info in archive.infolist():
            name = PurePosixPath(info.filename.replace("\\", "/"))  # some Windows programs write backslashes
            if name.is_absolute() or ".." in name.parts:
                raise _bad(path, f"the zip holds a path that leads out of it: {info.filename!r}")
            if info.filename.endswith("/") or "__MACOSX" in name.parts or name.name.startswith("._"):
                continue
            if str(name) in self.members:
                raise _bad(path, f"the zip holds {str(name)!r} twice")
            self.members[str(name)] = info
        mains = [name for name in self.members if PurePosixPath(name).name == "main.xml"]
        if len(mains) != 1:
            raise _bad(path, f"the zip holds {len(mains)} files main.xml; there must be one")
        self.base = PurePosixPath(mains[0]).parent
        self.root = self._xml(self.members[mains[0]])

    def scan(self, copy: Path) -> Scan:
        columns, rows = self.size("SizeX"), self.size("SizeY")
        if columns * rows > MAX_POINTS:
            what = f"SizeX {columns} x SizeY {rows}; at most {MAX_POINTS} points can be read"
            raise _bad(self.path, what, "crop or downsample the scan")
        kind, layers = self.text("FeatureType", "SUR"), self.text("SizeZ", "1")
        axes = {self.text(f"{axis}/{{*}}AxisType", "I") for axis in ("CX", "CY")}
        if kind != "SUR" or layers != "1" or axes != {"I"}:
            what = f"FeatureType {kind}, SizeZ {layers}, AxisType {' '.join(axes)}; SUR, 1 and I can be read"
            raise _bad(self.path, what, "export the scan as one surface on a regular grid")
        z_type = self.text("CZ/{*}DataType", "D")
        if z_type not in _POINT_BYTES:
            raise _bad(self.path, f"data type {z_type[:60]!r}; the standard knows {' '.join(_POINT_BYTES)}")
        z, z_offset = self.number("CZ/{*}Increment", "1"), self.number("CZ/{*}Offset", "0")
        x, y = self.number("CX/{*}Increment"), self.number("CY/{*}Increment")
        md5 = self.md5("MD5ChecksumPointData")
        md5 = md5 and f"<MD5ChecksumPointData>{md5}</MD5ChecksumPointData>"
        points = self.member("PointDataLink", "bindata/data.bin", size=columns * rows * _POINT_BYTES[z_type])
        with zipfile.ZipFile(copy, "w") as checked:
            main = _MAIN_XML.format_map(
                {"x": x, "y": y, "z_type": z_type, "z": z, "z_offset": z_offset,
                 "columns": columns, "rows": rows, "md5": md5}
            )  # fmt: skip
            checked.writestr("main.xml", main)
            with self.archive.open(points) as source, checked.open("bindata/data.bin", "w") as target:
                shutil.copyfileobj(source, target, _MEGABYTE)
        heights = verity_x3p.read_x3p(str(copy), verify_checksums=True).data
        if self.text("ValidPointsLink"):
            heights[~self.valid_points(rows, columns)] = np.nan
        unused = z_type in "FD" and (z not in (0, 1) or z_offset != 0)
        note = f"Z increment {z:g} and offset {z_offset:g} not applied: heights are floating-point numbers"
        return Scan(heights, x, y, (note,) if unused else ())

    def valid_points(self, rows: int, columns: int) -> NDArray[np.bool_]:
        """One bit per point, lowest bit first; integer heights have no other way to say missing."""
        mask = self.archive.read(self.member("ValidPointsLink", "", size=(columns * rows + 7) // 8))
        if self.md5("MD5ChecksumValidPoints") not in (
            "",
            hashlib.md5(mask, usedforsecurity=False).hexdigest(),
        ):
            raise _bad(self.path, "the checksum of the valid points is wrong")
        bits = np.unpackbits(np.frombuffer(mask, np.uint8), count=columns * rows, bitorder="little")
        return bits.reshape(rows, columns).astype(bool)

    def text(self, name: str, default: str = "") -> str:
        """Text of the first element of that name, in whatever namespace."""
        return (self.root.findtext(f".//{{*}}{name}") or "").strip() or default

    def size(self, name: str) -> int:
        text = self.text(name)
        if not re.fullmatch("[0-9]{1,10}", text) or int(text) < 2:
            raise _bad(self.path, f"{name} is {text[:60]!r}; it must be a whole number above 1")
        return int(text)

    def number(self, name: str, default: str = "") -> float:
        text = self.text(name, default)
        try:
            return float(text)
        except ValueError:
            what = f"{name.replace('{*}', '')} is {text[:60]!r}; it must be a number"
            raise _bad(self.path, what) from None

    def md5(self, name: str) -> str:
        text = self.text(name).lower()
        if text and not re.fullmatch("[0-9a-f]{32}", text):
            raise _bad(self.path, f"{name} is {text[:60]!r}; it must have 32 digits 0-9 a-f")
        return text

    def member(self, link: str, default: str, *, size: int) -> zipfile.ZipInfo:
        """Linked file of exactly that size."""
        name = self.text(link, default).replace("\\", "/")
        info = self.members.get(str(self.base / name))
        if info is None:
            raise _bad(self.path, f"no {name} in the zip; there are {', '.join(self.members)[:200]}")
        if info.file_size != size:
            what = f"{name} has {info.file_size} bytes; size and data type in main.xml need {size}"
            raise _bad(self.path, what)
        if size > max(_MEGABYTE, MAX_RATIO * info.compress_size):
            raise _bad(self.path, f"{name} unpacks to more than {MAX_RATIO} times its size; no scan does")
        return info

    def _xml(self, info: zipfile.ZipInfo) -> ET.Element:
        if info.file_size > _MEGABYTE:
            raise _bad(self.path, f"main.xml has {info.file_size} bytes; {_MEGABYTE} is the limit")
        raw = self.archive.read(info)
        try:
            text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")  # only names and comments are outside ASCII; none of them is used
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            raise _bad(self.path, "main.xml declares a document type or entities")
        return ET.fromstring(text)
