"""A plan for users: its document, exact bill, report, pictures and columns."""
