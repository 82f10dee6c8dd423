"""Every query, one module for each noun."""
