"""The report of a run folder: what its pages hold, that they load nothing, and that damage stays local."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import plotly.graph_objects as go
import pytest
from bs4 import BeautifulSoup, Tag
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from fireanalysis.errors import DataError, RunError
from fireanalysis.running import report
from fireanalysis.running.report import write_report

NAME = "11_cartridge_shape_index"
PLOTLY = "application/vnd.plotly.v1+json"
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture(autouse=True)
def no_glossary(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Reports here are of runs of notebooks that have no glossary; gives the folder to put one into."""
    folder = tmp_path_factory.mktemp("series")
    monkeypatch.setattr(report, "notebooks_folder", lambda: folder)
    return folder


def shown(data: dict[str, Any]) -> Any:
    return new_output("display_data", data)


def figure(**layout: Any) -> dict[str, Any]:
    values = np.arange(6, dtype="f4").reshape(2, 3)
    return {PLOTLY: json.loads(go.Figure(go.Heatmap(z=values), layout=layout).to_json())}


def code(source: str, *outputs: Any, **metadata: Any) -> Any:
    return new_code_cell(source, id="c", outputs=list(outputs), metadata=metadata)


def text(source: str) -> Any:
    return new_markdown_cell(source, id="m")


def add(folder: Path, name: str, *cells: Any, **record: Any) -> None:
    """Put an executed notebook into a run folder and, unless it failed, its record."""
    for index, cell in enumerate(cells):
        cell["id"] = f"cell-{index}"
    (folder / "notebooks").mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells)), folder / "notebooks" / f"{name}.ipynb")
    if record:
        add_record(folder, name, **record)


def add_record(folder: Path, name: str, **record: Any) -> None:
    (folder / "records").mkdir(exist_ok=True)
    whole = {
        "notebook": name,
        "title": f"Title of {name}",
        "profile": "quick",
        "source": "simulated",
        "weights": None,
        "against_paper": [],
        "seconds": 90.0,
        "device": "cpu",
        "versions": {"python": "3.11.7", "torch": "2.11.0"},
    }
    (folder / "records" / f"{name}.json").write_text(json.dumps(whole | record))


def read(folder: Path, name: str = NAME) -> BeautifulSoup:
    return BeautifulSoup((folder / "report" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def row(page: BeautifulSoup, *, containing: str) -> Tag:
    (found,) = [tag for tag in page.find_all("tr") if containing in tag.get_text()]
    return found


def loads(page: BeautifulSoup) -> list[str]:
    """Every address a browser would fetch to show the page."""
    names = {"src", "srcset", "poster", "data", "background", "xlink:href"}
    found = [str(v) for tag in page.find_all(True) for k, v in tag.attrs.items() if k in names]
    found += [str(tag.get("href")) for tag in page.find_all(True) if tag.name != "a" and tag.get("href")]
    styles = " ".join(tag.get_text() for tag in page.find_all("style"))
    return [address for address in found if not address.startswith("data:")] + re.findall(
        r"@import|url\(", styles
    )


def test_a_figure_is_whole_in_its_page_and_the_page_loads_only_plotly_beside_it(tmp_path: Path) -> None:
    shape = figure(title={"text": "Heights <b>by</b> brand<br>(simulated)"}, height=333)
    add(tmp_path, NAME, code("plots.shape()", shown(shape | {"text/plain": "Figure()"})), source="simulated")
    assert write_report(tmp_path) == tmp_path / "report" / "index.html"
    page = read(tmp_path)
    (box,) = page.find_all("figure")
    drawn = json.loads(box.find("script", type="application/json").get_text())
    assert drawn["data"] == shape[PLOTLY]["data"]
    assert drawn["layout"] == shape[PLOTLY]["layout"]
    assert drawn["config"]["showSendToCloud"] is False
    assert box["role"] == "img"
    assert box["aria-label"] == "Heights by brand (simulated). 1 grid of coloured cells."
    assert "333px" in box.find(class_="plot")["style"]
    assert loads(page) == ["plotly.min.js"]
    assert loads(read(tmp_path, "index")) == []
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none';")
    assert "http" not in policy
    scripts = [tag for tag in page.find_all("script") if not tag.get("type")]
    assert [tag["nonce"] in policy for tag in scripts] == [True, True]
    assert (tmp_path / "report" / "plotly.min.js").stat().st_size > 1_000_000
    assert (tmp_path / "report" / f"{NAME}.html").stat().st_size < 60_000


def test_twenty_five_notebooks_stay_under_60_mb_and_only_what_changed_is_written_again(
    tmp_path: Path,
) -> None:
    generator = np.random.default_rng(0)
    raster = "data:image/png;base64," + base64.b64encode(generator.bytes(250_000)).decode()
    points = generator.normal(size=(2, 5000)).astype("f4")
    traces = [go.Image(source=raster), go.Image(source=raster), go.Scatter(x=points[0], y=points[1])]
    cells = [
        code("show()", shown({PLOTLY: json.loads(go.Figure(trace).to_json())}))
        for trace in traces
        for _ in "ab"
    ]
    names = [f"{number}_part" for number in range(10, 35)]
    for name in names:
        add(tmp_path, name, text(f"# {name}"), *cells, source="simulated")
    write_report(tmp_path)
    report = tmp_path / "report"
    sizes = {path.name: path.stat().st_size for path in report.iterdir()}
    assert set(sizes) == {"index.html", "plotly.min.js", *(f"{name}.html" for name in names)}
    assert 20_000_000 < sum(sizes.values()) < 60_000_000
    source = (tmp_path / "notebooks" / "12_part.ipynb").stat().st_size
    assert sizes["12_part.html"] < source + 30_000

    for path in report.iterdir():
        os.utime(path, ns=(1, 1))
    add(tmp_path, "12_part", text("# Other"), source="simulated")
    write_report(tmp_path)
    assert {p.name for p in report.iterdir() if p.stat().st_mtime_ns != 1} == {"12_part.html", "index.html"}


def test_a_growing_run_links_its_new_page_from_the_one_before(tmp_path: Path) -> None:
    add(
        tmp_path,
        "10_a",
        text("[the next](11_b.ipynb#here), [gone](99_z.ipynb), [doi](https://x.org)"),
        seed=0,
    )
    write_report(tmp_path)
    first = read(tmp_path, "10_a")
    skip = "#report-main"
    assert [a["href"] for a in first.find_all("a")] == [skip, "index.html", "https://x.org"]
    add(tmp_path, "11_b", text("# B"), seed=0)
    write_report(tmp_path)
    first = read(tmp_path, "10_a")
    links = [a["href"] for a in first.find_all("a")]
    assert links == [skip, "index.html", "11_b.html", "11_b.html#here", "https://x.org"]
    assert first.find("a", rel="next").get_text() == "11_b ›"
    assert read(tmp_path, "11_b").find("a", rel="prev")["href"] == "10_a.html"
    assert [a["href"] for a in read(tmp_path, "index").select("td a")] == ["10_a.html", "11_b.html"]


def test_the_glossary_of_the_notebooks_is_a_page_and_links_lead_to_its_terms(
    tmp_path: Path, no_glossary: Path
) -> None:
    terms = text("# Glossary\n\n### Likelihood ratio\n\nSee [A](10_a.ipynb) and [B](11_b.ipynb).")
    link = "An [LR](glossary.ipynb#Likelihood-ratio) says"
    add(tmp_path, "10_a", text(link), seed=0)
    write_report(tmp_path)
    assert "An LR says" in read(tmp_path, "10_a").get_text()
    assert not (tmp_path / "report" / "glossary.html").exists()
    assert "Glossary" not in read(tmp_path, "index").get_text()

    terms["id"] = "terms"
    nbformat.write(new_notebook(cells=[terms]), no_glossary / "glossary.ipynb")
    write_report(tmp_path)
    page = read(tmp_path, "10_a")
    (href,) = [a["href"] for a in page.find_all("a") if a.get_text() == "LR"]
    name, _, anchor = href.partition("#")
    glossary = read(tmp_path, name.removesuffix(".html"))
    assert glossary.find(id=anchor).get_text().startswith("Likelihood ratio")
    assert [a["href"] for a in glossary.select("p a")] == ["10_a.html"]  # 11_b did not run
    assert glossary.find(class_="badge") is None
    assert [a["href"] for a in page.select(".bar a")] == ["index.html", "glossary.html"]
    assert read(tmp_path, "index").find("a", string="glossary")["href"] == "glossary.html"


def test_a_failed_notebook_shows_what_it_has_and_where_it_stopped(tmp_path: Path) -> None:
    trace = ["\x1b[0;31mValueError\x1b[0m Traceback", f"\x1b[0;31mValueError\x1b[0m: {EVIL}"]
    marker = text("An exception was encountered at In [2]")
    marker.metadata["tags"] = ["papermill-error-cell-tag"]
    cells = [
        marker,
        text("# Partly"),
        code("print(1)", new_output("stream", name="stdout", text="before\n")),
        code("boom()", new_output("error", ename="ValueError", evalue=EVIL, traceback=trace)),
        code("never()"),
    ]
    add(tmp_path, NAME, *cells)
    (tmp_path / "logs").mkdir()
    lines = [f"line {number} {EVIL}" for number in range(100)]
    (tmp_path / "logs" / f"{NAME}.stderr").write_text("\n".join(lines))
    write_report(tmp_path)
    page = read(tmp_path)
    assert "An exception was encountered" not in page.get_text()
    assert page.title.get_text() == "Partly"
    assert page.find("pre", class_="stdout").get_text() == "before\n"
    banner = page.find(class_="failure")
    assert banner.get_text().startswith("failed in code cell 2: ValueError: </script>")
    error = page.find(id=banner.a["href"].removeprefix("#")).find("pre", class_="error").get_text()
    assert error == f"ValueError Traceback\nValueError: {EVIL}"
    index = read(tmp_path, "index")
    told = index.find(class_="failure")
    assert told.a["href"] == f"{NAME}.html"
    assert told.find_all("a")[1]["href"] == f"{NAME}.html#code-2"
    assert told.find("pre", class_="error").get_text() == f"ValueError: {EVIL}"
    assert told.find("pre", class_="stderr").get_text().split("\n") == lines[-20:]
    for soup in (page, index):
        assert not soup.find_all("img")
        assert "alert" not in "".join(tag.get_text() for tag in soup.find_all("script"))


def test_nothing_a_notebook_says_or_shows_runs_in_its_page(tmp_path: Path) -> None:
    outputs = [
        new_output("stream", name="stdout", text=EVIL),
        shown({"text/html": f'<b onclick="alert(1)">kept</b><iframe src="http://x.org"></iframe>{EVIL}'}),
        shown(
            {
                "text/html": '<a href="javascript:alert(1)">a</a><svg><image href="http://x.org/i"></image></svg>'
            }
        ),
        shown({"text/html": '<script src="https://cdn.x.org/a.js"></script>'}),
        shown({"application/javascript": "alert(1)", "text/plain": "<Javascript>"}),
        shown({"text/markdown": EVIL}),
        shown({"text/plain": EVIL}),
        shown({"image/svg+xml": "<svg><script>alert(1)</script></svg>"}),
        shown(figure(title={"text": EVIL})),
    ]
    add(
        tmp_path,
        NAME,
        text(f"# {EVIL}\n\n![far](https://x.org/a.png)"),
        code(f"'{EVIL}'", *outputs),
        title=EVIL,
    )
    write_report(tmp_path)
    page = read(tmp_path)
    assert loads(page) == ["plotly.min.js"]
    assert not [k for tag in page.find_all(True) for k in tag.attrs if k.startswith("on")]
    assert not [a for a in page.find_all("a") if a.get("href", "").startswith("javascript")]
    kinds = [tag.get("type") or tag.get("src") or "inline" for tag in page.find_all("script")]
    assert kinds == ["application/json", "plotly.min.js", "inline"]
    assert json.loads(page.find("script").get_text())["layout"]["title"]["text"] == EVIL
    assert page.title.get_text() == EVIL
    assert page.find("b").get_text() == "kept"
    assert "left out here" in page.find(class_="note").get_text()
    assert page.find("pre", class_="stdout").get_text() == EVIL
    assert loads(read(tmp_path, "index")) == []
    assert not read(tmp_path, "index").find_all("script")


def test_widgets_leave_one_line_and_progress_bars_none(tmp_path: Path) -> None:
    def widget(plain: str) -> Any:
        return shown({"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": plain})

    bar = widget("training:   0%|          | 0/5 [00:00<?, ?it/s]")
    explorer = code("explore()", widget("IntSlider(value=0)"), widget("Output()"), shown(figure()))
    add(tmp_path, NAME, explorer, code("train()", bar), seed=0)
    write_report(tmp_path)
    (note,) = read(tmp_path).select("section > .note")
    assert note.get_text() == "A widget: interactive in JupyterLab."
    assert note.find_next_sibling("figure")["aria-label"].startswith("Figure without a title.")
    assert "it/s" not in read(tmp_path).get_text()


@pytest.mark.parametrize(
    ("formula", "inside", "display"),
    [
        (r"$\frac{k_2 + k_1}{\pi}$", "mfrac", "inline"),
        (r"$$\sqrt{x}$$", "msqrt", "block"),
        (r"\begin{equation} a^2 \end{equation}", "msup", "block"),
        (r"$$\begin{aligned} a &= b \\ c &= d \end{aligned}$$", "mtr", "block"),
    ],
)
def test_formulas_become_mathml(tmp_path: Path, formula: str, inside: str, display: str) -> None:
    add(tmp_path, NAME, text(f"Before {formula} after"), seed=0)
    write_report(tmp_path)
    (math,) = read(tmp_path).find_all("math")
    assert math.find(inside)
    assert math["display"] == display


def test_a_formula_that_cannot_be_converted_stays_as_text(tmp_path: Path) -> None:
    broken = r"$\frac{1}{$ and $\unknown{x} < 3$ and `$x$`"
    add(
        tmp_path,
        NAME,
        text(broken),
        code("m()", shown({"text/latex": r"$\displaystyle \frac{a}{b}$"})),
        seed=0,
    )
    write_report(tmp_path)
    page = read(tmp_path)
    assert page.find("p").get_text() == broken.replace("`", "")
    (math,) = page.find_all("math")
    assert math.find("mfrac").get_text() == "ab"


def test_code_is_folded_but_for_the_parameters(tmp_path: Path) -> None:
    cells = [
        code("SIGMA = 3.0", tags=["parameters"]),
        code("SIGMA = 5.0", tags=["injected-parameters"]),
        code("x = 1\nif x < 2:\n    print(x)"),
        code(""),
    ]
    add(tmp_path, NAME, *cells, seed=0)
    write_report(tmp_path)
    page = read(tmp_path)
    parts = page.find_all("details", class_="code")
    assert [part.has_attr("open") for part in parts] == [True, True, False]
    assert [part.summary.get_text() for part in parts] == [
        "Parameters and their defaults",
        "Parameters of this run",
        "Code x = 1",
    ]
    assert parts[2].pre.get_text().strip() == "x = 1\nif x < 2:\n    print(x)"
    assert page.find("button").get_text() == "Show all code"


def test_outputs_keep_their_kind(tmp_path: Path) -> None:
    png = base64.b64encode(b"\x89PNG").decode()
    table = (
        "<style scoped>.dataframe tr {color: red}</style><table class='dataframe'><tr><td>3</td></tr></table>"
    )
    outputs = [
        new_output("stream", name="stdout", text="out \x1b[31mred\x1b[0m\n"),
        new_output("stream", name="stderr", text="\r 0%"),
        new_output("stream", name="stderr", text="\r 100%\nwarning\n"),
        shown({"text/html": table, "text/plain": "   3"}),
        shown({"image/png": png + "\n", "text/plain": "<Figure>"}),
        new_output("execute_result", {"text/plain": "{'a': '<1>'}"}, execution_count=1),
    ]
    add(tmp_path, NAME, text("# T\n\n## Kinds of outputs\n\nwords"), code("x", *outputs), seed=0)
    write_report(tmp_path)
    page = read(tmp_path)
    assert page.find("pre", class_="stdout").get_text() == "out red\n"
    assert page.find("pre", class_="stdout").find(class_="ansi-red-fg").get_text() == "red"
    assert page.find("pre", class_="stderr").get_text() == " 100%\nwarning\n"
    assert page.find("table").td.get_text() == "3"
    assert page.find("img")["src"] == f"data:image/png;base64,{png}"
    assert page.find("img")["alt"] == "Picture made by code cell 1, below “Kinds of outputs”"
    assert page.find_all("pre")[-1].get_text() == "{'a': '<1>'}"


def test_a_sound_can_be_played_from_the_page_itself(tmp_path: Path) -> None:
    sound = (
        '<audio controls="controls"><source src="data:audio/wav;base64,UklGRg==" type="audio/wav"/></audio>'
    )
    add(tmp_path, NAME, code("Audio(x)", shown({"text/html": sound})), seed=0)
    write_report(tmp_path)
    page = read(tmp_path)
    assert page.find("audio") is not None
    assert page.find("source")["src"] == "data:audio/wav;base64,UklGRg=="
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]
    assert "media-src data:" in policy.split("; ")


def test_the_index_compares_with_the_paper_and_marks_simulated_data(tmp_path: Path) -> None:
    against = {
        "paper": "cartridge",
        "table": "Table 1",
        "row": "ResNet-18, ShapeIndex_S",
        "metric": "accuracy",
    }
    add(tmp_path, NAME, text("# S"), against_paper=[against | {"value": 80.123}], weights="imagenet")
    add_record(tmp_path, "12_real", source="real", against_paper=[against | {"value": 95.0}], versions={})
    write_report(tmp_path)
    index = read(tmp_path, "index")
    comparison = index.find("table")
    cells = [[td.get_text() for td in tr.find_all("td")] for tr in comparison.tbody.find_all("tr")]
    (paper,) = {cell[2] for cell in cells}  # the same printed number in both
    assert [cell[3] for cell in cells] == ["80.12", "95"]
    differences = [float(cell[4]) for cell in cells]
    assert differences == pytest.approx([80.123 - float(paper), 95 - float(paper)], abs=0.005)
    assert [cell[5] for cell in cells] == ["simulated", "real"]
    assert [cell[6] for cell in cells] == [f"{NAME}quick · weights: imagenet", "12_realquick · weights: none"]
    assert [tr["class"] for tr in comparison.tbody.find_all("tr")] == [["simulated"], ["real"]]
    assert [a["href"] for a in comparison.find_all("a")] == [f"{NAME}.html"]
    assert read(tmp_path).find(class_="badge").get_text() == "simulated data"
    listed = [td.get_text() for td in row(index, containing="Title of 12_real").find_all("td")]
    assert listed == ["12_realTitle of 12_real", "passed", "1.5", "quick", "real"]
    assert row(index, containing="torch").get_text() == "torch2.11.0"


def test_run_json_tells_what_waits_and_why_a_kernel_died(tmp_path: Path) -> None:
    add(tmp_path, "10_dead", text("# Dead"), code("a = 1"), code("b = 2"))
    died = {
        "status": "failed",
        "error": "the kernel died: killed by SIGKILL",
        "cell": 2,
        "of": 2,
        "seconds": 6.0,
    }
    died["parameters"] = {"PROFILE": "full"}
    run = {"notebooks": {"10_dead": died, "11_later": {"status": "waiting"}}}
    (tmp_path / "run.json").write_text(json.dumps(run))
    write_report(tmp_path)
    index = read(tmp_path, "index")
    assert "2 notebooks: 1 failed, 1 waiting" in " ".join(index.find("p").get_text().split())
    assert "killed by SIGKILL" in index.find(class_="failure").get_text()
    assert index.find(class_="failure").find_all("a")[1]["href"] == "10_dead.html#code-2"
    assert read(tmp_path, "10_dead").find(id="code-2").summary.get_text() == "Code b = 2"
    assert [td.get_text() for td in row(index, containing="Dead").find_all("td")][1:4] == [
        "failed",
        "0.10",
        "full",
    ]
    assert not row(index, containing="11_later").find("a")


def test_damaged_files_are_named_and_the_others_shown(tmp_path: Path) -> None:
    add(tmp_path, "10_good", text("# Good"), seed=0)
    add(tmp_path, "11_record", text("# Its record is cut off"))
    (tmp_path / "records" / "11_record.json").write_text('{"title": "x')
    add_record(tmp_path, "12_unknown", against_paper=[{"paper": "cartridge"}])
    (tmp_path / "notebooks" / "13_cut.ipynb").write_text('{"cells": [')
    (tmp_path / "notebooks" / "14_list.ipynb").write_text("[]")
    add(tmp_path, "15_image", text("![a](attachment:nowhere.png)"), seed=0)
    add_record(tmp_path, "16_odd", versions=["3.11"], seconds="long", title=["x"])
    (tmp_path / "run.json").write_text("{")
    for _ in "ab":  # the second report finds pages there, and must not forget what is wrong with them
        write_report(tmp_path)
        index = read(tmp_path, "index")
        told = [li.get_text() for li in index.find_all("li", class_="bad")]
        files = [
            "run.json",
            "11_record.json",
            "13_cut.ipynb",
            "14_list.ipynb",
            "15_image.ipynb",
            "12_unknown.json",
        ]
        assert [name for name, line in zip(files, told, strict=True) if name not in line] == []
        assert {a.get_text() for a in index.select("td a")} == {"10_good", "11_record", "15_image"}
        assert read(tmp_path, "10_good").h1.get_text().startswith("Good")
        assert "missing attachment" in read(tmp_path, "15_image").get_text()
        assert "unreadable" in row(index, containing="13_cut").get_text()
        assert "unreadable" in row(index, containing="11_record").get_text()


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    pages = []
    for part in ("a", "b"):
        folder = tmp_path / part
        folder.mkdir()
        add(folder, NAME, text("# Same\n\n$x^2$"), code("f()", shown(figure())), seed=0)
        write_report(folder)
        report = folder / "report"
        index = re.sub(r"Report made [-\d]+ [:\d]+ UTC", "", (report / "index.html").read_text())
        pages.append(((report / f"{NAME}.html").read_bytes(), index))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("kind", ["missing", "empty", "file"])
def test_what_is_no_run_folder_is_refused(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "results"
    if kind == "empty":
        folder.mkdir()
    if kind == "file":
        folder.write_text("")
    with pytest.raises(DataError, match="not a run folder") as caught:
        write_report(folder)
    assert str(folder) in str(caught.value)
    assert not (folder / "report").exists()


def test_a_failed_write_leaves_the_earlier_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, NAME, text("# First"), seed=0)
    write_report(tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "report").iterdir()}
    add(tmp_path, NAME, text("# Second"), seed=0)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match="No space left"):
        write_report(tmp_path)
    assert {path.name: path.read_bytes() for path in (tmp_path / "report").iterdir()} == before


def test_importing_the_report_is_light() -> None:
    heavy = ["nbconvert", "plotly", "bs4", "pandas", "nbformat"]
    program = f"import sys, fireanalysis.running.report\nprint([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
