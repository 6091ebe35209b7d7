"""What very large problems are solved with: arrays over all options at once, and compiled loops where numba is there.

`oracle` finds every group's cheapest column at given prices, `staging` fills pools by them in stages, `ejecting`
improves what stands. All of it knows `Problem` alone. `leptonopt[fast]` brings numba, which places and improves some
twenty times as fast; without it numpy does the same work in batches.
"""
