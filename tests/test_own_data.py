"""The page on one's own data does what it says: its blocks are run one after the other in an empty folder."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from fireanalysis.cli import main
from fireanalysis.errors import DataError
from fireanalysis.loaders import (
    DataSet,
    enough_groups,
    load_feature_tables,
    load_predictions,
    split,
    split_classes,
    split_crossed,
)

SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "own_data.md"


class Block(NamedTuple):
    """A fenced block: what is in it, whether it is marked as slow, and the text block right behind it."""

    kind: str
    text: str
    slow: bool
    says: str | None


def blocks(page: str) -> Iterator[Block]:
    found = list(re.finditer(r"(<!-- slow -->\s*)?^```(\w*)\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
    for one, after in zip(found, [*found[1:], None], strict=True):
        told = after and after[2] == "text" and not page[one.end() : after.start()].strip()
        yield Block(one[2], one[3], bool(one[1]), after[3] if after and told else None)


BLOCKS = [block for block in blocks(PAGE.read_text("utf-8")) if block.kind in ("python", "sh")]


def test_its_blocks_run_and_say_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in BLOCKS:
        if block.kind == "python":
            exec(compile(block.text, PAGE.name, "exec"), names)
        elif not block.slow:
            for line in block.text.splitlines():
                with pytest.raises(SystemExit) as left:
                    main(shlex.split(line)[1:])
                assert left.value.code == int(block.says is not None and "\nerror: " in f"\n{block.says}"), (
                    line
                )
        said = capsys.readouterr().out
        assert block.says is None or said == block.says, block.text
    record = names["record"]
    assert isinstance(record, dict) and record["source"] == "real" and record["intervals"] is not None
    assert (tmp_path / "results_scans" / "report" / "index.html").is_file()


def test_every_paper_is_checked_and_run() -> None:
    commands = [line.split() for block in BLOCKS if block.kind == "sh" for line in block.text.splitlines()]
    checked = {words[2] for words in commands if words[1] == "check"}
    run = {words[words.index("--data") + 1]: words for words in commands if words[1] == "run"}
    assert checked == {
        f"simulated_{name}" for name in ("scans", "recordings", "pictures", "classes", "scores")
    }
    decades = {folder: words[2][0] for folder, words in run.items()}
    assert set(decades.values()) == set("12345") and checked < set(run)
    assert all(words[words.index("--profile") + 1] == "smoke" for words in run.values())
    assert (
        sum(not block.slow for block in BLOCKS if " run " in block.text) == 1
    )  # the others: tests/notebooks


def test_messages_it_quotes_are_the_package_s() -> None:
    table = PAGE.read_text("utf-8").split("## Common faults and what they say")[1]
    quoted = [
        text
        for row in table.splitlines()
        if row.startswith("| `")
        for text in re.findall(r"`([^`]+)`", row.split("|")[1])
    ]
    assert len(quoted) > 10
    code = "".join(path.read_text("utf-8") for path in (ROOT / "fireanalysis").rglob("*.py"))
    assert [text for text in quoted if text not in code] == []


def test_what_is_said_of_tables_without_check_is_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "brand.csv").write_text(
        "part,group,truth,p a,p b\ncalibration,1,a,0.5,0.5\ntest,2,b,0.5,0.5\n"
    )
    with pytest.raises(SystemExit):
        main(["check", str(tmp_path)])
    assert "no data of a known kind" in capsys.readouterr().err
    assert len(load_predictions(tmp_path)["brand"]) == 2
    (tmp_path / "brand.csv").write_text("group,batch,height\n1,a,0.5\n")
    assert len(load_feature_tables(tmp_path)["brand"]) == 1


def toy(columns: dict[str, list], *, label: str, group: str) -> DataSet:
    return DataSet(pd.DataFrame(columns), list, label=label, group=group, source="real", name="toy")


def test_so_many_groups_are_needed_as_the_page_says() -> None:
    page = PAGE.read_text("utf-8")
    assert "three firearms a brand" in page and "three sessions a model" in page
    cases = toy({"brand": list("AAABBBCC"), "firearm": list(range(8))}, label="brand", group="firearm")
    assert set(enough_groups(cases, parts=3).labels) == {"A", "B"}
    with pytest.raises(DataError, match="2 are needed"):
        enough_groups(cases.subset(cases.labels != "A"), parts=3)
    parts = split(cases, SHARES, seed=0, each_label=True)
    assert all({"A", "B"} <= set(part.labels) for part in parts.values())
    assert "C" not in parts["validation"].labels

    assert "twelve of each or more" in page
    for count, drawn in ((11, 1), (12, 2)):
        pairs = [(firearm, place) for firearm in range(count) for place in range(count)]
        columns = {"type": ["pistol"] * len(pairs)} | {
            name: [f"{name} {pair[k]}" for pair in pairs] for k, name in enumerate(("firearm", "background"))
        }
        test = split_crossed(toy(columns, label="type", group="background"), SHARES, seed=0)["test"]
        assert test.table["background"].nunique() == test.table["firearm"].nunique() == drawn

    assert "twenty classes or more" in page
    for count, drawn in ((12, 1), (20, 2)):
        named = [f"model {number // 4}" for number in range(4 * count)]
        pictures = toy(
            {"class": named, "source_picture": list(range(4 * count))}, label="class", group="source_picture"
        )
        assert len(set(split_classes(pictures)["validation"].labels)) == drawn
