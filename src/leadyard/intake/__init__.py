"""How a submission becomes a lead: fields, judging, duplicate claims, caps, the group commit that accepts it."""
