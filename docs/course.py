"""Write the running times of docs/course.md from the kept records.

    python docs/course.py                   # after quick-two-cores.json was kept again
    python docs/course.py SMOKE_RUN_FOLDER  # first keep the seconds of `fireanalysis run --profile smoke`

A test holds the table to the records. The last two columns, where a notebook comes in the course and how long to
read and discuss it, are the course's own and stay as they are.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
COURSE = HERE / "course.md"
QUICK, SMOKE = HERE / "results" / "quick-two-cores.json", HERE / "results" / "smoke-seconds.json"
ROW = re.compile(r"^(\| \[(\d\d_\w+)\]\(\S+\) \|)[^|]*\|[^|]*\|", re.M)


def keep_smoke(folder: Path) -> None:
    """Keep the seconds of a run folder's notebooks, and what they were measured with."""
    run = json.loads((folder / "run.json").read_text("utf-8"))
    records = [json.loads(path.read_text("utf-8")) for path in sorted((folder / "records").glob("*.json"))]
    if {record["profile"] for record in records} != {"smoke"}:
        sys.exit(f"{folder}: not a run of profile smoke")
    content = {key: records[0][key] for key in ("profile", "source", "device", "versions")}
    content |= {"notebooks_at_a_time": run["jobs"], "seconds_of_the_run": run["seconds"]}
    content["seconds"] = {record["notebook"]: record["seconds"] for record in records}
    SMOKE.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def with_times(text: str) -> str:
    """Put the recorded times into the table: minutes in quick, seconds in smoke."""
    quick = {record["notebook"]: record["seconds"] / 60 for record in json.loads(QUICK.read_text("utf-8"))}
    smoke = json.loads(SMOKE.read_text("utf-8"))["seconds"]
    return ROW.sub(lambda row: f"{row[1]} {quick[row[2]]:.1f} | {smoke[row[2]]:.0f} |", text)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        keep_smoke(Path(sys.argv[1]))
    COURSE.write_text(with_times(COURSE.read_text("utf-8")), encoding="utf-8")
