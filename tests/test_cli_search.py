"""`fireanalysis index` and `fireanalysis search`: what they say, what they write, and what they cannot do."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fireanalysis import cli


def _main(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    code = end.value.code or 0
    assert isinstance(code, int)
    return code, *capsys.readouterr()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    for seed in range(3):
        coarse = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), np.uint8)
        Image.fromarray(coarse).resize((60, 40)).save(root / f"{seed}.png")
    (root / "words.jpg").write_text("words")
    return root


def test_index_then_search(capsys: pytest.CaptureFixture[str], tmp_path: Path, folder: Path) -> None:
    code, out, err = _main(capsys, "index", folder, "--out", tmp_path / "index", "--approximate")
    assert code == 0 and "WARNING" not in err
    for words in (
        "efficientnet_lite0",
        "ImageNet",
        "not trained for firearms",
        "NOT KNOWN",
        "identifies nobody",
    ):
        assert words in out
    assert "3 pictures in the index: 3 added" in out and "words.jpg: no picture in" in out
    assert "approximate search finds 100.0% of the ten nearest" in out
    code, out, err = _main(capsys, "index", folder, "--out", tmp_path / "index")
    assert code == 1 and "there is an index of 3 pictures" in err and "--update" in err
    code, out, _ = _main(capsys, "index", folder, "--out", tmp_path / "index", "--update")
    assert code == 0 and "0 added, 0 removed" in out
    options = ["--index", tmp_path / "index", "--top", 2, "--approximate", "--out", tmp_path / "found.html"]
    code, out, err = _main(capsys, "search", folder / "1.png", *options)
    assert code == 0 and "WARNING" not in err
    lines = out.splitlines()
    assert lines[-3].split() == ["1", "1.000", "1.png", "(the", "same", "pixels)"]
    assert lines[-1] == f"written: {tmp_path / 'found.html'}" and (tmp_path / "found.html").is_file()
    assert "identifies nobody" in out and "the nearest other picture scores" in out


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["index", "nowhere"], 1, "does not exist"),
        (["index", "{folder}", "--network", "none.pt", "--out", "index"], 1, "no network there"),
        (["search", "{folder}/1.png", "--index", "nowhere"], 1, "no index there"),
        (["search", "{folder}/1.png", "--out", "found.txt"], 2, "ends in .csv or .html"),
        (["search", "{folder}/1.png", "--top", "0"], 2, "--top"),
    ],
)
def test_what_they_cannot_do(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    status: int,
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = _main(capsys, *(argument.format(folder=folder) for argument in arguments))
    assert code == status and says in err and "to do:" in err and "Traceback" not in err
    assert not (tmp_path / "index").exists()
