"""What the command line prints: generated files and pages."""
