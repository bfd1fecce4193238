"""Reads a canister's Python source by Kybra's own rules: what it declares, and what is wrong with it.

`read_program` is the way in. The rules follow Kybra 0.7.1: what its code generator accepts, refuses and overlooks, and what
the Rust compiler, the freezer and the running canister do with the rest.
"""

from kybra_replica.python_engine.source.build_cases import build_case_methods
from kybra_replica.python_engine.source.reading import read_program
from kybra_replica.python_engine.source.report import SourceRefused

__all__ = ["SourceRefused", "build_case_methods", "read_program"]
