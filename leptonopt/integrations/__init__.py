"""Read the state of real systems, price lists and bills as instances in the native format."""
