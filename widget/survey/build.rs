//! Takes comments and needless space out of the stylesheet before it is built into the module.

mod stylesheet;

use std::path::Path;
use stylesheet::smaller;

fn main() {
    println!("cargo::rerun-if-changed=src/style.css");
    println!("cargo::rerun-if-changed=stylesheet.rs");
    let source = std::fs::read_to_string("src/style.css").expect("src/style.css can be read");
    let directory = std::env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    std::fs::write(Path::new(&directory).join("style.css"), smaller(&source)).expect("OUT_DIR can be written");
}
