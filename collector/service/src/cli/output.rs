//! What commands print: a reader that is gone, as after `| head`, is no fault. The macros of the standard library panic then.

use std::io::{ErrorKind, Write, stderr, stdout};

/// Prints to standard output. What the command does is done whether or not somebody reads of it.
pub(super) fn print(text: std::fmt::Arguments<'_>) {
    match stdout().lock().write_fmt(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            complain(&format!("cannot print: {error}"));
            std::process::exit(1);
        }
        _ => {}
    }
}

/// Says on standard error why a command failed, if there is anybody to read it.
pub(super) fn complain(reason: &str) {
    let _ = writeln!(stderr(), "error: {reason}");
}

/// Says on standard error what may not be meant so, although the command did it.
pub(super) fn warn(doubt: &str) {
    let _ = writeln!(stderr(), "warning: {doubt}");
}

macro_rules! print {
    ($($part:tt)*) => { $crate::cli::output::print(format_args!($($part)*)) };
}

macro_rules! println {
    () => { print!("\n") };
    ($text:literal $($part:tt)*) => { print!("{}\n", format_args!($text $($part)*)) };
}
