//! Stories told in a real browser against a real collector. `tests/run` installs what they need.

mod accessibility;
mod demo;
mod examples;
mod keyboard;
mod layout;
mod lost_network;
mod privacy;
mod tasks;
mod vitals;
mod whole;
