"""Energy of code that is no model: windows in a running program, and callables as workloads."""
