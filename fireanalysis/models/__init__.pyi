from .backbones import backbone, head_name, memory_format, without_head
from .cartridge import random_forest, support_vector_machine

__all__ = [
    "backbone",
    "head_name",
    "memory_format",
    "random_forest",
    "support_vector_machine",
    "without_head",
]
