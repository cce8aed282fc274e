"""Blends: several trained models as one, their scores mixed as probabilities of each user's."""
