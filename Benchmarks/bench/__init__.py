"""The benchmarks of projfs: what they share. The cases themselves are in `bench.cases`."""
