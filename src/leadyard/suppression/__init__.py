"""Suppression lists: values that were uploaded, plain or hashed, kept as digests and looked up one by one."""
