"""Instances and plans as columns, for what a tree of tasks is too large for (docs/columns.md).

`reading` takes a file or folder of columns, with every check vectorised; `compiling` makes a `Problem` of it without a
Python object per task; `writing` puts a plan and a certificate down as columns.
"""
