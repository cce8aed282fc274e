"""Keras layers. They import TensorFlow: import them inside methods."""
