"""Bundles: a model as a folder of data that any language can read and run. `docs/bundles.md` is the format."""
