"""Method "partition": the work of each component by itself, as its nodes of the model graph (`graph_execution`) or as
calls from the activation store (`eager_execution`)."""
