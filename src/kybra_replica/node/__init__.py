"""A node of the local replica: what stands between the bytes of a request and the subnet, without HTTP."""
