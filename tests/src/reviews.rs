//! Reviews as a shop's server brings them, and as a member publishes and answers them.

use crate::Outcome;
use crate::dashboard;
use crate::world::World;
use serde_json::{Value, json};

/// What people may write in the hope that a page runs it.
pub const HOSTILE: &str = "<img src=x onerror=\"window.harmed=1\"></script><script>window.harmed=1</script>";

/// A shop's server with its key, and a member who is signed in in the world's browser.
pub struct Reviews<'a> {
    world: &'a World,
    key: String,
}

impl<'a> Reviews<'a> {
    /// Makes the key, and signs the member in.
    pub async fn begin(world: &'a World) -> Outcome<Self> {
        let scopes = ["--scope", "reviews:read", "--scope", "reviews:write"];
        let printed = world.rapport.run(&[&["key", "add", &world.site, "--name", "shop"], &scopes[..]].concat())?;
        let key = printed.split_whitespace().find(|word| word.starts_with("rapport_"));
        let key = key.ok_or_else(|| format!("no key in: {printed}"))?.to_owned();
        dashboard::sign_in(world).await?;
        Ok(Self { world, key })
    }

    /// Calls the interface for servers.
    pub async fn call(&self, method: reqwest::Method, path: &str, body: Value) -> Outcome<Value> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let address = format!("{}/api/v1/sites/{}/{path}", self.world.rapport.origin(), self.world.site);
        let request = client.request(method, address).bearer_auth(&self.key).header("content-type", "application/json");
        let reply = request.body(body.to_string()).send().await?;
        let (status, text) = (reply.status(), reply.text().await?);
        if !status.is_success() {
            return Err(format!("{path}: {status}: {text}").into());
        }
        Ok(serde_json::from_str(&text)?)
    }

    /// Says that a thing is a product, and its name.
    pub async fn describe(&self, thing: &str, name: &str) -> Outcome {
        let described = json!({ "name": name, "type": "Product" });
        self.call(reqwest::Method::PUT, &format!("things/{}", thing.replace('/', "%2F")), described).await?;
        Ok(())
    }

    /// Adds a review and publishes it; its id.
    pub async fn add(&self, review: Value) -> Outcome<String> {
        let added = self.call(reqwest::Method::POST, "reviews", review).await?;
        let id = added["id"].as_str().unwrap_or_default().to_owned();
        self.publish(&id).await?;
        Ok(id)
    }

    /// A dozen published reviews of a thing that is called a rain jacket, the oldest first; the last of them means harm.
    pub async fn fill(&self, thing: &str) -> Outcome {
        self.describe(thing, "Rain jacket").await?;
        for number in 0..12 {
            let (stars, written_at_ms) = ([5, 4, 5, 1][number % 4], 1_700_000_000_000 + number as u64 * 86_400_000);
            let language = if number % 3 == 0 { "de" } else { "en" };
            let author = if number == 7 { String::new() } else { format!("Author {number}") };
            let text = if number == 11 { HOSTILE.to_owned() } else { format!("Worn for {number} weeks.") };
            let review = json!({
                "thing": thing, "stars": stars, "language": language, "author": author, "text": text,
                "title": format!("Review {number}"), "written_at_ms": written_at_ms,
            });
            self.add(review).await?;
        }
        Ok(())
    }

    /// Publishes a review by the form of its page.
    pub async fn publish(&self, id: &str) -> Outcome {
        self.submit(id, &json!({ "state": "published" })).await
    }

    /// Answers a review by the form of its page.
    pub async fn reply(&self, id: &str, words: &str) -> Outcome {
        self.submit(&format!("{id}/reply"), &json!({ "reply": words })).await
    }

    /// Sends a form of a member's pages, from a page of the same origin.
    async fn submit(&self, path: &str, fields: &Value) -> Outcome {
        let script = format!(
            "const reply = await fetch('/sites/{}/reviews/{path}', {{ method: 'POST', body: new URLSearchParams({fields}) }});
             return reply.status;",
            self.world.site
        );
        let status = self.world.browser.run_async(&script).await?;
        if status == 200 { Ok(()) } else { Err(format!("{path} was not taken: {status}").into()) }
    }
}
