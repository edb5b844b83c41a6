"""Traffic campaigns: newsletters, advertisements and other sources of visits. LeadDyno calls them campaigns."""
