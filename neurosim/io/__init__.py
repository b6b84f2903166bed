"""Physiology in and out, one format a file."""
