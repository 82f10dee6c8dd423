"""The doors: one verb, reached by command, mention, shortcut, button or form, with one permission."""
