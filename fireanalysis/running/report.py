"""The report of a run: an index and a page for each executed notebook, read from disk without a network."""

import base64
import hashlib
import json
import platform
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fireanalysis.errors import DataError, FireAnalysisError, RunError

from .alt_text import describe_figure
from .files import read_json, write_whole
from .notebooks import notebooks_folder, read_cells

TEMPLATES = Path(__file__).with_name("templates")
CODE = (Path(__file__), Path(__file__).with_name("alt_text.py"))  # a page is made again when these change
PLOTLY = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
SVG, PLAIN = "image/svg+xml", "text/plain"
# An output comes in several forms; a page shows the first of these it has.
FORMS = (PLOTLY, "text/html", "text/markdown", "text/latex", SVG, "image/png", "image/jpeg", WIDGET, PLAIN)
LEFT_OUT = "An output that needs its own JavaScript is left out here: see it in JupyterLab."


@dataclass
class _Notebook:
    """What run.json, the record and the executed file say of one notebook of a run."""

    name: str
    title: str
    status: str
    record: dict[str, Any]
    profile: str = ""
    source: str = ""  # "simulated" or "real", nothing where no record says so
    seconds: float | None = None
    cell: int | None = None  # that failed, counted among the code cells
    error: str = ""
    stderr: str = ""
    page: str = ""

    @property
    def failed(self) -> bool:
        return self.status in ("failed", "no record", "unreadable")


def write_report(folder: str | Path) -> Path:
    """Write the HTML report of a run folder and return its index page.

    The report works from disk: figures stay interactive with the one ``plotly.min.js`` beside the pages,
    formulas are MathML, and no page loads anything from a network. The glossary of the notebooks is a page
    of it, so links to its terms lead there. Called again on a run that grew, it
    renders only the pages whose notebook, record or neighbours changed; the index is always written.

    Parameters
    ----------
    folder : str or Path
        What a run wrote: ``notebooks/*.ipynb`` (executed), ``records/*.json``, ``logs/*.stderr`` and
        ``run.json``; executed notebooks or records alone are enough.

    Returns
    -------
    Path
        ``folder/report/index.html``. Each file of the report is written whole or not at all.

    Raises
    ------
    DataError
        If `folder` is not the folder of a run. A broken file in it is named in the index instead.
    RunError
        If the report cannot be written.

    Examples
    --------
    >>> write_report("no/such/folder")
    Traceback (most recent call last):
    ...
    fireanalysis.errors.DataError: not a run folder: no notebooks/*.ipynb, records/*.json or run.json in it
      where: no/such/folder
      to do: pass the folder that `fireanalysis run --out FOLDER` wrote (default: results)
    """
    folder = Path(folder)
    problems: list[str] = []
    notebooks = _read(folder, problems)
    if not notebooks:
        raise DataError(
            "not a run folder: no notebooks/*.ipynb, records/*.json or run.json in it",
            where=folder,
            do="pass the folder that `fireanalysis run --out FOLDER` wrote (default: results)",
        )
    # Slow to import, and only a report needs them.
    from nbconvert.exporters.html import HTMLExporter
    from plotly.offline import get_plotlyjs

    exporter = HTMLExporter(
        template_name="basic",
        template_file="report_page.html.j2",
        extra_template_paths=[str(TEMPLATES)],
        preprocessors=["nbconvert.preprocessors.CoalesceStreamsPreprocessor"],
    )
    plotly = folder / "report" / "plotly.min.js"
    if not plotly.is_file() or plotly.read_text(encoding="utf-8") != get_plotlyjs():
        write_whole(plotly, get_plotlyjs())
    paged = [notebook for notebook in notebooks if notebook.page]
    pages = {f"{notebook.name}.ipynb": notebook.page for notebook in paged}
    glossary = notebooks_folder() / "glossary.ipynb"
    if glossary.is_file():
        pages[glossary.name] = "glossary.html"
        this = _Notebook("glossary", "Glossary", "", {}, page=pages[glossary.name])
        _write_page(folder, glossary, this, (None, None), pages, exporter, problems)
    for before, this, after in zip([None, *paged], paged, [*paged[1:], None], strict=False):
        path = folder / "notebooks" / f"{this.name}.ipynb"
        _write_page(folder, path, this, (before, after), pages, exporter, problems)
    index = exporter.environment.get_template("report_index.html.j2").render(
        notebooks=notebooks,
        glossary=pages.get(glossary.name),
        comparison=_comparison(notebooks, problems),
        environment=_environment(notebooks),
        problems=problems,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        machine=platform.platform(),
    )
    return write_whole(folder / "report" / "index.html", index)


def _read(folder: Path, problems: list[str]) -> list[_Notebook]:
    """Collect the notebooks of a run by name; files that cannot be read are named in `problems`."""
    executed = {path.stem: path for path in (folder / "notebooks").glob("*.ipynb")}
    records = {path.stem: path for path in (folder / "records").glob("*.json")}
    entries = _object(_json(folder / "run.json", problems).get("notebooks"))
    notebooks = []
    for name in sorted({*executed, *records, *entries}):
        record = _json(records[name], problems) if name in records else {}
        found = "passed" if record else "unreadable" if name in records else "no record"
        plan = _object(entries.get(name)) or {"status": found}
        this = _Notebook(name, str(record.get("title", name)), str(plan.get("status")), record)
        this.source = record["source"] if record.get("source") in ("simulated", "real") else ""
        this.seconds = plan.get("seconds", record.get("seconds"))
        this.profile = record.get("profile") or _object(plan.get("parameters")).get("PROFILE", "")
        if plan.get("error"):
            this.error, this.cell = str(plan["error"]), plan.get("cell")
        if name in executed:
            try:
                said = [source for kind, source, _ in read_cells(executed[name]) if kind == "markdown"]
                heading = re.search(r"^# +(.+?)[ \t]*$", "\n".join(said), re.MULTILINE)
                this.title = heading[1] if heading else this.title
                this.page = f"{name}.html" if name != "index" else "index-notebook.html"
                if name not in entries:
                    _find_error(executed[name], this)
            except (RunError, TypeError, AttributeError) as error:
                problems.append(f"notebooks/{name}.ipynb: {getattr(error, 'what', error)}")
                this.status, this.page = "unreadable", ""
        if this.failed and (log := folder / "logs" / f"{name}.stderr").is_file():
            this.stderr = "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])
        notebooks.append(this)
    return notebooks


def _find_error(path: Path, this: _Notebook) -> None:
    """Look for the failure in the executed notebook itself: not each was run by our runner."""
    cells = json.loads(path.read_bytes())["cells"]
    for number, cell in enumerate((cell for cell in cells if cell["cell_type"] == "code"), start=1):
        errors = [output for output in cell.get("outputs", []) if output.get("output_type") == "error"]
        if errors and "raises-exception" not in cell["metadata"].get("tags", []):
            this.status, this.cell = "failed", number
            this.error = f"{errors[0].get('ename')}: {errors[0].get('evalue')}"
            return


def _json(path: Path, problems: list[str]) -> dict[str, Any]:
    """Read a JSON object; a broken file is named in `problems` and read as an empty one."""
    try:
        return read_json(path)
    except FileNotFoundError:
        return {}
    except (OSError, RunError) as error:
        problems.append(f"{path.parent.name}/{path.name}: {getattr(error, 'what', error)}")
        return {}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _comparison(notebooks: list[_Notebook], problems: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Set every recorded number beside its paper's: rows by paper."""
    from fireanalysis.papers import compare

    tables: dict[str, list[dict[str, Any]]] = {}
    for notebook in notebooks:
        try:
            rows: list[Any] = compare(notebook.record).to_dict("records") if notebook.record else []
        except (FireAnalysisError, LookupError, TypeError, ValueError, AttributeError) as error:
            told = getattr(error, "what", repr(error))
            problems.append(f"records/{notebook.name}.json cannot be compared with its paper: {told}")
            continue
        for row in rows:
            tables.setdefault(row["paper"], []).append(row | {"of": notebook})
    return tables


def _environment(notebooks: list[_Notebook]) -> dict[str, list[str]]:
    """List the devices and versions that the records name."""
    found: dict[str, set[str]] = {}
    for record in (notebook.record for notebook in notebooks):
        for what, value in {"device": record.get("device"), **_object(record.get("versions"))}.items():
            found.setdefault(what, set()).update([str(value)] if value else [])
    return {what: sorted(values) for what, values in found.items()}


def _write_page(
    folder: Path,
    source: Path,
    this: _Notebook,
    around: tuple[_Notebook | None, _Notebook | None],
    pages: dict[str, str],
    exporter: Any,
    problems: list[str],
) -> None:
    """Render a notebook, unless the page that is there was made from the same input."""
    import nbformat

    before, after = around
    content = source.read_bytes()
    mentioned = {text[-100:] for text in content.split(b".ipynb")[:-1]}  # one search, not one for each name
    linked = {
        name: page
        for name, page in pages.items()
        if any(text.endswith(name.removesuffix(".ipynb").encode()) for text in mentioned)
    }
    glossary = pages.get("glossary.ipynb")
    looks = sorted(file.read_text("utf-8") for file in (*CODE, *TEMPLATES.glob("report*")))
    context = [asdict(this), before and before.name, after and after.name, linked, glossary, looks]
    context += [version("nbconvert")]
    key = hashlib.sha256(content + json.dumps(context, sort_keys=True).encode()).hexdigest()[:32]
    path = folder / "report" / this.page
    if path.is_file() and key in path.read_bytes()[:400].decode("utf-8", "replace"):
        return
    page = {"this": this, "before": before, "after": after, "glossary": glossary, "key": key}
    try:
        node = _prepare(nbformat.reads(content.decode("utf-8"), as_version=4), linked)
        body, _ = exporter.from_notebook_node(node, resources={"page": page})
    except Exception as error:
        # Whatever a damaged notebook makes nbformat or nbconvert raise: the other pages must not be lost.
        problems.append(f"notebooks/{this.name}.ipynb cannot be shown as a page: {error!r}")
        cells = [nbformat.v4.new_raw_cell(problems[-1], id="damaged")]
        page["key"] = "damaged"  # tried again the next time
        body, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=cells), resources={"page": page})
    write_whole(path, body)


def _prepare(notebook: Any, pages: dict[str, str]) -> Any:
    """Settle what each cell and output shows; the template only lays it out.

    Markdown becomes HTML in ``cell.metadata.html``; an output gets ``metadata.form`` and ``metadata.value``
    and loses its other forms. papermill's own marks of a failure go: the page has a banner.
    """
    tagged = [(cell, cell.metadata.get("tags", [])) for cell in notebook.cells]
    notebook.cells = [cell for cell, tags in tagged if "papermill-error-cell-tag" not in tags]
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.metadata.html = _markdown(cell.source, pages, attachments=cell.get("attachments", {}))
            heading = [heading, *re.findall(r"^#+ +(.+?)[ \t]*$", cell.source, re.MULTILINE)][-1]
        for output in cell.get("outputs", []):
            if "data" in output:
                output.metadata, output.data = _shown(output.data) | {"heading": heading}, {}
    return notebook


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    """Choose the form of an output to show; no form where a report has nothing to show."""
    form = next((form for form in FORMS if form in data), "")
    value: Any = data.get(form, "")
    if form == PLOTLY:
        return _figure(value)
    if form == WIDGET:
        # A progress bar is a widget too, but there is nothing to explore in it.
        bar = re.match(r"[^|]*\d+%\|", data.get(PLAIN, ""))
        return {} if bar else {"form": "note", "value": "A widget: interactive in JupyterLab."}
    if form.startswith("image/"):
        value = base64.b64encode(value.encode()).decode() if form == SVG else value.replace("\n", "")
        return {"form": "image", "value": f"data:{form};base64,{value}"}
    if form == PLAIN:
        return {"form": "text", "value": value}
    if form == "text/html":
        value = _inert(value, {})
    elif form:
        value = _markdown(value if form == "text/markdown" or "$" in value else f"$${value}$$", {})
    return {"form": "html", "value": value} if value else {"form": "note", "value": LEFT_OUT}


def _figure(figure: dict[str, Any]) -> dict[str, Any]:
    """Make a plotly figure the JSON that the page's script draws, and the words a screen reader says of it."""
    alt = describe_figure(figure)
    layout = figure.setdefault("layout", {})
    # Among plotly's buttons is one that uploads a figure; nothing leaves this machine from a report.
    kept = {"responsive": True, "displaylogo": False, "showSendToCloud": False, "plotlyServerURL": ""}
    figure["config"] = figure.get("config", {}) | kept
    # Without "<" nothing in it can end the script element that holds it.
    value = json.dumps(figure, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return {"form": "plotly", "value": value, "alt": alt, "height": int(layout.get("height") or 450)}


def _markdown(source: str, pages: dict[str, str], *, attachments: dict[str, Any] | None = None) -> str:
    """Turn Markdown into HTML as Jupyter reads it, formulas into MathML; nothing in it runs or loads."""
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body: str) -> str:
            return _formula(body, "inline") or super().inline_math(body)

        def block_math(self, body: str) -> str:
            return _formula(body, "block") or super().block_math(body)

        def latex_environment(self, name: str, body: str) -> str:
            whole = f"\\begin{{{name}}}{body}\\end{{{name}}}"
            return _formula(whole, "block") or super().latex_environment(name, body)

    return _inert(MarkdownWithMath(Renderer(escape=False, attachments=attachments)).render(source), pages)


def _formula(latex: str, display: str) -> str:
    """Turn a formula into MathML; nothing where it cannot be."""
    from latex2mathml.converter import convert

    latex = latex.replace("{aligned}", "{align*}").replace(r"\arg\m", r"\operatorname{arg}\m")  # both unknown
    try:
        mathml = convert(latex, display=display)
    except Exception:
        return ""  # its errors have no parent in common; StopIteration and IndexError are among them
    # What it does not know it passes through: a backslash or a bare & left over is a failure too.
    return "" if re.search(r"\\|<mi>[&{}]</mi>", mathml) else mathml


def _inert(text: str, pages: dict[str, str]) -> str:
    """Keep of HTML what neither runs nor loads anything; nothing if all there was to see ran or loaded.

    Links to other notebooks become links to their `pages`, other links into the folder plain text.
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "html.parser")
    removed = soup.find_all(["script", "iframe", "object", "embed", "link", "meta", "base", "form"])
    for tag in removed:
        tag.decompose()
    for tag in soup.find_all(True):
        for name, value in list(tag.attrs.items()):
            address = str(value).strip().lower()
            loads = tag.name != "a" and name in (
                "src",
                "srcset",
                "poster",
                "background",
                "href",
                "xlink:href",
            )
            outside = loads and not address.startswith(("data:", "#"))
            if outside or name.startswith("on") or address.startswith("javascript:"):
                del tag[name]
        if tag.name == "img":
            if "src" not in tag.attrs:
                tag.replace_with(str(tag.get("alt", "")))
            tag.attrs.setdefault("alt", "Picture without a description")
    for link in soup.find_all("a", href=True):
        target, _, anchor = str(link["href"]).removeprefix("./").partition("#")
        if target in pages:
            link["href"] = pages[target] + (f"#{anchor}" if anchor else "")
        elif target and not re.match("[a-z]+:", target):
            link.unwrap()
    visible = soup.get_text(strip=True) or soup.find(["img", "svg", "table"]) or not removed
    return str(soup) if visible else ""
