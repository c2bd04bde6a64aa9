"""One module per ECG format, found by being here.

Each offers `NAME`, `SUFFIX`, `ORDER` (lower looks first), `claims(head)` on a file's first bytes, and
`read(path) -> ForeignEcg`, which raises NotImported for whatever is wrong with the file.
"""
