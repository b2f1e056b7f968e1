import pickle

from fireanalysis.errors import DataError, FireAnalysisError


def test_message_says_what_where_and_what_to_do() -> None:
    error = DataError("size is 3 bytes; at least 100 are needed", where="a.x3p", do="copy the file again")
    assert isinstance(error, FireAnalysisError)
    assert str(error).splitlines() == [
        "size is 3 bytes; at least 100 are needed",
        "  where: a.x3p",
        "  to do: copy the file again",
    ]


def test_survives_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(DataError("what", where="here", do="this")))
    assert (type(error), error.what, error.where, error.do) == (DataError, "what", "here", "this")
