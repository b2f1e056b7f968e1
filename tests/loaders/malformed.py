"""Damaged, hostile and mistaken surface files, each made from a good one."""

import io
import pickle
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import verity_x3p
from PIL import Image

ROWS, COLUMNS = 24, 20
WRONG_SIZES = ["", "-20", "0", "1", "20.0", "1e3", "20 000", "1000000000", "9" * 5000, "0x14", "twenty", "٢٠"]
WRONG_INCREMENTS = [
    "",
    "0",
    "nan",
    "-6.25e-6",
    "abc",
    "1",
    "1.0",
    "inf",
    "6,25e-6",
    "1e-9",
    "2e-4",
    "0.00625",
]


def good_heights() -> np.ndarray:
    rng = np.random.default_rng(7)
    heights = rng.normal(size=(ROWS, COLUMNS)).cumsum(axis=1) * 1e-6
    heights[:3, :4] = np.nan
    return heights


def write_good(path: Path, *, heights=None, z_type: str = "D", x=6.25e-6, y=None) -> Path:
    heights = good_heights() if heights is None else heights
    y = x if y is None else y
    verity_x3p.write_x3p(verity_x3p.Surface(heights, increment_x=x, increment_y=y), str(path), z_type=z_type)
    return path


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, content: dict[str, bytes], *, deflate: bool = True) -> Path:
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return path


def edit_xml(path: Path, change: Callable[[str], str], *, encoding: str = "utf-8") -> Path:
    content = members(path)
    before = content["main.xml"].decode()
    after = change(before)
    assert after != before, "the edit changed nothing"
    return pack(path, content | {"main.xml": after.encode(encoding)})


def with_tag(path: Path, tag: str, text: str, *, axis: str = "") -> Path:
    """Set the text of the first element of that name (below CX, CY or CZ if one is given)."""
    pattern = rf"(<{axis}>.*?<{tag}>)[^<]*(</{tag}>)" if axis else rf"(<{tag}>)[^<]*(</{tag}>)"
    return edit_xml(path, lambda xml: re.sub(pattern, rf"\g<1>{text}\g<2>", xml, count=1, flags=re.DOTALL))


def x3p_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of broken X3P files."""

    def new(name: str, **options) -> Path:
        return write_good(folder / f"{name}.x3p", **options)

    good = new("good").read_bytes()
    content = members(folder / "good.x3p")
    points = content["bindata/data.bin"]

    def raw(name: str, data: bytes) -> tuple[str, Path]:
        (folder / f"{name}.x3p").write_bytes(data)
        return name, folder / f"{name}.x3p"

    def packed(name: str, changed: dict[str, bytes], **options) -> tuple[str, Path]:
        return name, pack(folder / f"{name}.x3p", changed, **options)

    for part in (0, 1, 3, 30, 100, len(good) // 2, len(good) - 60, len(good) - 1):
        yield raw(f"truncated at {part}", good[:part])
    directory = good.index(b"PK\x01\x02")
    for offset, what in ((0, "signature"), (10, "method"), (20, "packed size"), (24, "size"), (42, "place")):
        flipped = bytearray(good)
        flipped[directory + offset] ^= 0x41
        yield raw(f"directory with a wrong {what}", bytes(flipped))
    flipped = bytearray(pack(folder / "flat.x3p", content, deflate=False).read_bytes())
    flipped[flipped.index(points[200:260])] ^= 0xFF
    yield raw("a bit of the points flipped", bytes(flipped))
    yield raw("front half lost", good[len(good) // 2 :])
    yield raw("text", b"heights\n1 2 3\n" * 50)
    yield raw("random bytes", np.random.default_rng(0).bytes(5000))
    yield raw("PNG called X3P", png(np.ones((8, 8), np.uint16)))
    buffer = io.BytesIO()
    np.savez(buffer, heights=good_heights())
    yield raw("npz called X3P", buffer.getvalue())
    yield raw("gzip called X3P", b"\x1f\x8b" + zlib.compress(good))

    yield packed("no data.bin", {"main.xml": content["main.xml"]})
    yield packed("no main.xml", {"bindata/data.bin": points})
    yield packed("empty zip", {})
    yield packed("two main.xml", content | {"copy/main.xml": content["main.xml"]})
    yield packed("main.xml empty", content | {"main.xml": b""})
    yield packed("main.xml cut", content | {"main.xml": content["main.xml"][:400]})
    yield packed("main.xml binary", content | {"main.xml": bytes(range(256))})
    yield packed("main.xml of another kind", content | {"main.xml": b"<html><body>not found</body></html>"})
    yield packed("main.xml of 60 MB", content | {"main.xml": b"<a>" + b" " * 60_000_000 + b"</a>"})
    yield packed("path up and out", content | {"../../etc/passwd": b"x"})
    yield packed("absolute path", content | {"/etc/passwd": b"x"})
    yield packed("path up and out, backslashes", content | {"..\\..\\evil": b"x"})
    yield packed("one point short", content | {"bindata/data.bin": points[:-8]})
    yield packed("one point over", content | {"bindata/data.bin": points + b"\0" * 8})
    yield packed("half a point over", content | {"bindata/data.bin": points + b"\0" * 4})
    yield packed("no points", content | {"bindata/data.bin": b""})
    yield packed("points exchanged, checksum not", content | {"bindata/data.bin": points[::-1]})

    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(9))
    empty = "<Comment></Comment>"
    for name, doctype, reference in (
        ("billion laughs", f"<!DOCTYPE x [{entities}]>", "&e8;"),
        ("external entity", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>', "&e;"),
        ("external document type", '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', ""),
    ):
        xml = content["main.xml"].decode().partition("?>")[2]
        xml = f"{doctype}\n{xml.replace(empty, f'<Comment>{reference}</Comment>')}"
        for encoding in ("utf-8", "utf-16"):
            yield packed(f"{name}, {encoding}", content | {"main.xml": xml.encode(encoding)})
    for size in WRONG_SIZES:
        yield f"SizeX {size[:12]}", with_tag(new(f"SizeX {hash(size)}"), "SizeX", size)
    yield "SizeY 10^9", with_tag(new("sizey"), "SizeY", "1000000000")
    yield "SizeX and SizeY exchanged with another size", with_tag(new("swap"), "SizeX", str(ROWS))
    yield "SizeZ 2", with_tag(new("sizez"), "SizeZ", "2")
    yield "profile", with_tag(new("profile"), "FeatureType", "PRF")
    yield "point cloud axis", with_tag(new("axis"), "AxisType", "A", axis="CX")
    for increment in WRONG_INCREMENTS:
        path = new(f"inc {increment.replace('.', '_')}")
        path = with_tag(path, "Increment", increment, axis="CX")
        yield f"increments {increment!r}", with_tag(path, "Increment", increment, axis="CY")
    yield "pixels not square", new("oblong", y=3.125e-6)
    yield "pixels 1 % off square", new("oblong2", y=6.3125e-6)
    path = edit_xml(new("noinc"), lambda xml: xml.replace("<Increment>0.00000625</Increment>", ""))
    yield "increment missing", path
    yield "data type X", with_tag(new("typex"), "DataType", "X", axis="CZ")
    yield "data type F, points of 8 bytes", with_tag(new("typef"), "DataType", "F", axis="CZ")
    yield "checksum no hexadecimal", with_tag(new("md5"), "MD5ChecksumPointData", "none")
    yield "checksum of other points", with_tag(new("md5o"), "MD5ChecksumPointData", "0" * 32)
    yield "link out of the zip", with_tag(new("link"), "PointDataLink", "../data.bin")
    yield "link to the internet", with_tag(new("link2"), "PointDataLink", "http://127.0.0.1:9/data.bin")
    yield "validity promised, not there", edit_xml(new("valid"), _promise_validity)
    path = edit_xml(new("valid2"), _promise_validity)
    yield packed("validity too short", members(path) | {"bindata/valid.bin": b"\xff"})
    size = -(-ROWS * COLUMNS // 8)
    yield packed("validity with a wrong checksum", members(path) | {"bindata/valid.bin": b"\xff" * size})

    heights = good_heights()
    yield "all missing", new("nan", heights=np.full_like(heights, np.nan))
    for name, value in (("inf", np.inf), ("minus inf", -np.inf), ("3e38", 3e38), ("-99999", -99999.0)):
        one = heights.copy()
        one[10, 10] = value
        yield f"height {name}", new(name, heights=one)
    for name, factor in (("millimetres", 7000.0), ("a 7 m step", 1.0), ("nanometres", 1e9)):
        step = np.where(np.arange(COLUMNS) < 8, 0.0, 7.0) + heights * factor
        yield f"heights in {name}", new(name, heights=step * (1000 if factor > 1e6 else 1))

    bomb = pack(folder / "bomb.x3p", content | {"bindata/data.bin": b"\0" * 100_000_000}).read_bytes()
    yield raw("bomb, size as declared in its directory", bomb)
    yield raw("bomb, true size hidden", _lie_about_size(bomb, 100_000_000, len(points)))
    big = bytes(4096 * 4096 * 8)
    xml = content["main.xml"].decode()
    xml = re.sub(r"<Size([XY])>\d+", r"<Size\1>4096", re.sub("<MD5.*</MD5.*?>", "", xml)).encode()
    yield packed("bomb that keeps to its sizes", {"main.xml": xml, "bindata/data.bin": big})
    inner = pack(folder / "inner.zip", {"bindata/data.bin": big}).read_bytes()
    yield packed("zip in a zip", {"main.xml": xml, "bindata/data.bin": inner})
    encrypted = bytearray(good)
    for place in (m.start() for m in re.finditer(b"PK\x01\x02", good)):
        encrypted[place + 8] |= 1
    yield raw("encrypted", bytes(encrypted))
    unknown = bytearray(good)
    for place in (m.start() for m in re.finditer(b"PK\x01\x02", good)):
        unknown[place + 10] = 97
    yield raw("unknown compression", bytes(unknown))
    nameless = bytearray(pack(folder / "named.x3p", {"x": b"x"}).read_bytes())
    place = nameless.index(b"PK\x01\x02") + 28
    nameless[place : place + 4] = struct.pack("<HH", 0, 1)  # its name becomes an extra field
    yield raw("a member without a name", bytes(nameless))
    yield packed("data.bin twice", content | {"bindata\\data.bin": points})


def other_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and path of broken NumPy files and pictures."""

    def raw(name: str, data: bytes) -> tuple[str, Path]:
        (folder / name).write_bytes(data)
        return name, folder / name

    def npy(name: str, array: object) -> tuple[str, Path]:
        np.save(folder / f"{name}.npy", array, allow_pickle=True)
        return name, folder / f"{name}.npy"

    heights = good_heights()
    yield npy("object dtype", np.array([[1, None], [2, 3]], dtype=object))
    yield npy("1-D", np.arange(9.0))
    yield npy("3-D", np.zeros((3, 4, 5)))
    yield npy("0-D", np.array(3.0))
    yield npy("no rows", np.zeros((0, 5)))
    yield npy("one row", np.zeros((1, 50)))
    yield npy("complex", heights + 1j)
    yield npy("bool", heights > 0)
    yield npy("text", heights.astype(str))
    yield npy("structured", np.zeros((4, 4), dtype=[("a", "f8"), ("b", "f8")]))
    yield npy("dates", np.zeros((4, 4), dtype="datetime64[s]"))
    yield npy("all missing", heights * np.nan)
    yield npy("infinite", np.where(np.isnan(heights), np.inf, heights))
    yield npy("relief of a metre", np.where(heights > 0, 1e6, 0.0))
    yield raw("pickle.npy", pickle.dumps(heights))
    yield raw("empty.npy", b"")
    yield raw("text.npy", b"0.1 0.2\n0.3 0.4\n")
    whole = (folder / "complex.npy").read_bytes()
    for part in (5, 9, 60, 127, 500, len(whole) - 1):
        yield raw(f"cut at {part}.npy", whole[:part])
    buffer = io.BytesIO()
    np.savez(buffer, heights=heights)
    yield raw("npz.npy", buffer.getvalue())

    def header(name: str, text: str) -> tuple[str, Path]:
        return raw(name, b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + bytes(128))

    for shape in ("(10**9, 2)", "(1000000000, 1000000000)", "(100000, 100000)", "(-4, 4)", "(4,", "4"):
        text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
        yield header(f"shape {shape}.npy", text)
        yield header(f"shape {shape[:-1]}{'9' * 4000}.npy"[:40], text.replace("4", "9" * 4000))
    call = "{'descr': __import__('os').abort(), 'fortran_order': False, 'shape': (4, 4), }"
    yield header("code in the header.npy", call)

    sixteen = np.random.default_rng(1).integers(1, 65535, (64, 64)).astype(np.uint16)
    picture = png(sixteen)
    yield raw("8 bit.png", png(np.full((8, 8), 9, np.uint8)))
    yield raw("colour.png", png(np.full((8, 8, 3), 9, np.uint8)))
    yield raw("all zero.png", png(np.zeros((8, 8), np.uint16)))
    yield raw("one row.png", png(np.full((1, 8), 9, np.uint16)))
    yield raw("empty.png", b"")
    yield raw("text.png", b"not a picture")
    for part in (7, 20, 60, len(picture) // 2, len(picture) - 200):
        yield raw(f"cut at {part}.png", picture[:part])
    flipped = bytearray(picture)
    flipped[len(picture) // 2] ^= 0xFF
    yield raw("a byte flipped.png", bytes(flipped))
    for side in (5_000, 40_000, 2_000_000_000):
        yield raw(f"bomb {side}.png", _png_header(side, side) + zlib.compress(bytes(1 << 20)))
    yield raw("X3P called PNG.png", write_good(folder / "x.x3p").read_bytes())

    tiff = io.BytesIO()
    Image.fromarray(sixteen).save(tiff, "TIFF")
    for part in (3, 8, 100, len(tiff.getvalue()) // 2, len(tiff.getvalue()) - 100):
        yield raw(f"cut at {part}.tif", tiff.getvalue()[:part])
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        packed = io.BytesIO()
        Image.fromarray(sixteen).save(packed, "TIFF", compression=compression)
        yield raw(f"{compression}, cut.tiff", packed.getvalue()[:2000])
        damaged = bytearray(packed.getvalue())
        damaged[300:340] = b"\xff" * 40
        yield raw(f"{compression}, damaged.tiff", bytes(damaged))
    pages = io.BytesIO()
    frames = [Image.fromarray(sixteen) for _ in range(3)]
    frames[0].save(pages, "TIFF", save_all=True, append_images=frames[1:])
    yield raw("three pages.tif", pages.getvalue())
    for name, dtype in (("8 bit", np.uint8), ("32 bit", np.int32)):
        whole_numbers = io.BytesIO()
        Image.fromarray(np.full((8, 8), 9, dtype)).save(whole_numbers, "TIFF")
        yield raw(f"{name}.tif", whole_numbers.getvalue())
    holed = io.BytesIO()
    Image.fromarray(np.full((8, 8), np.inf, np.float32)).save(holed, "TIFF")
    yield raw("infinite.tif", holed.getvalue())
    yield raw("GIF called TIFF.tif", b"GIF89a" + bytes(100))
    yield raw("empty.tif", b"")

    (folder / "folder.x3p").mkdir()
    (folder / "folder.npy").mkdir()
    (folder / "gone.x3p").symlink_to(folder / "nowhere")
    yield "a folder", folder / "folder.x3p"
    yield "another folder", folder / "folder.npy"
    yield "a link to nothing", folder / "gone.x3p"
    yield "no such file", folder / "no such.x3p"
    yield "a file as a folder", folder / "text.npy" / "scan.npy"
    yield "a name too long", folder / f"{'a' * 5000}.x3p"
    yield "no ending", raw("scan", whole)[1]
    yield "unknown ending", raw("scan.mat", whole)[1]
    yield "JPEG", raw("scan.jpg", b"\xff\xd8\xff")[1]


def png(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def _promise_validity(xml: str) -> str:
    link = "<ValidPointsLink>bindata/valid.bin</ValidPointsLink>"
    checksum = f"<MD5ChecksumValidPoints>{'0' * 32}</MD5ChecksumValidPoints>"
    return xml.replace("</DataLink>", f"{link}{checksum}</DataLink>")


def _lie_about_size(archive: bytes, true: int, told: int) -> bytes:
    """Replace a member's unpacked size in both of its headers."""
    return archive.replace(struct.pack("<I", true), struct.pack("<I", told))


def _png_header(width: int, height: int) -> bytes:
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13)
    return start + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IDAT"
