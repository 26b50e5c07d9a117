"""The database engine ``config.postgresql``: Django's own, over a server that starts itself."""
