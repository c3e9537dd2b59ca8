//! The dashboard as a member meets it: signed in, and read as text.

use crate::Outcome;
use crate::wait;
use crate::world::World;
use thirtyfour::prelude::*;

/// Signs a new owner in, by the one-time link that the command line gives.
pub async fn sign_in(world: &World) -> Outcome {
    let printed = world.rapport.run(&["member", "add", &world.site, "owner@example.com", "--role", "owner"])?;
    let link = printed.split_whitespace().find(|word| word.starts_with("http"));
    let link = link.ok_or_else(|| format!("no link in: {printed}"))?;
    world.browser.visit(link).await
}

/// Marks a release of now on every chart, and gives the page of the figures before and after it.
pub fn mark(world: &World, release: &str) -> Outcome<String> {
    let printed = world.rapport.run(&["annotation", "add", &world.site, release])?;
    let id = printed.split_whitespace().next().ok_or_else(|| format!("no id in: {printed}"))?;
    Ok(format!("change?mark={id}"))
}

/// Sets a funnel up as an editor does, with a step that every visit takes, and gives its page.
pub async fn funnel(world: &World) -> Outcome<String> {
    read(world, "funnels").await?;
    let fill = "const form = document.querySelector('.course-form');
         const fill = (name, value) => { form.elements[name].value = value; };
         fill('name', 'From a page to another'); fill('step0_what', '/**'); fill('step1_what', '/nowhere');
         form.requestSubmit()";
    world.browser.run(fill).await?;
    wait::until("the funnel's own page", async || {
        let path = world.browser.run("return location.pathname").await?;
        let path = path.as_str().unwrap_or_default().rsplit("/funnels/").next().unwrap_or_default().to_owned();
        Ok((path.len() == 36).then(|| format!("funnels/{path}")))
    })
    .await
}

/// Begins a draft of a survey of the pool, in every language, and gives its page.
pub async fn draft(world: &World) -> Outcome<String> {
    read(world, "surveys").await?;
    world.browser.run("document.querySelector('input[name=from][value=pool]').closest('form').requestSubmit()").await?;
    wait::until("the draft's own page", async || {
        let path = world.browser.run("return location.pathname").await?;
        let id = path.as_str().unwrap_or_default().rsplit("/drafts/").next().unwrap_or_default().to_owned();
        Ok((id.len() == 36).then(|| format!("surveys/drafts/{id}")))
    })
    .await
}

/// Writes a customer down as staff does, logs a call of theirs, and gives their page.
pub async fn customer(world: &World) -> Outcome<String> {
    read(world, "customers").await?;
    let add = "const form = document.querySelector('form[method=post].log-box');
         form.elements.name.value = 'Somebody with a rather long name of several words';
         form.elements.mail.value = 'a-rather-long-address-of-somebody@a-rather-long-name-of-a-server.example.com';
         form.requestSubmit()";
    world.browser.run(add).await?;
    let own = async || {
        let path = world.browser.run("return location.pathname").await?;
        let id = path.as_str().unwrap_or_default().rsplit("/customers/").next().unwrap_or_default().to_owned();
        Ok((id.len() == 36).then(|| format!("customers/{id}")))
    };
    let page = wait::until("the customer's own page", own).await?;
    let log = "const form = document.querySelector('form[action*=\"/contacts\"]');
         form.elements.subject.value = 'Asked for the invoice'; form.requestSubmit()";
    world.browser.run(log).await?;
    wait::until("the call", async || {
        let said = world.browser.run("return document.querySelector('.customer-day')?.innerText ?? null").await?;
        Ok(said.as_str().filter(|said| said.contains("Asked for the invoice")).map(|_| ()))
    })
    .await?;
    Ok(page)
}

/// Sets a webhook up as an editor does, has a test sent to it, and gives its page.
pub async fn webhook(world: &World) -> Outcome<String> {
    read(world, "webhooks").await?;
    let add = "const form = document.querySelector('main form.told-form');
         form.elements.name.value = 'A rather long name of a system of another department';
         form.elements.url.value = 'https://a-rather-long-name-of-a-server.example.com/a/rather/long/path/of/a/hook';
         form.querySelector('input[type=checkbox]').checked = true;
         form.requestSubmit()";
    world.browser.run(add).await?;
    let page = wait::until("the webhook is listed", async || {
        read(world, "webhooks").await?;
        let link = "return document.querySelector('main a[href*=\"/webhooks/\"]')?.pathname";
        Ok(world.browser.run(link).await?.as_str().map(str::to_owned))
    });
    let page = page.await?.trim_start_matches(&format!("/sites/{}/", world.site)).to_owned();
    read(world, &page).await?;
    world.browser.run("document.querySelector('form[action*=\"/test\"]').requestSubmit()").await?;
    wait::until("the test is listed", async || {
        read(world, &page).await?;
        let there = world.browser.run("return document.querySelector('.told-list li') !== null").await?;
        Ok(there.as_bool().filter(|there| *there).map(|_| ()))
    })
    .await?;
    Ok(page)
}

/// Shares a report as its form does, and gives the link.
pub async fn share(world: &World, report: &str) -> Outcome<String> {
    read(world, report).await?;
    let open = "document.querySelector('.share-form').closest('details').open = true;
         document.querySelector('.share-form input[name=name]').value = 'The agency';
         document.querySelector('.share-form button').click()";
    world.browser.run(open).await?;
    crate::wait::until("the link is shown", async || {
        let link = world.browser.run("return document.getElementById('new-link')?.textContent ?? null").await?;
        Ok(link.as_str().map(str::to_owned))
    })
    .await
}

/// The id by which members know a response that its browser calls `secret`.
pub async fn public_id(world: &World, secret: &str) -> Outcome<String> {
    let told = own_data(world, secret).await?;
    let id = told["responses"][0]["id"].as_str().ok_or_else(|| format!("{secret} is not known: {told}"))?;
    assert_ne!(id, secret, "members are not shown what only the browser may know");
    Ok(id.to_owned())
}

/// What the collector tells a visitor of a response whose id only their browser knows.
pub async fn own_data(world: &World, secret: &str) -> Outcome<serde_json::Value> {
    let claim = serde_json::json!({ "site": world.site, "responses": [secret] });
    let client = reqwest::Client::builder().no_proxy().build()?;
    let told =
        client.post(format!("{}/v1/me", world.rapport.origin())).body(claim.to_string()).send().await?.text().await?;
    Ok(serde_json::from_str(&told)?)
}

/// Opens one of the site's pages and gives its words.
pub async fn read(world: &World, page: &str) -> Outcome<String> {
    let url = format!("{}/sites/{}/{page}", world.proxy.origin(), world.site);
    world.browser.visit(&url).await?;
    text(world).await
}

/// The words of the current page.
pub async fn text(world: &World) -> Outcome<String> {
    Ok(world.browser.driver.query(By::Css("main")).first().await?.text().await?)
}

/// Fails, showing the page, unless its words hold all of `expected`.
pub fn assert_says(page: &str, expected: &[&str]) {
    for words in expected {
        assert!(page.contains(words), "the page does not say {words:?}; it says:\n{page}");
    }
}

/// Gives the page of the first issue that is listed; the member is signed in.
pub async fn first_issue(world: &World) -> Outcome<String> {
    read(world, "issues?show=all").await?;
    let link = world.browser.run("return document.querySelector('.issues .headline').pathname").await?;
    let link = link.as_str().unwrap_or_default();
    Ok(link.trim_start_matches(&format!("/sites/{}/", world.site)).to_owned())
}

/// Gives the page of the first ticket in the inbox, once there is one; the member is signed in.
pub async fn first_ticket(world: &World) -> Outcome<String> {
    let link = wait::until("a ticket is in the inbox", async || {
        read(world, "inbox").await?;
        let link = "return document.querySelector('.ticket-list a[href*=\"/inbox/\"]')?.pathname";
        Ok(world.browser.run(link).await?.as_str().map(str::to_owned))
    });
    Ok(link.await?.trim_start_matches(&format!("/sites/{}/", world.site)).to_owned())
}

/// Gives the page of the first group of errors that is listed; the member is signed in.
pub async fn first_error(world: &World) -> Outcome<String> {
    read(world, "errors").await?;
    let link =
        "const link = document.querySelector('main a[href*=\"/errors/group\"]'); return link.pathname + link.search";
    let link = world.browser.run(link).await?;
    let link = link.as_str().unwrap_or_default();
    Ok(link.trim_start_matches(&format!("/sites/{}/", world.site)).to_owned())
}
