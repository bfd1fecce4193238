"""A replica in a directory: everything of a subnet as rows beside its stable memory, and back.

`load(subnet, open_module)` once, on a subnet made of nothing but its store; then `save(subnet)` before every `store.flush()`. A flush
is one transaction of the database, so a process that ends at any moment leaves whole blocks.
"""

from kybra_replica.state.disk import load, save
from kybra_replica.state.formats import FORMAT, StateUnreadable

__all__ = ["FORMAT", "StateUnreadable", "load", "save"]
