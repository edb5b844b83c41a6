"""PostgreSQL: the embedded server, the schema and its migrations, the pool, the unit of work, group commit."""
