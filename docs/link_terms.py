"""Link the first use of each glossary term in every numbered notebook, and keep the glossary's index.

    python docs/link_terms.py            # write the links
    python docs/link_terms.py --check    # only say what would change; ends with 1 if anything would

The glossary is `notebooks/glossary.ipynb`, a cell a term: the heading ``### Term``, its text, and in the cell's
metadata `forms`, the words that are a use of it, and `except`, phrases in which these words mean something else.
A form with a capital letter counts as written, another one in any case but all capitals (these name parameters);
both as whole words.

Every link to ``glossary.ipynb#...`` in a numbered notebook belongs to this script: all are taken away and the first
uses linked anew, so running it twice changes nothing, and a link follows when an earlier use is written or a term
goes. Titles, headings, code, formulas, HTML, header rows of tables and texts of other links stay as they are.
"""

import difflib
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "notebooks"
GLOSSARY = "glossary.ipynb"
OURS = re.compile(rf"\[([^\[\]]*)\]\({re.escape(GLOSSARY)}#[^()]*\)")
USED_IN = "*Used in:* "

# Where no link is put. The first alternative that begins furthest left wins, so code may hold a dollar sign.
KEPT = r"""
    ^[ \t]*(?P<fence>```+|~~~+) .*? (?:^[ \t]*(?P=fence)|\Z)           # fenced code
  | ^[ ]{0,3}\#{1,6}[ ][^\n]*                                          # heading
  | ^[^\n]+\n(?:=+|-+)[ \t]*$                                          # heading, underlined
  | ^[^\n]*\|[^\n]*\n[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t:-]*)*$       # header row of a table
  | ^\*\*(?:Paper|Minutes|Data):\*\*[^\n]*                             # what `fireanalysis list` reads
  | (?P<ticks>`+) .+? (?P=ticks)                                       # code
  | \$\$.+?\$\$ | (?<!\\)\$(?=\S)[^$]+?(?<=\S)\$                       # formula
  | \\begin\{(?P<name>[a-z]+\*?)\} .*? \\end\{(?P=name)\}
  | !?\[[^\[\]]*\](?:\([^()]*\)|\[[^\[\]]*\])                          # link or picture
  | <!--.*?--> | <a\b.*?</a> | </?[a-zA-Z][^<>]*> | https?://[^\s)]+   # HTML, address
"""


@dataclass(frozen=True)
class Term:
    """A term of the glossary: its heading, the words that are a use of it, and phrases that are none."""

    name: str
    forms: tuple[str, ...]
    exceptions: tuple[str, ...] = ()

    @property
    def anchor(self) -> str:
        """Name the heading as JupyterLab and nbconvert do: its text with dashes for spaces."""
        return self.name.replace(" ", "-")


def read_terms(glossary: dict[str, Any]) -> list[Term]:
    """Read the terms of a glossary notebook, in its order."""
    terms = []
    for cell in glossary["cells"]:
        heading = re.match(r"### (.+)", "".join(cell["source"]))
        if heading:
            said = cell["metadata"]
            terms.append(Term(heading[1], tuple(said["forms"]), tuple(said.get("except", ()))))
    return terms


def link_first_uses(texts: Iterable[str], terms: Iterable[Term]) -> tuple[list[str], list[str]]:
    """Link the first use of each term in a notebook's Markdown cells.

    Parameters
    ----------
    texts : iterable of str
        The Markdown cells of one notebook in their order.
    terms : iterable of Term
        The glossary.

    Returns
    -------
    list of str
        The same texts with links to the glossary on first uses and nowhere else.
    list of str
        Names of the terms that are used, in the order of their first use.

    Examples
    --------
    >>> terms = [Term("Precision", ("precision",)), Term("Mean average precision", ("average precision",))]
    >>> link_first_uses(["Average precision is not precision."], terms)[0][0]
    '[Average precision](glossary.ipynb#Mean-average-precision) is not [precision](glossary.ipynb#Precision).'
    """
    owners = {form: term for term in terms for form in term.forms}
    owners |= {phrase: None for term in terms for phrase in term.exceptions}
    # The longest first: "average precision" is no use of "precision".
    words = sorted(owners, key=len, reverse=True)
    named = {f"word{at}": owners[word] for at, word in enumerate(words)}
    found = "|".join(f"(?P<word{at}>{_pattern(word)})" for at, word in enumerate(words))
    scan = re.compile(rf"{KEPT}|(?<![\w-])(?:{found})(?![\w]|-\w)", re.M | re.S | re.X)
    used: list[str] = []

    def linked(match: re.Match[str]) -> str:
        term = named.get(match.lastgroup or "")
        parameter = match[0].isupper() and match[0] not in owners
        if term is None or term.name in used or parameter:
            return match[0]
        used.append(term.name)
        return f"[{match[0]}]({GLOSSARY}#{term.anchor})"

    return [scan.sub(linked, OURS.sub(r"\1", text)) for text in texts], used


def _pattern(form: str) -> str:
    """Match a form, also where a line ends between two of its words."""
    words = r"(?:[\ ]|\n[\ ]*)".join(re.escape(word) for word in form.split())
    return words if form != form.lower() else f"(?i:{words})"


def index(terms: Iterable[Term]) -> str:
    """Write the alphabetical index: every term, and abbreviations that lead to one."""
    entries = {term.name: term.anchor for term in terms}
    for term in terms:
        short = [form for form in term.forms if " " not in form and sum(map(str.isupper, form)) > 1]
        entries |= {form: term.anchor for form in short if not form.endswith("s") and term.name not in form}
    lines: dict[str, list[str]] = {}
    for name in sorted(entries, key=str.casefold):
        lines.setdefault(name[0].upper(), []).append(f"[{name}](#{entries[name]})")
    return "\n\n".join(f"**{letter}** {' · '.join(names)}" for letter, names in lines.items())


def linked_notebooks(folder: Path) -> dict[Path, dict[str, Any]]:
    """Read the glossary and the numbered notebooks of a folder, with their links as they should be."""
    glossary = json.loads((folder / GLOSSARY).read_text("utf-8"))
    terms = read_terms(glossary)
    made, users = {}, {term.name: [] for term in terms}
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        made[path] = json.loads(path.read_text("utf-8"))
        cells = [cell for cell in made[path]["cells"] if cell["cell_type"] == "markdown"]
        texts, used = link_first_uses(["".join(cell["source"]) for cell in cells], terms)
        for cell, text in zip(cells, texts, strict=True):
            cell["source"] = text.splitlines(keepends=True)
        for name in used:
            users[name].append(f"[{path.name[:2]}]({path.name})")
    for cell in glossary["cells"]:
        text = "".join(cell["source"])
        if "index" in cell["metadata"].get("tags", []):
            text = f"## Index\n\n{index(terms)}"
        elif heading := re.match(r"### (.+)", text):
            text = text.split(f"\n\n{USED_IN}")[0]
            places = ", ".join(users[heading[1]])
            text += f"\n\n{USED_IN}{places}" if places else ""
        cell["source"] = text.splitlines(keepends=True)
    return {**made, folder / GLOSSARY: glossary}


def main(arguments: list[str], folder: Path = FOLDER) -> int:
    """Write the links, or with ``--check`` say what would change."""
    changed = 0
    for path, notebook in linked_notebooks(folder).items():
        before = json.loads(path.read_text("utf-8"))
        if notebook == before:
            continue
        changed += 1
        print(path.name)
        lines = ["".join(line for cell in book["cells"] for line in [*cell["source"], "\n"]).splitlines()
                 for book in (before, notebook)]  # fmt: skip
        for line in difflib.unified_diff(*lines, n=0, lineterm=""):
            if not line.startswith(("---", "+++", "@@")):
                print(f"  {line}")
        if "--check" not in arguments:
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(bool(changed) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
