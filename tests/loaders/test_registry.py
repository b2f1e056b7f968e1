import errno
import hashlib
import os
import re
import shlex
import socket
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pooch
import pytest

from fireanalysis import loaders
from fireanalysis.errors import DataError, ParameterError
from fireanalysis.loaders import DATA_SETS, fetch, load_comparison_scores

REGISTRIES = Path(loaders.__file__).parent
CONTENT = {"Fadul 1-1.x3p": b"first" * 1000, "Fadul A.x3p": b"second", "TW03-09.x3p": b"third" * 77}


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args, asked, **kwargs):
        self.asked = asked
        super().__init__(*args, **kwargs)

    def do_GET(self):
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def server(tmp_path):
    """A mirror on this machine: its folder, its address and what was asked for."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    for name, data in CONTENT.items():
        (folder / name).write_bytes(data)
    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder, asked=asked)) as http:
        threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
        yield folder, f"http://127.0.0.1:{http.server_port}", asked
        http.shutdown()


@pytest.fixture(autouse=True)
def small_registry(monkeypatch):
    """The files of CONTENT stand for a data set."""
    entries = {name: hashlib.sha256(data).hexdigest() for name, data in CONTENT.items()}
    monkeypatch.setattr(pooch.Pooch, "load_registry", lambda self, path: self.registry.update(entries))


def read(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_files_come_whole_and_are_not_fetched_again(server, tmp_path, capfd):
    _, url, asked = server
    folder = fetch("cartridge-fadul", folder=tmp_path / "new" / "set", base_url=url)
    assert folder == tmp_path / "new" / "set" and read(folder) == CONTENT
    assert sorted(asked) == ["/Fadul%201-1.x3p", "/Fadul%20A.x3p", "/TW03-09.x3p"]
    asked.clear()
    (folder / "Fadul A.x3p").write_bytes(b"seco")  # broken off, as an earlier program might leave it
    (folder / "TW03-09.x3p").unlink()
    assert read(fetch("cartridge-fadul", folder=folder, base_url=f"{url}/")) == CONTENT
    assert sorted(asked) == ["/Fadul%20A.x3p", "/TW03-09.x3p"]
    asked.clear()
    fetch("cartridge-fadul", folder=folder, base_url="http://127.0.0.1:9")
    assert not asked and capfd.readouterr() == ("", "")


def test_default_folder_follows_the_environment(server, tmp_path, monkeypatch):
    monkeypatch.setenv("FIREANALYSIS_DATA", str(tmp_path / "data"))
    assert fetch("cartridge-weller", base_url=server[1]) == tmp_path / "data" / "cartridge-weller"
    monkeypatch.delenv("FIREANALYSIS_DATA")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    assert (
        fetch("cartridge-weller", base_url=server[1])
        == tmp_path / "cache" / "fireanalysis" / "cartridge-weller"
    )


@pytest.mark.parametrize("fault", ["hash", "404", "silent", "closed", "nonsense"])
def test_what_cannot_be_fetched_says_what_to_put_where(server, tmp_path, fault):
    mirror, url, _ = server
    if fault == "hash":
        (mirror / "Fadul A.x3p").write_bytes(b"<html>please log in</html>")
    elif fault == "404":
        (mirror / "Fadul A.x3p").unlink()
    elif fault == "nonsense":
        url = "no address"
    listener = socket.create_server(("127.0.0.1", 0))  # takes connections and never answers
    if fault == "closed":
        listener.close()
    if fault in ("silent", "closed"):
        url = f"http://127.0.0.1:{listener.getsockname()[1] if fault == 'silent' else 9}"
    started = time.perf_counter()
    with pytest.raises(DataError) as caught:
        fetch("cartridge-fadul", folder=tmp_path / "set", base_url=url, timeout_s=0.5)
    listener.close()
    assert time.perf_counter() - started < 5
    error = caught.value
    assert {"hash": "another hash", "404": "404"}.get(fault, "not reached") in error.what
    assert "cartridge-fadul" in error.what and ".x3p" in error.what
    assert error.where == tmp_path / "set"
    assert DATA_SETS["cartridge-fadul"].source in error.do and "CC BY 4.0" in error.do
    # what came before stays and is right, and nothing half-written lies beside it
    assert read(tmp_path / "set").items() <= CONTENT.items()
    assert fault not in ("hash", "404") or list(read(tmp_path / "set")) == ["Fadul 1-1.x3p"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_folder_that_takes_no_files(server, tmp_path, monkeypatch, code):
    class Full:
        def __init__(self, **options):
            pass

        def __call__(self, url, file, pooch):
            Path(file).write_bytes(b"half of it")
            raise OSError(code, os.strerror(code))

    monkeypatch.setattr(pooch, "HTTPDownloader", Full)
    with pytest.raises(DataError, match="no room" if code == errno.ENOSPC else "cannot write") as caught:
        fetch("cartridge-fadul", folder=tmp_path / "set", base_url=server[1])
    assert "folder" in caught.value.do and read(tmp_path / "set") == {}


def test_a_file_where_the_folder_should_be(server, tmp_path):
    (tmp_path / "set").write_text("x")
    with pytest.raises(DataError, match="cannot write"):
        fetch("cartridge-fadul", folder=tmp_path / "set", base_url=server[1])


def test_unknown_name():
    with pytest.raises(ParameterError, match="cartridge-fadul, cartridge-weller"):
        fetch("fadul")


@pytest.mark.parametrize(
    ("name", "count"), [("cartridge-fadul", 40), ("cartridge-weller", 45), ("comparison-scores", 1)]
)
def test_registries_are_complete(name, count):
    lines = (REGISTRIES / f"registry_{name}.txt").read_text().splitlines()
    entries = [shlex.split(line) for line in lines if not line.startswith("#")]
    assert len({file for file, _ in entries}) == len({digest for _, digest in entries}) == count
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for _, digest in entries)
    assert {Path(file).suffix for file, _ in entries} == {".csv" if name == "comparison-scores" else ".x3p"}
    data = DATA_SETS[name]
    assert data.name == name and data.about.startswith(str(count)) and data.licence and data.citation
    assert re.match(r"https://raw\.githubusercontent\.com/[\w/-]+/[0-9a-f]{40}/\w+/$", data.base_url)
    assert data.source.startswith("https://github.com/")


@pytest.mark.parametrize("name", ["fadul", "weller"])
def test_registries_agree_with_real_files(real_cartridges, name):
    lines = (REGISTRIES / f"registry_cartridge-{name}.txt").read_text().splitlines()
    entries = dict(shlex.split(line) for line in lines if not line.startswith("#"))
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (real_cartridges / name).iterdir()
    }
    assert files == entries


def test_the_registered_table_is_the_real_one_with_the_third_split_it_was_published_with(real_cartridges):
    """The copy at hand lacks split3, which its other columns decide, and has other line ends."""
    table = load_comparison_scores(real_cartridges / "comparison_scores")["firing pin"]
    source = (real_cartridges / "comparison_scores" / "firing_pin_impression.csv").read_text().splitlines()
    ends = ["split3", *table["split3"]]
    whole = "".join(f"{line},{end}\n" for line, end in zip(source, ends, strict=True))
    registry = (REGISTRIES / "registry_comparison-scores.txt").read_text().splitlines()[-1]
    assert shlex.split(registry) == ["firing_pin_impression.csv", hashlib.sha256(whole.encode()).hexdigest()]
