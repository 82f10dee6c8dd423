"""Use cases that leave the machine. They open their own transactions and take no session."""
