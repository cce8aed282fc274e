"""Output for people: the terminal, figures, numbers in print, self-contained pages."""
