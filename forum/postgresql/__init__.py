"""Django's PostgreSQL backend with a pool that notices when the database goes and comes back."""
