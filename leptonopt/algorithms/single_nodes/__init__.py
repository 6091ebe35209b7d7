"""Search over schedules on single nodes: servers that are on or off, each a kind of its own.

`partial_schedule` places a group over all its nodes at once; `construction` inserts groups in an order;
`ejection_pool` makes room for those that fit nowhere; `ruin_and_recreate` improves; `search` puts them together.
`best_fit` assigns tasks at given starts to nodes: bin packing over time.
"""
