"""Rules as functions and small frozen types: no I/O, no clock."""
