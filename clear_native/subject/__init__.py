"""The user's model and inputs: checked, inputs normalized, components found, and all left as it came."""
