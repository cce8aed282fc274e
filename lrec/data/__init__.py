"""Data: from a file's rows to interactions, histories, and a split of them."""
