//! An editor brings customers in from a file, merges two of them, and erases one whole.

use rapport_tests::{Outcome, dashboard, wait, world::World};

const FILE: &str =
    "Number;Name;E-Mail;plan\\n1;Ada;ada@example.com;gold\\n2;Ada L.;ada@example.com;\\n3;Ben;nowhere;\\n";

/// Sends the file as the form does, and gives what the page says of it.
async fn import(world: &World, trial: &str) -> Outcome<String> {
    dashboard::read(world, "customer-data").await?;
    let send = format!(
        "const form = document.querySelector('form[enctype]');
         const chosen = new DataTransfer();
         chosen.items.add(new File([\"{FILE}\"], 'customers.csv'));
         form.elements.file.files = chosen.files;
         form.elements.trial.value = '{trial}';
         form.elements.column.value = 'Number=id';
         form.requestSubmit()"
    );
    world.browser.run(&send).await?;
    page_of(world, "/customer-data/import").await
}

/// The words of the page, once its address ends so.
async fn page_of(world: &World, end: &str) -> Outcome<String> {
    wait::until("the next page", async || {
        let path = world.browser.run("return document.readyState === 'complete' ? location.pathname : ''").await?;
        let is_there = path.as_str().is_some_and(|path| path.contains(end));
        Ok(if is_there { Some(dashboard::text(world).await?) } else { None })
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_come_from_a_file_are_merged_and_one_is_erased_whole() -> Outcome {
    let world = World::shop().await?;
    dashboard::sign_in(&world).await?;
    let tried = import(&world, "yes").await?;
    dashboard::assert_says(&tried, &["Nothing was changed", "must be one mail address", "trait:plan"]);
    assert_eq!(world.browser.accessibility_findings().await?, [""; 0]);
    dashboard::assert_says(&import(&world, "no").await?, &["What came of it", "Sent again, the file changes nothing"]);

    dashboard::read(&world, "customer-data").await?;
    world.browser.run("document.querySelector('form[action*=\"/look\"]').requestSubmit()").await?;
    wait::until("the two are proposed", async || {
        let said = dashboard::read(&world, "customer-data").await?;
        Ok(said.contains("same mail address").then_some(()))
    })
    .await?;
    world.browser.click("button[name=keep][value=one]").await?;
    wait::until("they are one person", async || {
        let said = dashboard::read(&world, "customer-data").await?;
        Ok(said.contains("Undo").then_some(()))
    })
    .await?;
    let taken = world.rapport.run(&["customer", "export", &world.site, "2"])?;
    assert!(taken.contains("gold") && taken.contains("Ada L."), "{taken}");

    dashboard::read(&world, "customer-data/find?customer=1").await?;
    assert_eq!(world.browser.accessibility_findings().await?, [""; 0]);
    let confirm = "const form = document.querySelector('form[action*=\"/erase\"]');
         form.elements.confirm.value = '1'; form.requestSubmit()";
    world.browser.run(confirm).await?;
    let receipt = page_of(&world, "/erasures/").await?;
    dashboard::assert_says(&receipt, &["Customer records", "This receipt says nothing of whom", "mail server"]);
    assert!(!receipt.contains("Ada"), "{receipt}");
    Ok(())
}
