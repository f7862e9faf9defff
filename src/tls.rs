//! TLS by rustls: the only module that names it.
