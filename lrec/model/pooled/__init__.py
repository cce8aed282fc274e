"""Models that pool a history to one vector."""
