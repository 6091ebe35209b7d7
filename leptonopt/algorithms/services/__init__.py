"""Services: exact programs over replica counts, prices on shared rows, and neighbourhoods."""
