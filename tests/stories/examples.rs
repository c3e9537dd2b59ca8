//! The example pages by themselves: accessible, self-contained, and with exactly the faults that their README names.

use rapport_tests::{Outcome, browser::Browser, browser::DESKTOP, browser::Window, pages::Pages, tools, wait};
use serde_json::Value;

/// The pages without a collector: the script tag leads nowhere.
async fn open(folder: &str, window: Window) -> Outcome<(Pages, Browser)> {
    let pages = Pages::serve(tools::workspace().join(folder), "/nowhere".into()).await?;
    Ok((pages, Browser::open(window).await?))
}

async fn fill_the_cart(pages: &Pages, browser: &Browser) -> Outcome {
    browser.visit(&pages.url("/tableware/ember-bowl/")).await?;
    browser.click("[data-add]").await?;
    browser.visit(&pages.url("/cart/")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_page_is_accessible_and_self_contained() -> Outcome {
    let shop = [
        "/",
        "/tableware/",
        "/tableware/moss-mug/",
        "/tableware/harbour-mug/",
        "/tableware/speckled-bowl/",
        "/tableware/ember-bowl/",
        "/tableware/morning-plate/",
        "/tableware/field-vase/",
        "/cart/",
        "/checkout/",
        "/checkout/thanks/",
        "/delivery/",
    ];
    let others = [
        "/",
        "/plain/",
        "/spa/",
        "/strict-csp/nonce.html",
        "/strict-csp/hash.html",
        "/right-to-left/",
        "/consent-banner/",
        "/bundler/",
        "/hosted-form/",
        "/reviews/",
        "/mail/",
    ];
    for (folder, paths) in [("examples/shop", &shop[..]), ("examples", &others[..])] {
        let (pages, browser) = open(folder, DESKTOP).await?;
        if folder == "examples/shop" {
            fill_the_cart(&pages, &browser).await?;
        }
        for path in paths {
            browser.visit(&pages.url(path)).await?;
            let findings = browser.accessibility_findings().await?;
            assert!(findings.is_empty(), "{folder}{path}:\n{}", findings.join("\n"));
            let elsewhere = browser
                .run(
                    "return performance.getEntriesByType('resource').map((entry) => entry.name)
                         .filter((name) => !name.startsWith(location.origin) && !name.startsWith('data:'));",
                )
                .await?;
            assert_eq!(elsewhere, Value::Array(Vec::new()), "{folder}{path}");
            let broken = browser
                .run("return [...document.images].filter((image) => image.src && !image.naturalWidth).length")
                .await?;
            assert_eq!(broken, 0, "{folder}{path} shows all its pictures");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_works_where_it_should() -> Outcome {
    let (pages, browser) = open("examples/shop", DESKTOP).await?;
    browser.visit(&pages.url("/tableware/")).await?;
    browser.click("[data-filter=bowls]").await?;
    assert_eq!(browser.run("return document.getElementById('shown').textContent").await?, "2 pieces");
    fill_the_cart(&pages, &browser).await?;
    assert_eq!(browser.run("return document.getElementById('total').textContent").await?, "€ 42");
    browser.run("document.getElementById('code').value = 'kiln10'").await?;
    browser.click("#discount button").await?;
    assert_eq!(browser.run("return document.getElementById('total').textContent").await?, "€ 37.80");
    browser.click("a[href$='checkout/']").await?;
    for field in ["name", "street", "postcode", "town"] {
        browser.run(&format!("document.getElementById('{field}').value = 'x'")).await?;
    }
    browser.run("document.getElementById('email').value = 'x@example.com'").await?;
    browser.click("#checkout button").await?;
    rapport_tests::wait::until("the thank-you page", || async {
        Ok(browser.driver.current_url().await?.path().ends_with("/checkout/thanks/").then_some(()))
    })
    .await?;
    assert_eq!(browser.run("return document.querySelector('[data-cart-count]').textContent").await?, "");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_has_the_faults_it_promises() -> Outcome {
    let (pages, browser) = open("examples/shop", DESKTOP).await?;
    browser
        .before_pages(
            "window.errors = []; addEventListener('error', (event) => errors.push(event.error && event.error.name));
             window.shift = 0;
             new PerformanceObserver((list) => { for (const entry of list.getEntries()) shift += entry.value; })
                 .observe({ type: 'layout-shift', buffered: true });",
        )
        .await?;

    fill_the_cart(&pages, &browser).await?;
    browser.run("document.getElementById('code').value = 'SPRING'").await?;
    browser.click("#discount button").await?;
    assert_eq!(browser.run("return errors").await?, serde_json::json!(["TypeError"]));

    browser.visit(&pages.url("/tableware/moss-mug/")).await?;
    let before = browser.run("return document.body.innerHTML").await?;
    browser.click("button.wishlist").await?;
    browser.rest().await?;
    assert_eq!(browser.run("return document.body.innerHTML").await?, before);

    browser.visit(&pages.url("/tableware/")).await?;
    let took_ms = browser
        .run("const begin = performance.now(); document.getElementById('sort').click(); return performance.now() - begin")
        .await?;
    assert!(took_ms.as_f64() >= Some(350.0), "{took_ms}");

    browser.visit(&pages.url("/tableware/field-vase/")).await?;
    // At least as needing improvement.
    wait::until("the page to shift", || async {
        Ok((browser.run("return window.shift").await?.as_f64() > Some(0.1)).then_some(()))
    })
    .await
}
