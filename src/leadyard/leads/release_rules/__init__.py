"""Release rules: what leaves a campaign's quarantine by itself."""
