"""The errors a user can cause: each says what is wrong, where, and what to do about it."""


class FireAnalysisError(Exception):
    """Something a user handed in, or their machine, stops the work. Anything else that is raised is our bug.

    Parameters
    ----------
    what : str
        What is wrong, quoting the value found and what is allowed.
    where : object, optional
        The file, folder, cell or argument it was found in.
    do : str
        What to do next.

    Examples
    --------
    >>> print(FireAnalysisError("sigma is -1.0; it must be above 0", where="shape_index", do="pass sigma=3.0"))
    sigma is -1.0; it must be above 0
      where: shape_index
      to do: pass sigma=3.0
    """

    def __init__(self, what: str, *, where: object = None, do: str) -> None:
        self.what, self.where, self.do = what, where, do
        lines = [what, f"  where: {where}" if where is not None else "", f"  to do: {do}"]
        super().__init__("\n".join(line for line in lines if line))

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions pickle by their args alone; keyword-only fields would be lost between processes.
        return _rebuild, (type(self), self.what, self.where, self.do)


class DataError(FireAnalysisError):
    """A file, folder, table or array is not what it must be."""


class ParameterError(FireAnalysisError):
    """An argument or parameter has an unknown name or a value outside what is allowed."""


class RunError(FireAnalysisError):
    """A notebook did not run to its end, or a run folder cannot be used."""


def _rebuild(kind: type[FireAnalysisError], what: str, where: object, do: str) -> FireAnalysisError:
    return kind(what, where=where, do=do)
