"""One forward as a CUDA graph whose parts can be replayed: `capture` makes it, the others say which buffers are kept or
share memory, and whether the graph does what eager does."""
