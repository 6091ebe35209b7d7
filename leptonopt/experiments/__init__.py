"""Methods against each other: many runs, resumable, and what can honestly be said of them afterwards.

cases       what is solved: instances with their best-known values, from files and lists
runs        one run in a process of its own, and the line that is kept of it
campaign    all pairs of case, method and seed, side by side; `compare`
records     the lines of a folder, and the figures that follow from one
certainty   paired tests and intervals: whether a difference is one
tables      the figures as text: terminal, Markdown, CSV, LaTeX
curves      the figures as pictures
page        all of it as one HTML file
"""
