"""FLOPs and bytes of every component: `cost` counts one forward, `flops` and `traffic` know one operator."""
