import numpy as np
import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import check_folder, load_comparison_scores
from fireanalysis.metrics import cllr, fit_likelihood_ratio

HEAD = "weapon1,weapon2,hypothesis,accf,cmc,n,split1,split2\n"
ROWS = "a,a,1,60.5,12,30,t,v\nb,b,1,50,10,31,t,t\nc,c,1,40,9,32,v,t\na,b,0,9,0,30,t,n\na,c,0,8,1,30,n,n\n"


def written(folder, text: str, name: str = "firing_pin_impression.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_table_is_read_as_it_is_and_what_no_split_validates_is_one_more(tmp_path) -> None:
    (table,) = load_comparison_scores(written(tmp_path, HEAD + ROWS)).values()
    assert table["reference"].tolist() == list("abcaa") and table["same"].tolist() == [True] * 3 + [False] * 2
    assert table["accf"].tolist() == [60.5, 50, 40, 9, 8] and table["cmc"].dtype == np.int64
    assert table["split1"].tolist() == list("ttvtn") and table["split2"].tolist() == list("vttnn")
    assert table["split3"].tolist() == list("tvtnt")  # b alone is left
    assert table.attrs["scores"] == ["accf", "cmc", "n"] and table.attrs["source"] == "real"
    assert (
        table.attrs["splits"] == ["split1", "split2", "split3"]
        and "split3: 1 weapons" in table.attrs["notes"][0]
    )


def test_other_names_text_and_marks(tmp_path) -> None:
    """As the institute wrote the tables in 2026: no splits, material and type of either mark."""
    head = "Weapon1, Weapon2 ,Material1,Hypothesis,Matching Cells,Total Cells\r\n"
    rows = "".join(
        f"w{n},w{m},Brass,{int(n == m)},{9 * (n == m)},40\r\n" for n in range(9) for m in range(n, 9)
    )
    written(tmp_path, head + rows, "breech_face_impression.csv")
    written(tmp_path, "reference,questioned,same,my score\na,a,True,2\na,b,False,1\n", "ejector-marks.csv")
    written(tmp_path, "file,label\nx.png,1\n", "manifest.csv")
    (tmp_path / "broken.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty.csv").write_text("")
    tables = load_comparison_scores(tmp_path, seed=3)
    assert list(tables) == ["breech face", "ejector marks"]
    table = tables["breech face"]
    assert table.attrs["scores"] == ["cmc", "n"] and tables["ejector marks"].attrs["scores"] == ["my score"]
    held = [
        set(np.unique(table.loc[table[s] == "v", ["reference", "questioned"]])) for s in table.attrs["splits"]
    ]
    assert [len(one) for one in held] == [3, 3, 3] and len(set().union(*held)) == 9
    for split, of in zip(table.attrs["splits"], held, strict=True):
        within = table[["reference", "questioned"]].isin(of).sum(axis=1)
        assert (table[split] == within.map({0: "t", 1: "n", 2: "v"})).all()
    again = load_comparison_scores(tmp_path, seed=3)["breech face"]
    assert again.equals(table) and not load_comparison_scores(tmp_path, seed=4)["breech face"].equals(table)


def test_the_default_is_simulated_and_gives_likelihood_ratios() -> None:
    tables = load_comparison_scores(seed=2)
    assert list(tables) == ["breech face", "firing pin", "aperture shear"]
    for table in tables.values():
        assert table.attrs["source"] == "simulated" and table.attrs["notes"] == []
        train, test = (table[table["split1"] == part] for part in "tv")
        assert not set(np.unique(train[["reference", "questioned"]])) & set(test["questioned"])
        score = table.attrs["scores"][-1]
        system = fit_likelihood_ratio(train[score], train["same"], method="kde")
        assert 0 < cllr(system.log10(test[score]), test["same"]) < 0.8


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (HEAD + "a,b,1,60,12,30,t,t\n", "1 pairs whose weapons contradict their hypothesis, lines 2"),
        (HEAD + ROWS.replace("60.5", "high"), "column 'accf': 1 cells cannot be read, lines 2: 'high'"),
        (HEAD + ROWS.replace("60.5", "inf"), "column 'accf': 1 cells"),
        (HEAD + ROWS.replace("60.5", ""), "column 'accf': 1 cells cannot be read, lines 2: ''"),
        (
            HEAD + ROWS.replace("b,b,1", "b,b,maybe"),
            "column 'same': 1 cells cannot be read, lines 3: 'maybe'",
        ),
        (HEAD + ROWS.replace("b,b", ",b"), "column 'reference': 1 cells"),
        (HEAD + ROWS.replace("n,n", "x,n"), "column 'split1': 1 cells cannot be read, lines 6: 'x'"),
        (
            HEAD + ROWS.replace("a,c,0,8,1,30,n", "a,c,0,8,1,30,v"),
            "split1: 1 weapons are in training and in valid",
        ),
        (HEAD, "no score of a pair"),
        ("weapon1,weapon2,hypothesis,material\na,a,1,brass\n", "no score of a pair"),
        (HEAD.replace("cmc", "Reference") + ROWS, "two columns 'reference'"),
        ("file,label\nx,1\n", "no table of comparison scores"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path, text: str, what: str) -> None:
    with pytest.raises(DataError, match=what):
        load_comparison_scores(written(tmp_path, text))


def test_a_folder_of_tables_is_checked(tmp_path) -> None:
    rows = "".join(f"w{n},w{m},{int(n == m)},0.{n}\n" for n in range(30) for m in range(n, 30))
    written(tmp_path, "weapon1,weapon2,hypothesis,ccf\n" + rows, "aperture_shear.csv")
    found = check_folder(tmp_path)
    assert found.attrs["kind"] == "comparison scores"
    assert found[["severity", "problem"]].to_numpy().tolist() == [
        ["warning", "no split in the table: weapons dealt to 3 parts"]
    ]
    found = check_folder(written(tmp_path, HEAD + ROWS + ROWS[:20] + "\n"))
    problems = found.loc[found["file"] == "firing pin", "problem"].tolist()
    assert "1 lines are there twice" in problems and "3 weapons: intervals will be too narrow" in problems
    assert "split1: 1 of 1 pairs in validation are of one weapon" in problems
    assert "split3: 1 weapons that no split of the table validates" in problems
    assert (found["severity"] == "error").any()
    (finding,) = check_folder(written(tmp_path, HEAD + "a,b,1,60,12,30,t,t\n")).itertuples()
    assert finding.severity == "error" and "contradict" in finding.problem
    (finding,) = check_folder(written(tmp_path, HEAD + ROWS.replace("60.5", "high"))).itertuples()
    assert finding.severity == "error" and "cells cannot be read, lines 2: 'high'" in finding.problem
    (finding,) = check_folder(
        written(tmp_path, HEAD + ROWS.replace("a,c,0,8,1,30,n", "a,c,0,8,1,30,v"))
    ).itertuples()
    assert finding.severity == "error" and "are in training and in validation" in finding.problem


def test_a_manifest_alone_is_still_no_data(tmp_path) -> None:
    with pytest.raises(DataError, match="no data of a known kind"):
        check_folder(written(tmp_path, "file,label\nx,1\n", "manifest.csv"))


def test_the_real_tables(real_cartridges) -> None:
    tables = load_comparison_scores(real_cartridges / "comparison_scores")
    counts = {mark: (len(table), int(table["same"].sum())) for mark, table in tables.items()}
    assert counts == {"aperture shear": (19900, 199), "breech face": (1515, 188), "firing pin": (726, 196)}
    for table in tables.values():
        validated = [set(table.loc[table[split] == "v", "questioned"]) for split in table.attrs["splits"]]
        assert len(validated) == 3 and len(set().union(*validated)) == sum(map(len, validated))
