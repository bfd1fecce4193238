"""Bugs that somebody could make in the money code, each with the tests that must notice it.

A test suite that passes says little about what it would catch. Here it is tried out: each bug of the lists (`sharing`, `streams_of_money`,
`books`, `ledger`, `payments`, `splitter_sales`, `splitter`, `governing`) is put into a copy of the tree, the tests named with it are run,
and one of them must fail by what it asserts, not by an import or a typing error. A bug that no test notices is a hole in the suite.

The lists name source text, so they go stale when the source changes: a text that does not occur exactly once is an error, in
`scripts/mutate` and in the tests of every day, never a bug that is silently left out.
"""
