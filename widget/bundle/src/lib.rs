//! The widget as static bytes: loader, agent and survey with their glue, compressed and named by hash.
//!
//! The build script makes everything here from `widget/` and `shared/`; nothing is read at run time.

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Path of the loader, the file that host pages name in their script tag. Its name never changes.
pub const LOADER: &str = "rapport.js";

/// One file of the widget.
#[derive(Debug)]
pub struct Asset {
    /// Path below the collector's base URL.
    pub name: &'static str,
    /// Media type, for `Content-Type`.
    pub content_type: &'static str,
    /// The file.
    pub bytes: &'static [u8],
    /// The file compressed by brotli at its highest level, for `Content-Encoding: br`.
    pub brotli: &'static [u8],
    /// The file compressed by gzip at its highest level, for `Content-Encoding: gzip`.
    pub gzip: &'static [u8],
    /// Strong entity tag of the uncompressed file, quotes included.
    pub etag: &'static str,
}

/// All files: the loader, then the invitation, then glue and module of the agent, of the targeting and of the survey.
pub fn assets() -> &'static [Asset] {
    &ASSETS
}

/// The file with that path, if there is one.
pub fn asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// A table of what each file weighs, in bytes: as it is, with gzip and with brotli.
pub fn size_table() -> String {
    let mut table = format!("{:<34} {:>9} {:>9} {:>9}\n", "file", "bytes", "gzip", "brotli");
    let mut sums = [0; 3];
    for asset in assets() {
        let sizes = [asset.bytes.len(), asset.gzip.len(), asset.brotli.len()];
        table += &format!("{:<34} {:>9} {:>9} {:>9}\n", asset.name, sizes[0], sizes[1], sizes[2]);
        sums.iter_mut().zip(sizes).for_each(|(sum, size)| *sum += size);
    }
    table + &format!("{:<34} {:>9} {:>9} {:>9}\n", "all", sums[0], sums[1], sums[2])
}
