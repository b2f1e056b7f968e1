"""The glossary is in order, its links lead somewhere, and first uses of its terms lead to it."""

import importlib.util
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from latex2mathml.converter import convert
from nbconvert.filters import markdown2html

from fireanalysis.running.notebooks import find_notebooks

ROOT = Path(__file__).parents[1]
NOTEBOOKS = ROOT / "notebooks"
GLOSSARY = NOTEBOOKS / "glossary.ipynb"
OURS = re.compile(r"\[([^\[\]]*)\]\(glossary\.ipynb#([^()]*)\)")


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("link_terms", ROOT / "docs" / "link_terms.py")
    module = sys.modules["link_terms"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


link_terms = load()
TERMS = [
    link_terms.Term("Likelihood ratio", ("likelihood ratio", "likelihood ratios", "LR")),
    link_terms.Term("Precision", ("precision",), ("half precision",)),
    link_terms.Term("Average precision", ("average precision", "mAP")),
    link_terms.Term("U-Net", ("U-Net",)),
]


def sources(path: Path) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown"]


def headings() -> list[str]:
    return [text.splitlines()[0] for text in sources(GLOSSARY)]


def linked(text: str) -> str:
    """Link one text, and write the links short: <text|anchor>."""
    (made,), _ = link_terms.link_first_uses([text], TERMS)
    assert link_terms.link_first_uses([made], TERMS)[0] == [made], "linking again changes something"
    assert OURS.sub(r"\1", made) == text, "linking changed more than links"
    return OURS.sub(r"<\1|\2>", made)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A likelihood ratio.", "A <likelihood ratio|Likelihood-ratio>."),
        ("LR, then likelihood ratios.", "<LR|Likelihood-ratio>, then likelihood ratios."),
        ("Precision and precision", "<Precision|Precision> and precision"),
        ("*precision* **LR**", "*<precision|Precision>* **<LR|Likelihood-ratio>**"),
        ("average precision", "<average precision|Average-precision>"),
        ("half precision, precision", "half precision, <precision|Precision>"),
        ("likelihood\n  ratio", "<likelihood\n  ratio|Likelihood-ratio>"),
        ("a map, lr, imprecision, precision-wise, LR_min, a-LR", None),
        ("`PRECISION` and PRECISION, a parameter", None),
        ("# On precision\n\n### LR", None),
        ("Precision\n---------", None),
        ("`precision` and ``LR ` LR``", None),
        ("```python\nprecision = 1\n```", None),
        ("$LR$, $$\nLR\n$$ and \\begin{align}LR\\end{align}", None),
        ("[precision](10_a.ipynb) and ![LR](a.png) and [LR][1]", None),
        ("[precision](glossary.ipynb)", None),
        ('<img alt="precision"> <a href="x">LR</a> <!-- LR --> https://a.org/precision', None),
        ("| precision | LR |\n|---|---|\n| a | b |", None),
        ("| a |\n|:-:|\n| LR |", "| a |\n|:-:|\n| <LR|Likelihood-ratio> |"),
        ("**Paper:** precision  \n**Data:** LR\n\nLR", "**Paper:** precision  \n**Data:** LR\n\n<LR|Likelihood-ratio>"),
        ("costs `$5`, precision, `$6`", "costs `$5`, <precision|Precision>, `$6`"),
        ("U-Net's U-Nets", "<U-Net|U-Net>'s U-Nets"),
    ],
)  # fmt: skip
def test_first_uses_are_linked_and_all_else_stays(text: str, expected: str | None) -> None:
    assert linked(text) == (text if expected is None else expected)


def test_a_term_is_linked_once_in_a_notebook() -> None:
    texts, used = link_terms.link_first_uses(["no term", "the LR", "LR and mAP"], TERMS)
    assert [len(OURS.findall(text)) for text in texts] == [0, 1, 1]
    assert used == ["Likelihood ratio", "Average precision"]


def test_a_link_follows_an_earlier_use_and_goes_with_its_term() -> None:
    old = [
        "New: a likelihood ratio.",
        "The [LR](glossary.ipynb#Likelihood-ratio) of [old](glossary.ipynb#Old).",
    ]
    texts, _ = link_terms.link_first_uses(old, TERMS)
    assert texts == ["New: a [likelihood ratio](glossary.ipynb#Likelihood-ratio).", "The LR of old."]


def test_check_says_what_would_change_and_writing_changes_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("11_cartridge_shape_index.ipynb", "glossary.ipynb"):
        shutil.copy(NOTEBOOKS / name, tmp_path / name)
    path = tmp_path / "11_cartridge_shape_index.ipynb"
    bare = re.sub(r"\[([^\[\]]*)\]\(glossary\.ipynb#[^()]*\)", r"\1", path.read_text("utf-8"))
    path.write_text(bare, "utf-8")
    assert link_terms.main(["--check"], tmp_path) == 1
    assert "glossary.ipynb#Shape-index" in capsys.readouterr().out
    assert path.read_text("utf-8") == bare
    assert link_terms.main([], tmp_path) == 0
    assert link_terms.main(["--check"], tmp_path) == 0
    made = path.read_text("utf-8")
    assert "glossary.ipynb#Shape-index" in made
    assert re.sub(r"\[([^\[\]]*)\]\(glossary\.ipynb#[^()]*\)", r"\1", made) == bare


def test_first_uses_in_all_notebooks_are_linked(capsys: pytest.CaptureFixture[str]) -> None:
    left = link_terms.main(["--check"])
    assert not left, f"run: python docs/link_terms.py\n{capsys.readouterr().out[:2000]}"


def test_links_to_the_glossary_lead_to_headings_once_a_notebook() -> None:
    anchors = {heading[4:].replace(" ", "-") for heading in headings() if heading.startswith("### ")}
    found = 0
    for notebook in find_notebooks():
        targets = [target for text in sources(notebook.path) for _, target in OURS.findall(text)]
        assert set(targets) <= anchors, notebook.name
        assert len(set(targets)) == len(targets), f"{notebook.name}: a term is linked twice"
        found += len(targets)
    assert found > 300  # 35 notebooks, about 14 each


def test_titles_are_free_of_links() -> None:
    for notebook in find_notebooks():
        assert notebook.title
        assert "](" not in f"{notebook.title}{notebook.paper}{notebook.minutes}{notebook.data}"


def test_headings_are_in_order_and_alike_in_all_viewers() -> None:
    themes, names = [], []
    for heading in headings():
        if heading.startswith("## "):
            themes.append([])
        elif heading.startswith("### "):
            names.append(heading[4:])
            themes[-1].append(heading[4:])
    assert len(names) >= 60
    assert len({name.casefold() for name in names}) == len(names)
    for theme in themes:
        assert theme == sorted(theme, key=str.casefold)
    # Letters, digits, spaces, inner dashes: what every viewer turns into the same anchor.
    assert all(re.fullmatch(r"[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*", name) for name in names)


def test_the_index_lists_every_term_alphabetically() -> None:
    (index,) = [text for text in sources(GLOSSARY) if text.startswith("## Index")]
    entries = re.findall(r"\[([^\]]+)\]\(#([^)]+)\)", index)
    names = [name for name, _ in entries]
    assert names == sorted(names, key=str.casefold)
    terms = {heading[4:] for heading in headings() if heading.startswith("### ")}
    assert terms <= set(names)
    assert {"GMM", "mAP", "ECE", "LR"} <= set(names)
    assert {anchor for _, anchor in entries} == {term.replace(" ", "-") for term in terms}


def test_links_inside_the_glossary_lead_somewhere() -> None:
    texts = sources(GLOSSARY)
    page = markdown2html("\n\n".join(texts))  # the anchors as nbconvert writes them
    ids = set(re.findall(r'<h3[^>]* id="([^"]+)"', page))
    assert {target for text in texts for target in re.findall(r"\]\(#([^)]+)\)", text)} == ids
    for target in {target for text in texts for target in re.findall(r"\]\(([^)#]+)\)", text)}:
        assert (NOTEBOOKS / target).is_file(), target


def test_every_entry_is_short_and_its_formulas_can_be_shown() -> None:
    entries = [text for text in sources(GLOSSARY) if text.startswith("### ")]
    for entry in entries:
        text = re.split(r"Sources?:|\*Used in:", entry.split("\n", 1)[1])[0]
        formulas = re.findall(r"\$([^$]+)\$", text)
        assert text.count("$") == 2 * len(formulas)
        assert not any("\n" in formula for formula in formulas), "GitHub shows no formula over two lines"
        assert not any("\\" in convert(formula) for formula in formulas), entry
        words = len(re.sub(r"\$[^$]+\$", "x", text).split())
        assert 15 <= words <= 90, f"{words} words: {entry}"


def test_every_term_is_used_where_the_entry_says_so() -> None:
    texts = {n.path.name: " ".join(" ".join(sources(n.path)).split()) for n in find_notebooks()}
    docs = " ".join(path.read_text("utf-8") for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
    for cell in nbformat.read(GLOSSARY, as_version=4).cells:
        if not cell.source.startswith("### "):
            continue
        users = re.findall(r"\[\d\d\]\(([^)]+)\)", cell.source.partition("*Used in:*")[2])
        forms = cell.metadata["forms"]
        assert users or any(form in docs for form in forms), f"nothing uses {cell.source.splitlines()[0]}"
        for user in users:
            assert any(form.casefold() in texts[user].casefold() for form in forms), (cell.source, user)


def test_the_glossary_is_not_run() -> None:
    cells = json.loads(GLOSSARY.read_text("utf-8"))["cells"]
    assert {cell["cell_type"] for cell in cells} == {"markdown"}
    assert GLOSSARY.stem not in {notebook.name for notebook in find_notebooks()}
