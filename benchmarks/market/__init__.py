"""A lead market on one machine: buyers with limits and bad manners, who must never get more than they asked for."""
