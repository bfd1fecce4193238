"""What the fixture `write_project` gives: a function that writes files by their paths and answers the project they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from checks.project import Project

WriteProject = Callable[[Mapping[str, str]], Project]
