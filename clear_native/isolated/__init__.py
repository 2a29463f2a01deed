"""Method "isolated": the modules of each component replayed alone: which `calls`, their `graphs`, and the targets made
of them (`execution`)."""
