//! PostgreSQL: free functions over a client, so that one function serves a pooled client and a transaction.
