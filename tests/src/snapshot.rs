//! Snapshots of the accessibility tree: what a screen reader is told of a part of the page, as text that is compared
//! exactly with a file of `tests/snapshots`. `RAPPORT_TEST_SNAPSHOTS=write` writes the files anew.

use crate::browser::Browser;
use crate::{Outcome, tools};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;

/// Set to `write`, snapshots are written instead of compared.
const VARIABLE: &str = "RAPPORT_TEST_SNAPSHOTS";
/// Nodes that say nothing by themselves.
const SILENT: [&str; 5] = ["generic", "none", "InlineTextBox", "LineBreak", "LabelText"];
/// States that are told when they are set.
const STATES: [&str; 9] =
    ["focused", "checked", "expanded", "selected", "disabled", "required", "invalid", "modal", "live"];

/// The folder of the snapshots.
pub fn folder() -> PathBuf {
    tools::workspace().join("tests/snapshots")
}

/// The accessibility tree below the element that a script expression gives: one line a node, with its role, name,
/// description, value and states. Chromium alone can be asked.
pub async fn accessibility_tree(browser: &Browser, element: &str) -> Outcome<String> {
    let found = browser.devtools("Runtime.evaluate", json!({ "expression": element })).await?;
    let object = &found["result"]["objectId"];
    if !object.is_string() {
        return Err(format!("there is no {element}: {found}").into());
    }
    let described = browser.devtools("DOM.describeNode", json!({ "objectId": object })).await?;
    let root = described["node"]["backendNodeId"].clone();
    let tree = browser.devtools("Accessibility.getFullAXTree", json!({})).await?;
    let nodes: HashMap<&str, &Value> = tree["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|node| Some((node["nodeId"].as_str()?, node)))
        .collect();
    let root = nodes.values().find(|node| node["backendDOMNodeId"] == root);
    let mut text = String::new();
    tell(root.ok_or_else(|| format!("{element} is not in the tree"))?, &nodes, 0, "", &mut text);
    Ok(text)
}

fn tell(node: &Value, nodes: &HashMap<&str, &Value>, depth: usize, parent_name: &str, text: &mut String) {
    let role = node["role"]["value"].as_str().unwrap_or_default();
    let name = node["name"]["value"].as_str().unwrap_or_default();
    // Words that only repeat the name of what they stand in are told once.
    let repeats = role == "StaticText" && name == parent_name;
    let silent = node["ignored"] == true || SILENT.contains(&role) || repeats;
    if !silent {
        let role = if role == "StaticText" { "text" } else { role };
        text.push_str(&"  ".repeat(depth));
        text.push_str(role);
        for (value, before, after) in
            [(&node["name"], " \"", "\""), (&node["description"], " (", ")"), (&node["value"], " = \"", "\"")]
        {
            let words = match &value["value"] {
                Value::String(words) => words.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            if !words.is_empty() {
                text.extend([before, &words, after]);
            }
        }
        for property in node["properties"].as_array().into_iter().flatten() {
            let (state, value) = (property["name"].as_str().unwrap_or_default(), &property["value"]["value"]);
            let set = !matches!(value, Value::Null | Value::Bool(false)) && value != "false" && value != "off";
            if STATES.contains(&state) && set {
                text.extend([", ", state]);
                if let Some(which) = value.as_str().filter(|which| *which != "true") {
                    text.extend([" ", which]);
                }
            }
        }
        text.push('\n');
    }
    let (depth, parent_name) = if silent { (depth, parent_name) } else { (depth + 1, name) };
    for child in node["childIds"].as_array().into_iter().flatten() {
        if let Some(child) = child.as_str().and_then(|id| nodes.get(id)) {
            tell(child, nodes, depth, parent_name, text);
        }
    }
}

/// Fails unless the snapshot `name` says exactly `text`.
pub fn assert_unchanged(name: &str, text: &str) -> Outcome {
    let file = folder().join(format!("{name}.txt"));
    if std::env::var(VARIABLE).is_ok_and(|value| value == "write") {
        std::fs::create_dir_all(folder())?;
        return Ok(std::fs::write(file, text)?);
    }
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        known == text,
        "{} differs; if the change is meant, {VARIABLE}=write writes it anew.\n--- it said\n{known}--- now\n{text}",
        file.display()
    );
    Ok(())
}
