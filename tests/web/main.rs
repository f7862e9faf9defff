//! The web view in a real browser: Chromium, phone and desktop, over a real endpoint and a real database.

#[path = "../it/support.rs"]
mod database;

mod axe;
mod browser;
mod camera;
mod fixture;
mod meaning;
mod nginx;
mod offline;
mod pages;
mod pictures;
mod proxy;
mod stories;
