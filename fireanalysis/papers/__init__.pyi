from .tables import check_keys, compare, paper_values

__all__ = ["check_keys", "compare", "paper_values"]
