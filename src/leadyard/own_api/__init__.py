"""The own JSON API under `/api/v1`: requests, errors, its OpenAPI document and the page made from that."""
