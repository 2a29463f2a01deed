"""The published protocol of CLEAR (arXiv 2510.02810): loops over single modules, the counter read before and after."""
