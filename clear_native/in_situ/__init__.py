"""Method "in_situ": components weighed inside the running model, whose calls run twice or not at all: in a captured
forward (`graph_dosing`) or in the model's own (`eager_dosing`)."""
