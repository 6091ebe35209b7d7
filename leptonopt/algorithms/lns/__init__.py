"""Large-neighbourhood search: neighbourhoods, their exact subproblems, and the state of a search."""
