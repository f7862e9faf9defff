//! The window, for desktop and kiosk.
