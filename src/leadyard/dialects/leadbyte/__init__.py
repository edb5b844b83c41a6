"""LeadByte's REST and classic form APIs."""
