"""A case report: what it says, that it escapes what it is given, loads nothing, and refuses what cannot be reported."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from fireanalysis.errors import DataError, ParameterError
from fireanalysis.metrics import Interval
from fireanalysis.running import write_case_report

EVIDENCE = pd.DataFrame(
    {
        "level": ["source", "activity"],
        "proposition": ["this firearm fired it", "a firearm is visible"],
        "alternative": ["another of its brand did", "none is"],
    },
    index=["cartridge case", "clip"],
)


def interval(value: float, low: float = -0.2, high: float = 2.3) -> Interval:
    return Interval(value, low, high, np.zeros(2), 12)


FOUND = {"cartridge case": interval(1.37), "clip": interval(-0.5)}
SHARE = {"misleading, same source": interval(0.1), "misleading, different sources": interval(0.25)}
QUALITY = {name: {"Cllr": interval(0.5), **SHARE} for name in FOUND}
VARIED = pd.DataFrame(
    [("nothing", "as reported", 1.37), ("share", "0.1", 0.2), ("share", "1", 2.1)],
    columns=["varied", "to", "log10_lr"],
)


def report(path: Path, **changed: Any) -> BeautifulSoup:
    given: dict[str, Any] = {
        "evidence": EVIDENCE,
        "found": FOUND,
        "combined": interval(1.37),
        "quality": QUALITY,
        "sensitivity": VARIED,
        "propositions": ("the seized firearm fired the shots", "another one did"),
        "title": "Case 1",
        "source": "simulated",
        "limits": ["few firearms"],
        "errors": ["1 in 10 misleads"],
    }
    given |= changed
    data = [given.pop(name) for name in ("evidence", "found", "combined")]
    return BeautifulSoup(write_case_report(path / "r.html", *data, **given).read_text("utf-8"), "html.parser")


def test_says_what_was_found_in_numbers_and_words(tmp_path: Path) -> None:
    page = report(tmp_path)
    said = " ".join(page.get_text(" ").split())
    assert page.select_one(".mark").get_text() == "SIMULATED"
    for text in (
        "23",
        "1/1.6 to 200",
        "moderate support for the proposition",
        "0.50",
        "10%, 25%",
        "12 sources",
    ):
        assert text in said
    assert "about 23 times as probable if the seized firearm fired the shots as if another one did" in said
    assert "clip: weak support for the alternative (1/3.2)" in said
    rows = {row.td.get_text(): row.get_text("|") for row in page.find_all("tr") if row.td}
    assert "1.6" in rows["share"] and "130" in rows["share"]
    assert "no support for either to moderately strong support for the proposition" in rows["all of these"]
    assert "few firearms" in said and "1 in 10 misleads" in said
    assert "identify nobody" in said and not re.search(r"\bmatch", said)


def test_an_lr_below_one_speaks_for_the_alternative(tmp_path: Path) -> None:
    said = report(tmp_path, combined=interval(-2.0)).select_one(".sum").get_text()
    assert "about 100 times as probable if another one did as if the seized firearm fired the shots" in said
    assert "LR 1/100" in said and "moderately strong support for the alternative" in said
    said = report(tmp_path, combined=interval(0.01)).select_one(".sum").get_text()
    assert "about as probable if the seized firearm fired the shots as if another one did" in said


def test_real_scores_are_not_called_simulated(tmp_path: Path) -> None:
    said = report(tmp_path, source="real").get_text()
    assert "simulat" not in said.lower()


def test_loads_nothing_and_escapes_what_it_is_given(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x>"
    page = report(tmp_path, title=evil, limits=[evil], evidence=EVIDENCE.assign(proposition=evil), about=evil)
    assert not page.find_all(["script", "img", "link", "iframe", "object"])
    policy = page.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert "default-src 'none'" in policy
    assert not re.search(r"url\(|@import|https?:", str(page))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"evidence": EVIDENCE.iloc[:0]}, "no evidence"),
        ({"found": {}}, "nothing measured for cartridge case, clip"),
        ({"sensitivity": VARIED.iloc[:0]}, "nothing was varied"),
        ({"combined": interval(np.inf)}, "log10 LR is inf"),
        ({"found": FOUND | {"clip": interval(np.nan)}}, "log10 LR is nan"),
    ],
)
def test_what_cannot_be_reported_is_refused(tmp_path: Path, changed: dict, said: str) -> None:
    with pytest.raises(DataError, match=said):
        report(tmp_path, **changed)
    assert not list(tmp_path.iterdir())


def test_the_source_is_one_of_two(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="source is 'made up'"):
        report(tmp_path, source="made up")


def test_a_full_report_prints_on_one_page(tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("needs chromium or google-chrome to print")
    names = ["marks", "brand", "sound", "photograph", "clip"]
    row = {
        "level": "class",
        "proposition": "the seized firearm marked the primer " * 2,
        "alternative": "another " * 6,
    }
    varied = [(f"choice {k}", "other", 0.1 * k) for k in range(9)]
    report(
        tmp_path,
        evidence=pd.DataFrame([row] * 5, index=names),
        found=dict.fromkeys(names, interval(-2.4)),
        quality=dict.fromkeys(names, QUALITY["clip"]),
        sensitivity=pd.DataFrame(varied, columns=VARIED.columns),
        errors=["of made-up cases in which another firearm fired so many have an LR above 1 " * 2] * 4,
        limits=["assumed: reference scores come from a population like that of the case " * 2] * 5,
    )
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    command += [f"--print-to-pdf={tmp_path / 'r.pdf'}", (tmp_path / "r.html").as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert re.findall(rb"/Count (\d+)", (tmp_path / "r.pdf").read_bytes()) == [b"1"]
