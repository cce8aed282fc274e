"""The front door: words, jobs, sweeps, Hydra's errors in one line. Only here Hydra is imported."""
