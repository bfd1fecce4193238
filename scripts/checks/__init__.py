"""What the repository holds its own sources to, beyond what ruff and mypy know.

`python -m checks` runs every part, `python -m checks layers words` the parts named. A finding says where, what, why and how to mend it.
A line that breaks a rule on purpose says so: `# allow <rule>: <reason>` on that line, or alone on the line above.
"""
