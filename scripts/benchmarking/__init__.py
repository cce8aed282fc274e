"""The harness of the benchmarks: data, processes, rounds, results, and their page."""
