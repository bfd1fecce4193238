"""Ingress: from the bytes of a request to a checked, authenticated request, or a refusal with its HTTP status and text."""
