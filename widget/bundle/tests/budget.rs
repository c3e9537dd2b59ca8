//! Byte budgets of the widget, compressed by brotli, and what the bundle promises about its files. kB = 1000 bytes.

use rapport_bundle::{
    AGENT_JS, AGENT_WASM, CLICK_JS, CUSTOMER_JS, DEBUG_JS, DEPTH_JS, FORM_JS, HEATMAP_JS, INVITATION_JS, LAUNCHER_JS,
    LOADER, OPTIMISED, OWN_DATA_JS, OWN_DATA_WORDS, PICTURE_JS, POINT_JS, RESOURCE_JS, REVIEWS_JS, SURVEY_JS,
    SURVEY_WASM, TARGETING_JS, TARGETING_WASM, VERDICT_JS, VERDICT_WASM, VITAL_JS, WORDS, asset, assets, size_table,
};

/// Weighs files together and compares them with their budget.
fn check(what: &str, names: &[&str], budget_bytes: usize) {
    let size = |name: &&str| asset(name).expect("every named file exists").brotli.len();
    let sum: usize = names.iter().map(size).sum();
    println!("{what}: {sum} of {budget_bytes} bytes");
    names.iter().for_each(|name| println!("    {:>6} {name}", size(name)));
    let hint = if OPTIMISED { "" } else { " (this build had no wasm-opt; npm's package binaryen brings it)" };
    assert!(sum <= budget_bytes, "{what}: {sum} bytes are more than {budget_bytes}{hint}\n{}", size_table());
}

#[test]
fn the_loader_keeps_its_budget() {
    check("loader", &[LOADER], 1_860);
}

#[test]
fn what_every_page_loads_keeps_its_budget() {
    check("loader and agent with glue", &[LOADER, AGENT_JS, AGENT_WASM], 22_000);
}

/// Everything that a visitor who answers has loaded. The bound is that of what does the same elsewhere, less a third:
/// surveys of PostHog weigh 152 kB and those of Formbricks 232.
#[test]
fn everything_after_opening_keeps_its_budget() {
    let largest = WORDS.iter().map(|(_, path)| *path).max_by_key(|path| asset(path).map(|file| file.brotli.len()));
    let words = largest.expect("there are languages");
    let files = [LOADER, AGENT_JS, AGENT_WASM, INVITATION_JS, SURVEY_JS, SURVEY_WASM, words];
    check("all, in the largest language", &files, 108_000);
}

#[test]
fn the_panel_keeps_its_budget() {
    check("survey with glue", &[SURVEY_JS, SURVEY_WASM], 78_000);
}

#[test]
fn pictures_keep_their_budget() {
    check("picture", &[PICTURE_JS], 8_000);
}

#[test]
fn what_the_first_move_brings_keeps_its_budget() {
    check("click", &[CLICK_JS, VERDICT_JS, VERDICT_WASM], 12_000);
    check("depth", &[DEPTH_JS], 800);
    check("resource", &[RESOURCE_JS], 900);
    check("vital", &[VITAL_JS], 1_500);
}

#[test]
fn what_forms_and_heat_maps_bring_keeps_its_budget() {
    check("form", &[FORM_JS], 3_000);
    check("point", &[POINT_JS], 2_000);
    check("heatmap", &[HEATMAP_JS], 4_000);
}

#[test]
fn the_reviews_list_keeps_its_budget() {
    check("reviews", &[REVIEWS_JS], 6_000);
    for asset in assets().iter().filter(|asset| asset.name.starts_with("assets/reviews-")) {
        assert!(asset.name == REVIEWS_JS || asset.brotli.len() <= 1_000, "{}: {}", asset.name, asset.brotli.len());
    }
}

#[test]
fn what_a_customer_or_a_curious_visitor_brings_keeps_its_budget() {
    check("customer", &[CUSTOMER_JS], 600);
    check("debug", &[DEBUG_JS], 900);
    check("launcher", &[LAUNCHER_JS], 1_000);
    let size = |(_, path): &&(&str, &str)| asset(path).map(|file| file.brotli.len());
    let (_, words) = OWN_DATA_WORDS.iter().max_by_key(size).expect("there are languages");
    check("own data, in the largest language", &[OWN_DATA_JS, words], 4_000);
}

#[test]
fn compressed_forms_unpack_to_the_file() {
    for asset in assets() {
        let mut unpacked = Vec::new();
        brotli::BrotliDecompress(&mut &asset.brotli[..], &mut unpacked).expect("brotli reads its own");
        assert_eq!(unpacked, asset.bytes, "{} (brotli)", asset.name);
        let mut unpacked = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(asset.gzip), &mut unpacked).expect("gzip unpacks");
        assert_eq!(unpacked, asset.bytes, "{} (gzip)", asset.name);
    }
}

#[test]
fn every_file_is_what_its_media_type_says() {
    // English is built in.
    let others = rapport_words::LANGUAGES.len() - 1;
    assert_eq!((assets().len(), WORDS.len(), OWN_DATA_WORDS.len()), (23 + 3 * others, others, others));
    for asset in assets() {
        match asset.content_type {
            "application/wasm" => assert_eq!(&asset.bytes[..8], b"\0asm\x01\0\0\0", "{}", asset.name),
            "text/javascript; charset=utf-8" => {
                let script = std::str::from_utf8(asset.bytes).expect("scripts are UTF-8");
                assert!(
                    script.ends_with('\n') && !script.contains("//!") && !script.contains("@param"),
                    "{}",
                    asset.name
                );
            }
            other => panic!("{}: {other}", asset.name),
        }
        assert!(asset.etag.starts_with('"') && asset.etag.ends_with('"'), "{}", asset.name);
    }
}

#[test]
fn hashed_names_change_with_contents_only() {
    let modules = [
        AGENT_JS,
        AGENT_WASM,
        INVITATION_JS,
        SURVEY_JS,
        SURVEY_WASM,
        TARGETING_JS,
        TARGETING_WASM,
        PICTURE_JS,
        CLICK_JS,
        VERDICT_JS,
        VERDICT_WASM,
        DEPTH_JS,
        FORM_JS,
        POINT_JS,
        HEATMAP_JS,
        RESOURCE_JS,
        VITAL_JS,
        REVIEWS_JS,
        CUSTOMER_JS,
        DEBUG_JS,
        LAUNCHER_JS,
        OWN_DATA_JS,
    ];
    for name in modules.into_iter().chain(WORDS.iter().chain(OWN_DATA_WORDS).map(|(_, path)| *path)) {
        let etag = asset(name).expect("every named file exists").etag.trim_matches('"');
        assert!(name.starts_with("assets/") && name.contains(etag), "{name} {etag}");
    }
    assert!(asset("assets/nothing.js").is_none());
}
