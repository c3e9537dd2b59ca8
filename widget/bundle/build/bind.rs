//! Runs wasm-bindgen as a library and gives what crosses between glue and module short names.

use crate::{Outcome, minify};
use std::collections::BTreeMap;
use wasm_bindgen_cli_support::{Bindgen, EncodeInto};

/// A module and the script that loads it.
pub struct Bound {
    /// The module, for `wasm-opt`.
    pub module: Vec<u8>,
    /// The script, an ES module whose default export initialises.
    pub glue: String,
}

/// Binds a compiled module.
pub fn module(compiled: &[u8], name: &str) -> Outcome<Bound> {
    let mut output = Bindgen::new()
        .input_bytes(name, compiled.to_vec())
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .encode_into(EncodeInto::Always)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()?;
    if output.snippets().values().any(|scripts| !scripts.is_empty()) || !output.local_modules().is_empty() {
        return Err(format!("rapport-{name} brings scripts of its own, which the bundle does not carry").into());
    }
    let mut glue = output.js().to_string();
    // Names such as `__wbg_addEventListener_84ae3eac6e15480a` stand in both files and do not compress.
    let mut names = BTreeMap::new();
    let module = output.wasm_mut();
    for import in module.imports.iter_mut().filter(|import| import.name.starts_with("__wb")) {
        let next = names.len();
        import.name =
            names.entry(import.name.clone()).or_insert_with(|| format!("${}", minify::short_name(next))).clone();
    }
    for export in module.exports.iter_mut().filter(|export| is_internal(&export.name)) {
        let next = names.len();
        export.name =
            names.entry(export.name.clone()).or_insert_with(|| format!("${}", minify::short_name(next))).clone();
    }
    let bytes = module.emit_wasm();
    // The loader compiles the module while the glue is under way; what else the glue can do to initialise is not
    // exported, and so not kept.
    let both = "export { initSync, __wbg_init as default };";
    if !glue.contains(both) || !glue.contains("function __wbg_finalize_init(instance, module)") {
        return Err("the glue does not end as expected; has wasm-bindgen changed?".into());
    }
    let initialise = "export default function (module) {
    __wbg_finalize_init(new WebAssembly.Instance(module, __wbg_get_imports()), module);
}";
    glue = rename(&glue.replace(both, initialise), &names);
    Ok(Bound { module: bytes, glue })
}

/// Whether a name is of wasm-bindgen's own making.
fn is_internal(name: &str) -> bool {
    name.starts_with("__wb") || name.starts_with("wasm_bindgen_") || name.starts_with("__externref")
}

/// Replaces whole words of a script.
fn rename(script: &str, names: &BTreeMap<String, String>) -> String {
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '$';
    let mut renamed = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let length = if is_word(first) {
            rest.find(|character| !is_word(character)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let word = &rest[..length];
        renamed.push_str(names.get(word).map_or(word, String::as_str));
        rest = &rest[length..];
    }
    renamed
}
