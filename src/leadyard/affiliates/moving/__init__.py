"""Moving in: a LeadDyno account read through its API and made here, with the ids and codes that it had."""
