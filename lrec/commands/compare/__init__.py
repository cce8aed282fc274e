"""`lrec compare`: models against a baseline, by bucket, with intervals and verdicts."""
