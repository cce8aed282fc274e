"""How a model trains."""
