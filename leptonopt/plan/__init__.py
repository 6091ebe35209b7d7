"""A plan for users: its document, exact bill, report, differences, pictures, page and columns."""
