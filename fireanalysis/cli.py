"""The command line: ``fireanalysis list | run | report | fetch | check | classify | segment | index | search``."""

import errno
import os
import sys
from pathlib import Path
from typing import NoReturn

import click

# Whatever takes time to import is imported by the command that needs it: --help answers at once.
from fireanalysis import __version__
from fireanalysis.errors import FireAnalysisError, ParameterError
from fireanalysis.running.profiles import PROFILES

FOLDER = click.Path(path_type=Path)
NOTEBOOKS = click.option(
    "--notebooks", type=FOLDER, help="Folder of the notebooks, if not the package's own."
)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.pass_context
def cli(context: click.Context) -> None:
    """Forensic firearm analysis: four papers as a series of notebooks."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command("list")
@NOTEBOOKS
def list_notebooks(notebooks: Path | None) -> None:
    """List the notebooks: paper, minutes and data."""
    from fireanalysis.running.notebooks import find_notebooks

    for notebook in find_notebooks(notebooks):
        click.echo(f"{notebook.name}\n    {notebook.title}")
        for key in ("paper", "minutes", "data"):
            if said := getattr(notebook, key):
                click.echo(f"    {key}: {said}")


@cli.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--profile", type=click.Choice(PROFILES), default="quick", show_default=True, help="How large.")
@click.option(
    "-p", "parameters", metavar="KEY VALUE", nargs=2, multiple=True, help="Set a notebook's parameter."
)
@click.option("--data", type=FOLDER, help="Folder of real data. Default: simulated.")
@click.option("--jobs", type=int, help="Notebooks at a time, sharing the cores.")
@click.option("--out", type=FOLDER, default="results", show_default=True, help="Run folder.")
@click.option("--resume", is_flag=True, help="Keep what passed before, unless what decides it has changed.")
@click.option(
    "--timeout", type=click.IntRange(1), metavar="SECONDS", help="For each cell. Default: by profile."
)
@NOTEBOOKS
def run(
    names: tuple[str, ...],
    profile: str,
    parameters: tuple[tuple[str, str], ...],
    data: Path | None,
    jobs: int | None,
    out: Path,
    resume: bool,
    timeout: int | None,
    notebooks: Path | None,
) -> int:
    """Run notebooks by NAME or number, or all of them.

    Exit status: 0 only if all passed, 1 if one failed, 2 if the command is wrong, 130 if it was stopped.
    """
    from fireanalysis.running.runner import run_notebooks

    summary = run_notebooks(
        names,
        profile=profile,
        parameters=dict(parameters),
        data=data,
        jobs=jobs,
        out=out,
        resume=resume,
        notebooks=notebooks,
        timeout_s=timeout,
        stream=sys.stdout,
    )
    for failure in summary.failures:
        click.echo(f"error: {failure}", err=True)
    click.echo(summary)
    from fireanalysis.running.report import write_report

    click.echo(f"report: {write_report(out)}")
    return 0 if summary.passed else 130 if summary.stopped else 1


@cli.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
def report(folder: Path) -> None:
    """Write the HTML report of a run folder."""
    from fireanalysis.running.report import write_report

    click.echo(write_report(folder))


@cli.command()
@click.argument("name")
def fetch(name: str) -> None:
    """Fetch a public data set by NAME and say where it is."""
    from fireanalysis.loaders import fetch as fetch_data

    click.echo(fetch_data(name))


@cli.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
def check(folder: Path) -> int:
    """Say what is wrong with a folder of real data; exit status 1 if there is an error, not for warnings."""
    from fireanalysis.loaders import check_folder

    findings = check_folder(folder)
    for row in findings.itertuples():
        click.echo(f"{row.severity}: {row.file}: {row.problem}\n  to do: {row.do}")
    errors = int((findings["severity"] == "error").sum())
    kind = findings.attrs["kind"]
    click.echo(f"{errors} errors and {len(findings) - errors} warnings in {folder}, a folder of {kind}")
    return int(errors > 0)


@cli.command()
@click.argument("sound", metavar="FILE", type=FOLDER)
@click.option(
    "--networks", type=FOLDER, default="results/two_stage", show_default=True, help="Kept by notebook 24."
)
@click.option(
    "--uncertain-below",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="Least probability to name a model. Default: as learned with the networks.",
)
@click.option("--every-piece", is_flag=True, help="Also pieces in which no shot is found.")
def classify(sound: Path, networks: Path, uncertain_below: float | None, every_piece: bool) -> None:
    """Say what each shot in a sound FILE sounds like: category and model, or "uncertain".

    One line for every two seconds that hold a shot. It narrows a search and identifies nobody.
    """
    from fireanalysis.training import TwoStage, classify_recording, introduce

    two_stage = TwoStage.load(networks, device="cpu")
    table, notes = classify_recording(
        sound, two_stage, uncertain_below=uncertain_below, every_piece=every_piece
    )
    click.echo("\n".join([f"networks in {networks}:", *(f"  {line}" for line in introduce(two_stage))]))
    click.echo("\n".join([f"{sound}:", *(f"  {note}" for note in notes)]))
    if table.empty:
        click.echo("  no shot found: a sudden loud sound with something quieter before it")
        click.echo("  to do: if it begins within a burst, classify it all the same with --every-piece")
        return
    click.echo(f"{'time (s)':>10}  {'category':<18}{'probability':>11}  {'model':<20}{'probability':>11}")
    for time_s, category, of_category, model, of_model, uncertain in table.to_numpy(object):
        named = f"{'uncertain' if uncertain else model:<20}{of_model:>11.2f}"
        click.echo(f"{time_s:>10.3f}  {category:<18}{of_category:>11.2f}  {named}")


@cli.command()
@click.argument("file", metavar="FILE", type=FOLDER)
@click.option(
    "--network",
    type=FOLDER,
    default="results/segmentation_network.pt",
    show_default=True,
    help="Kept by notebook 35.",
)
@click.option("--out", type=FOLDER, default="segmented", show_default=True, help="Folder for what is found.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True),
    metavar="P",
    help="Least probability of a firearm's pixel. Default: as chosen with the network.",
)
@click.option("--least-px", type=click.IntRange(1), metavar="N", help="Least pixels of a region. Likewise.")
@click.option("--successive", type=click.IntRange(1), metavar="N", help="Frames in a row. Likewise.")
@click.option("--every", type=click.IntRange(1), metavar="N", default=1, help="Look at one frame in so many.")
@click.option("--fps", type=float, help="Frames a second, if the file does not say or says it wrongly.")
@click.option("--whole", is_flag=True, help="Squash whole frames: fast, loses small things. Default: tiles.")
@click.option("--cut-off", is_flag=True, help="Also a video that ends before its header says.")
def segment(
    file: Path,
    network: Path,
    out: Path,
    threshold: float | None,
    least_px: int | None,
    successive: int | None,
    every: int,
    fps: float | None,
    whole: bool,
    cut_off: bool,
) -> None:
    """Look for firearms in a picture or video FILE.

    Writes a mask, an overlay and a line per frame. It narrows a search and identifies nobody.
    """
    # FFmpeg's own words about a broken file would stand beside ours.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    from fireanalysis.loaders import is_video, read_frames

    # A broken file is met here, before networks take their seconds.
    first = next(read_frames(file, fps=fps))[1] if is_video(file) else None
    from fireanalysis.metrics import AlarmRule
    from fireanalysis.training import fastest, introduce_segmentation, load_segmentation_fit, segment_file

    fit = load_segmentation_fit(network)
    click.echo("\n".join([f"network in {network}:", *(f"  {one}" for one in introduce_segmentation(fit))]))
    given = {"threshold": threshold, "least_px": least_px, "successive": successive}
    chosen = {name: value for name, value in given.items() if value is not None}
    rule = AlarmRule(**{**fit.about.get("rule", {}), **chosen})
    found = segment_file(
        file,
        fit if first is None else fastest(fit, first),
        out=out,
        rule=rule,
        how="whole" if whole else "tiles",
        every=every,
        fps=fps,
        cut_off=cut_off,
    )
    click.echo("\n".join([f"{file}:", *(f"  {line}" for line in (*found.notes, *found.said()))]))
    click.echo("\n".join(["written:", *(f"  {path}" for path in found.files.values())]))


@cli.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--out", type=FOLDER, default="picture_index", show_default=True, help="Folder of the index.")
@click.option(
    "--network", type=FOLDER, help="Kept by notebook 44. Default: one that is not trained for firearms."
)
@click.option("--update", is_flag=True, help="Bring an index up to date: new, changed and removed files.")
@click.option(
    "--approximate", is_flag=True, help="Also build what an approximate search needs; say what it misses."
)
def index(folder: Path, out: Path, network: Path | None, update: bool, approximate: bool) -> None:
    """Describe every picture below DIR, so that they can be searched by a picture.

    A run that is stopped is continued by the same command. Files that cannot be read are passed over and listed.
    """
    from fireanalysis.training import index_folder

    made = index_folder(folder, out, network=network, update=update, approximate=approximate)
    click.echo("\n".join([f"network of {out}:", *(f"  {line}" for line in made.network.said())]))
    click.echo("\n".join([f"{folder}:", *(f"  {line}" for line in made.notes)]))


@cli.command()
@click.argument("picture", metavar="PICTURE", type=FOLDER)
@click.option(
    "--index", type=FOLDER, default="picture_index", show_default=True, help="Made by the command index."
)
@click.option("--top", type=click.IntRange(1), metavar="N", default=10, show_default=True, help="So many.")
@click.option("--approximate", is_flag=True, help="Search only a part of the index.")
@click.option("--out", type=FOLDER, help="Also write a table (.csv) or a page with the pictures (.html).")
def search(picture: Path, index: Path, top: int, approximate: bool, out: Path | None) -> None:
    """List the pictures of an index that are nearest to a PICTURE.

    It narrows a search and identifies nobody.
    """
    from fireanalysis.training import search_pictures

    found = search_pictures(picture, index, top=top, approximate=approximate, out=out)
    click.echo("\n".join([f"network of {index}:", *(f"  {line}" for line in found.network.said())]))
    click.echo("\n".join([f"{picture}:", *(f"  {note}" for note in found.notes)]))
    click.echo(f"{'rank':>6}{'score':>8}  picture")
    for row in found.table.itertuples():
        click.echo(
            f"{row.rank:>6}{row.score:>8.3f}  {row.file}{'  (the same pixels)' if row.identical else ''}"
        )
    if out is not None:
        click.echo(f"written: {out}")


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command and leave with its exit status; what a user caused is one message, not a traceback."""
    try:
        sys.exit(cli.main(arguments, prog_name="fireanalysis", standalone_mode=False))
    except FireAnalysisError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2 if isinstance(error, ParameterError) else 1)
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()}\n  to do: see fireanalysis --help", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG):
            raise
        click.echo(f"error: {error}\n  to do: free the disk, or set TMPDIR or --out to another", err=True)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


if __name__ == "__main__":
    main()
