"""Comparisons of methods: many runs, resumable, with tables, paired tests and figures.

cases           instances to solve with their best-known values, from files and lists
run             one run in a process of its own, and the line that is kept of it
campaign        all combinations of case, method and seed, in parallel; `compare`
results         the lines of a folder, and the measures of a run
statistics      paired tests and confidence intervals
tables          the measures as text: terminal, Markdown, CSV, LaTeX
figures         the measures as pictures
schedule_diff   two plans of one instance, with differences marked
html_report     all tables and figures as one HTML file
generators      families of realistic instances, from a seed
"""
