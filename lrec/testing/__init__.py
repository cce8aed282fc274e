"""The contract that every component keeps; see `lrec.testing.model`."""
