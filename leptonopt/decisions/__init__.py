"""Answer what-if, why-not and what-does-it-cost, as proven intervals."""
