"""The APIs of other products, spoken by Leadyard: routes and wire formats only."""
