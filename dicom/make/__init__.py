"""Objects made from pictures and samples at hand, for the demo, the tests and the benchmarks."""
