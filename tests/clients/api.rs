//! The description of the interface, as a collector serves it: valid, and enough for a client that is generated from it.

use super::{files, run};
use rapport_tests::rapport::Rapport;
use rapport_tests::{Outcome, tools};
use serde_json::{Value, json};
use std::path::Path;

/// A collector with a site, and what its description says.
struct Described {
    rapport: Rapport,
    site: String,
    key: String,
    folder: tempfile::TempDir,
}

impl Described {
    async fn begin() -> Outcome<Self> {
        let port = tools::free_port()?;
        let public_url = format!("http://127.0.0.1:{port}");
        let rapport = Rapport::start(port, &public_url, "").await?;
        let printed = rapport.run(&["site", "add", "Shop", "--origin", "https://shop.example.com"])?;
        let site = printed.split("data-site=\"").nth(1).and_then(|rest| rest.split('"').next()).ok_or("no tag")?;
        let scopes = ["responses:write", "responses:read", "reports:read"].map(|scope| ["--scope", scope]);
        let printed = rapport.run(&[&["key", "add", site, "--name", "client"], scopes.as_flattened()].concat())?;
        let key = printed.split_whitespace().find(|word| word.starts_with("rapport_")).ok_or("no key")?;
        let folder = tempfile::tempdir()?;
        let document = get(&format!("{}/api/openapi.json", rapport.origin()), "").await?;
        std::fs::write(folder.path().join("openapi.json"), document.to_string())?;
        Ok(Self { site: site.to_owned(), key: key.to_owned(), rapport, folder })
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// The document at an address, for the holder of a key.
async fn get(address: &str, key: &str) -> Outcome<Value> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let reply = client.get(address).header("authorization", format!("Bearer {key}")).send().await?;
    let status = reply.status();
    let text = reply.text().await?;
    if !status.is_success() {
        return Err(format!("{address}: {status} {text}").into());
    }
    Ok(serde_json::from_str(&text)?)
}

/// The same with whole numbers as a script writes them: 100, not 100.0.
fn as_script(value: Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(whole) if number.is_f64() && whole.fract() == 0.0 => json!(whole as i64),
            _ => Value::Number(number),
        },
        Value::Array(values) => values.into_iter().map(as_script).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, as_script(value))).collect(),
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_of_the_interface_was_invalid() -> Outcome {
    let described = Described::begin().await?;
    let rules = files("api").join("redocly.yaml");
    run("redocly", &["lint", "openapi.json", "--config", &rules.to_string_lossy()], described.folder())?;
    // What is wrong would be said.
    let mut document: Value = serde_json::from_str(&std::fs::read_to_string(described.folder().join("openapi.json"))?)?;
    document["paths"]["/v1/batch"]["post"]["requestBody"]["content"]["text/plain"]["example"] = json!({ "site": 1 });
    document["paths"]["/healthz"]["get"]["operationId"] = "readiness".into();
    std::fs::write(described.folder().join("wrong.json"), document.to_string())?;
    let said = run("redocly", &["lint", "wrong.json", "--config", &rules.to_string_lossy()], described.folder());
    let said = said.err().map(|said| said.to_string()).unwrap_or_default();
    for rule in ["no-invalid-media-type-examples", "operation-operationId-unique"] {
        assert!(said.contains(rule), "{rule}: {said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_was_generated_from_the_description_gets_what_the_collector_says() -> Outcome {
    let described = Described::begin().await?;
    let folder = described.folder();
    std::os::unix::fs::symlink(tools::folder(), folder.join("node_modules"))?;
    std::fs::write(folder.join("package.json"), "{\"type\":\"module\"}")?;
    std::fs::copy(files("api").join("client.ts"), folder.join("client.ts"))?;
    run("openapi-typescript", &["openapi.json", "--output", "generated.d.ts"], folder)?;
    let compiler = ["--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--lib", "es2022,dom"];
    run("tsc", &[&compiler[..], &["--module", "nodenext", "client.ts"]].concat(), folder)?;
    let Described { rapport, site, key, .. } = &described;
    let printed = run("node", &["client.js", &rapport.origin(), site, key], folder)?;
    let got: Value = serde_json::from_str(&printed)?;

    assert_eq!((&got["first"]["accepted"], &got["again"]["duplicate"]), (&json!(1), &json!(1)), "{got:#}");
    let rejected = json!([{ "index": 1, "field": "answers[0].score", "reason": "must be 1 to 5 for csat" }]);
    assert_eq!(got["first"]["rejected"], rejected);
    assert_eq!(got["first"]["stored"][0]["response"], got["report"]["responses"][0]["id"]);
    assert_eq!(got["batch"]["rejected"][0]["field"], "type");
    assert_eq!(got["keyless"][0], 401);
    assert!(got["keyless"][1].as_str().is_some_and(|detail| detail.contains("Authorization: Bearer")), "{got:#}");
    // The same as whoever asks by hand.
    let reports = format!("{}/api/v1/sites/{site}/reports", rapport.origin());
    let id = got["report"]["responses"][0]["id"].as_str().unwrap_or_default();
    for (name, address) in [
        ("report", format!("{reports}/feedback/feedback")),
        ("one", format!("{reports}/responses/{id}")),
        ("overview", format!("{reports}/overview?range=7d")),
        ("reviews", format!("{}/v1/reviews/{site}?per_page=1", rapport.origin())),
        ("ready", format!("{}/readyz", rapport.origin())),
    ] {
        assert_eq!(got[name], as_script(get(&address, key).await?), "{name}");
    }
    Ok(())
}
