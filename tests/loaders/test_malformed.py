"""Whatever is wrong with a file: one DataError that says what, where and what to do; nothing else happens."""

import resource
import time
import tracemalloc
import warnings

import pytest

from fireanalysis.errors import DataError
from fireanalysis.loaders import read_surface

from . import malformed


def check_refused(path, capfd) -> DataError:
    tracemalloc.start()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(DataError) as caught:
                read_surface(path, pixel_size_um=None if str(path).endswith(".x3p") else 6.25,
                             height_scale_um=None if str(path).endswith(".x3p") else 1.0)  # fmt: skip
        seconds = time.perf_counter() - started
        python_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    error = caught.value
    assert error.what.strip() and error.do.strip() and str(error.where) == str(path)
    assert len(error.what) < 600 and "Traceback" not in error.what
    assert capfd.readouterr() == ("", "")
    assert seconds < 2
    assert python_bytes < 50e6 and grown < 150e6
    return error


@pytest.mark.parametrize("kind", [malformed.x3p_files, malformed.other_files])
def test_each_malformed_file_is_one_data_error(kind, tmp_path, capfd):
    wrong, count = [], 0
    for name, path in kind(tmp_path):
        capfd.readouterr()
        count += 1
        try:
            check_refused(path, capfd)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            wrong.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong)
    print(kind.__name__, count)
    assert count >= 60
