"""Tables as they come: reading, columns, item features."""
