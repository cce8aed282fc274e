"""The front door: words, jobs and sweeps, and Hydra's errors in one line. Only this room imports Hydra."""
