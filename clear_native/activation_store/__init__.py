"""Module calls kept with their inputs and outputs, so that each can be made again: `activations` first."""
