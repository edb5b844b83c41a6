"""The pages that affiliates use: sign-up, sign-in, dashboard."""
