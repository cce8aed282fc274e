"""Tables of text: their form, and reading them."""
