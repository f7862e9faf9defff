//! Text to vectors with all-MiniLM-L6-v2, and the worker that keeps stored vectors fresh.
