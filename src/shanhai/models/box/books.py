"""The ledger of a box model, which is that of any network."""

from shanhai.core.network_ledger import ledger

__all__ = ["ledger"]
