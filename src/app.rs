//! The composition root: cluster or server, TLS, pool, migrations, embedder, services.
