"""Model shapes (presets) and the rules that tell which module is which component."""
