//! The private PostgreSQL cluster that serves when no server is configured.
