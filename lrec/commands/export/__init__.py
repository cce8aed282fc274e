"""`lrec export`: a saved model in TensorFlow's formats."""
