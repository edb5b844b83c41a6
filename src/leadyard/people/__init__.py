"""People: one record per person, found by e-mail address."""
