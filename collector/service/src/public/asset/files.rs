//! The files as this collector serves them: as they were built, or with the names that its settings give to everything.

use crate::config::{Names, names};
use axum::body::Bytes;
use flate2::write::GzEncoder;
use rapport_bundle::Asset;
use rapport_shared::client_config::AssetPaths;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::Write;

/// One file, in every form that it is sent in.
#[derive(Clone, Debug)]
pub struct File {
    /// Media type.
    pub content_type: &'static str,
    /// As it is.
    pub bytes: Bytes,
    /// By brotli.
    pub brotli: Bytes,
    /// By gzip.
    pub gzip: Bytes,
    /// Strong entity tag of [`Self::bytes`], quotes included.
    pub etag: String,
}

/// Every file.
#[derive(Clone, Debug)]
pub struct Files {
    loader: File,
    /// By their names: `agent-….wasm`.
    hashed: HashMap<String, File>,
    /// The name of each that has another than it was built with.
    names: HashMap<&'static str, String>,
}

impl Files {
    /// The files under these names. Those that were built are served besides: a page may know them from before.
    pub fn new(names: &Names) -> Self {
        let built = || rapport_bundle::assets().iter().filter(|asset| asset.name != rapport_bundle::LOADER);
        let mut files = Self {
            loader: File::built(rapport_bundle::asset(rapport_bundle::LOADER).expect("the bundle has a loader")),
            hashed: built().map(|asset| (file_name(asset.name).to_owned(), File::built(asset))).collect(),
            names: HashMap::new(),
        };
        if names.are_usual() {
            return files;
        }
        let named: Vec<_> = built().map(|asset| (asset, names.within(asset.bytes))).collect();
        files.names = named.iter().map(|(asset, bytes)| (asset.name, names.file(asset.name, bytes))).collect();
        files.loader = files.loader.with(names.within(&files.loader.bytes));
        for (asset, bytes) in named {
            let file = File::built(asset).with(files.with_files_named(asset, bytes));
            let name = &files.names[asset.name];
            files.hashed.insert(file_name(name).to_owned(), file);
        }
        files
    }

    /// The loader.
    pub fn loader(&self) -> &File {
        &self.loader
    }

    /// The loader that these names make: what [`Self::new`] would serve.
    pub fn loader_of(names: &Names) -> Vec<u8> {
        let built = rapport_bundle::asset(rapport_bundle::LOADER).map(|asset| asset.bytes).unwrap_or_default();
        if names.are_usual() { built.to_vec() } else { names.within(built) }
    }

    /// The file of that name below the folder of files.
    pub fn hashed(&self, name: &str) -> Option<&File> {
        self.hashed.get(name)
    }

    /// Where the modules are.
    pub fn paths(&self) -> AssetPaths {
        let path = |built: &'static str| self.names.get(built).cloned().unwrap_or_else(|| built.to_owned());
        let by_language = |words: &[(&'static str, &'static str)]| {
            words.iter().map(|(tag, built)| ((*tag).to_owned(), path(built))).collect()
        };
        AssetPaths {
            agent_js: path(rapport_bundle::AGENT_JS),
            agent_wasm: path(rapport_bundle::AGENT_WASM),
            invitation_js: path(rapport_bundle::INVITATION_JS),
            targeting_js: path(rapport_bundle::TARGETING_JS),
            targeting_wasm: path(rapport_bundle::TARGETING_WASM),
            survey_js: path(rapport_bundle::SURVEY_JS),
            survey_wasm: path(rapport_bundle::SURVEY_WASM),
            survey_more: String::new(),
            picture_js: path(rapport_bundle::PICTURE_JS),
            click_js: path(rapport_bundle::CLICK_JS),
            verdict_js: path(rapport_bundle::VERDICT_JS),
            verdict_wasm: path(rapport_bundle::VERDICT_WASM),
            depth_js: path(rapport_bundle::DEPTH_JS),
            form_js: path(rapport_bundle::FORM_JS),
            point_js: path(rapport_bundle::POINT_JS),
            heatmap_js: path(rapport_bundle::HEATMAP_JS),
            resource_js: path(rapport_bundle::RESOURCE_JS),
            vital_js: path(rapport_bundle::VITAL_JS),
            reviews_js: path(rapport_bundle::REVIEWS_JS),
            customer_js: path(rapport_bundle::CUSTOMER_JS),
            launcher_js: path(rapport_bundle::LAUNCHER_JS),
            debug_js: path(rapport_bundle::DEBUG_JS),
            own_data_js: path(rapport_bundle::OWN_DATA_JS),
            own_data_words: by_language(rapport_bundle::OWN_DATA_WORDS),
            words: by_language(rapport_bundle::WORDS),
        }
    }

    /// A script with the new names of the files that it names itself.
    fn with_files_named(&self, asset: &Asset, mut bytes: Vec<u8>) -> Vec<u8> {
        if asset.content_type.starts_with("text/javascript") {
            for (built, name) in &self.names {
                bytes = names::replace(&bytes, file_name(built).as_bytes(), file_name(name).as_bytes());
            }
        }
        bytes
    }
}

impl File {
    fn built(asset: &'static Asset) -> Self {
        Self {
            content_type: asset.content_type,
            bytes: Bytes::from_static(asset.bytes),
            brotli: Bytes::from_static(asset.brotli),
            gzip: Bytes::from_static(asset.gzip),
            etag: asset.etag.to_owned(),
        }
    }

    /// The same with these bytes. Most files name nothing, and stay as they were built.
    fn with(&self, bytes: Vec<u8>) -> Self {
        if self.bytes == bytes {
            return self.clone();
        }
        let digest: String = Sha256::digest(&bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self {
            content_type: self.content_type,
            brotli: brotli(&bytes).into(),
            gzip: gzip(&bytes).into(),
            bytes: bytes.into(),
            etag: format!("\"{digest}\""),
        }
    }
}

/// What follows the last slash.
fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let settings =
        brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &settings).expect("memory takes what is written");
    compressed
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("memory takes what is written")
}
