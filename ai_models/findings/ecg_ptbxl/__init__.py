"""Statements on a twelve-lead ECG."""
