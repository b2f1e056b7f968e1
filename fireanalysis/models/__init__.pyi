from .backbones import backbone, head_name, without_head

__all__ = [
    "backbone",
    "head_name",
    "without_head",
]
