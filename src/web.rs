//! The embedded web endpoint: pages and JSON API.
