//! Pictures: drawn from the page or chosen as a file, covered by the visitor, sent once, and seen by the designer.

use rapport_tests::keyboard::focus_comes;
use rapport_tests::{
    Outcome, browser::DESKTOP, browser::Window, dashboard, proxy::Exchange, wait, widget::Widget, world::World,
};
use serde_json::{Value, json};
use std::path::PathBuf;
use thirtyfour::prelude::*;

in_each_browser!(
    a_part_of_the_screenshot_is_blacked_out_before_it_is_sent,
    a_picture_survives_the_tab_and_arrives_once,
    a_photo_without_script_is_public_once_its_review_is,
);

/// A narrow window, as a telephone has.
const PHONE: Window = Window { width_px: 500, height_px: 800, ..DESKTOP };
const SURVEY: &str = "tests/surveys/pictures.json";

async fn open(window: Window) -> Outcome<World> {
    let world = World::of("examples/shop", &[SURVEY], window).await?;
    Ok(world)
}

fn uploads(world: &World) -> Vec<Exchange> {
    world.proxy.exchanges().into_iter().filter(|exchange| exchange.path.starts_with("/v1/attachment/")).collect()
}

/// Writes a report, presses the button that adds a picture of the page, and waits for it.
async fn draw(world: &World, widget: &Widget<'_>) -> Outcome {
    widget.open().await?;
    widget.write("The picture of the mug is gone.").await?;
    widget.click(".picture button:enabled").await?;
    widget.see("dialog canvas").await?;
    wait::until("the picture to be drawn", || async {
        let drawn = world.browser.run(&on_canvas("return canvas.width > 300;")).await?;
        Ok((drawn == true).then_some(()))
    })
    .await
}

/// A script over the canvas of the dialog.
fn on_canvas(script: &str) -> String {
    format!(
        "const canvas = document.querySelector('rapport-widget').shadowRoot.querySelector('dialog canvas');
         const pixel = (x, y) => [...canvas.getContext('2d').getImageData(x * canvas.width, y * canvas.height, 1, 1).data];
         {script}"
    )
}

/// The colours of a picture at some places, given as shares of its width and height, and its size.
async fn colours(world: &World, address: &str, places: &[(f64, f64)]) -> Outcome<(Vec<[u64; 3]>, [u64; 2])> {
    let script = format!(
        "const reply = await fetch('{address}');
         if (!reply.ok) throw reply.status;
         const image = await createImageBitmap(await reply.blob());
         const canvas = document.createElement('canvas');
         [canvas.width, canvas.height] = [image.width, image.height];
         const brush = canvas.getContext('2d');
         brush.drawImage(image, 0, 0);
         const at = ([x, y]) => [...brush.getImageData(x * image.width, y * image.height, 1, 1).data.slice(0, 3)];
         return {{ colours: {}.map(at), size: [image.width, image.height] }};",
        json!(places)
    );
    let seen = world.browser.run_async(&script).await?;
    let parse = |value: &Value| serde_json::from_value(value.clone());
    Ok((parse(&seen["colours"])?, serde_json::from_value(seen["size"].clone())?))
}

fn is_black(colour: &[u64; 3]) -> bool {
    colour.iter().all(|part| *part < 24)
}

/// Address of the first picture on the current page of the dashboard.
async fn thumbnail(world: &World) -> Outcome<String> {
    let image = world.browser.driver.query(By::Css("a.thumbnail img")).first().await?;
    Ok(image.prop("src").await?.ok_or("an image without an address")?)
}

/// Opens the only response in the dashboard.
async fn open_response(world: &World) -> Outcome<String> {
    dashboard::sign_in(world).await?;
    dashboard::read(world, "feedback/pictures?suspicious=included").await?;
    world.browser.click("a.open").await?;
    dashboard::text(world).await
}

async fn a_part_of_the_screenshot_is_blacked_out_before_it_is_sent(window: Window) -> Outcome {
    let world = open(window).await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/tableware/moss-mug/").await?;
    widget.ready().await?;
    draw(&world, &widget).await?;
    let findings = world.browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    world.browser.picture(&format!("covering-{:?}.png", window.engine)).await?;

    // By pointer: the upper left quarter.
    let corners = world
        .browser
        .run(&on_canvas("const box = canvas.getBoundingClientRect(); return [box.x, box.y, box.width, box.height];"))
        .await?;
    let [x, y, width, height]: [f64; 4] = serde_json::from_value(corners)?;
    let at = |across: f64, down: f64| ((x + across * width) as i64, (y + down * height) as i64);
    let (from, to) = (at(0.1, 0.1), at(0.5, 0.5));
    let actions = world.browser.driver.action_chain();
    actions.move_to(from.0, from.1).click_and_hold().move_to(to.0, to.1).release().perform().await?;
    let inside = world.browser.run(&on_canvas("return pixel(0.3, 0.3);")).await?;
    assert_eq!(inside, json!([0, 0, 0, 255]));

    // By keys: another box, moved to the lower right corner.
    widget.click("dialog button:first-of-type").await?;
    for key in [Key::Right, Key::Down] {
        for _ in 0..30 {
            world.browser.press(key.clone()).await?;
        }
    }
    let said = widget.words("dialog [role=status]").await.unwrap_or_default();
    assert!(uploads(&world).is_empty(), "nothing is sent before the visitor says so");
    widget.click("dialog button:last-of-type").await?;
    widget.see_no("dialog canvas").await?;
    focus_comes(&world.browser, "at.closest('.picture')").await.map_err(|failure| format!("{failure} ({said})"))?;
    world.browser.rest().await?;
    assert!(uploads(&world).is_empty(), "and not before the answer is sent");
    widget.next().await?;
    widget.see("input[name='q.review']").await?;
    widget.click("button.skip").await?;
    widget.thanks().await?;
    let sent = uploads(&world);
    assert_eq!(sent.iter().map(|upload| upload.status).collect::<Vec<_>>(), [Some(200)], "{sent:?}");
    let preflights = world.proxy.exchanges().into_iter().filter(|exchange| exchange.method == "OPTIONS").count();
    assert_eq!(preflights, 0);

    let page = open_response(&world).await?;
    dashboard::assert_says(&page, &["The picture of the mug is gone."]);
    world.browser.picture(&format!("response-picture-{:?}.png", window.engine)).await?;
    let address = thumbnail(&world).await?;
    let places = [(0.3, 0.3), (0.12, 0.12), (0.48, 0.48), (0.95, 0.97), (0.7, 0.95), (0.05, 0.05), (0.05, 0.9)];
    let (colours, size) = colours(&world, &address, &places).await?;
    let black: Vec<bool> = colours.iter().map(is_black).collect();
    assert_eq!(black, [true, true, true, true, true, false, false], "{colours:?} of {size:?}");
    let findings = world.browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    Ok(())
}

async fn a_picture_survives_the_tab_and_arrives_once(window: Window) -> Outcome {
    // Whoever does not want to be measured may still send a picture: they asked for it themselves.
    let world = open(Window { asks_for_privacy: true, ..window }).await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/delivery/").await?;
    widget.ready().await?;
    draw(&world, &widget).await?;
    widget.click("dialog button:last-of-type").await?;
    widget.see_no("dialog canvas").await?;
    world.proxy.cut();
    widget.next().await?;
    widget.click("button.skip").await?;
    let thanks = widget.thanks().await?;
    assert!(thanks.contains("kept on this device"), "{thanks}");
    world.browser.close_tab().await?;
    world.proxy.mend();

    world.visit("/").await?;
    let taken = |world: &World| uploads(world).iter().filter(|upload| upload.status == Some(200)).count();
    wait::until("the picture to arrive", || async { Ok((taken(&world) > 0).then_some(())) }).await?;
    world.proxy.arrival("response", |item| item["finished"] == true).await?;
    // A third visit has nothing left to send, and the device keeps nothing.
    world.visit("/tableware/").await?;
    widget.ready().await?;
    wait::stays("a picture that is not sent again", wait::DOUBT, async || Ok(taken(&world) == 1)).await?;
    let kept = world
        .browser
        .run_async(
            "const opening = indexedDB.open('rapport');
             const database = await new Promise((resolve) => { opening.onsuccess = () => resolve(opening.result); });
             const all = database.transaction('picture').objectStore('picture').getAllKeys();
             await new Promise((resolve) => { all.onsuccess = resolve; });
             return [...Object.keys(localStorage).filter((key) => key.includes('held')), ...all.result];",
        )
        .await?;
    assert_eq!(kept, json!([]));
    let page = open_response(&world).await?;
    dashboard::assert_says(&page, &["The picture of the mug is gone."]);
    let (_, [width, height]) = colours(&world, &thumbnail(&world).await?, &[]).await?;
    assert!(width > 800 && height > 400, "{width} × {height}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_visitor_s_act_nothing_is_drawn_or_sent() -> Outcome {
    let world = open(DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/").await?;
    widget.ready().await?;
    // Given up by Escape, which leaves the panel open, and taken back by the button.
    draw(&world, &widget).await?;
    world.browser.press(Key::Escape).await?;
    widget.see_no("dialog canvas").await?;
    widget.see("[role=dialog]").await?;
    widget.click(".picture button:enabled").await?;
    widget.see("dialog canvas").await?;
    widget.click("dialog button:last-of-type").await?;
    widget.see_no("dialog canvas").await?;
    wait::until("the button to take it back", || async {
        Ok((widget.words(".picture button").await? == "Remove the picture").then_some(()))
    })
    .await?;
    widget.click(".picture button:enabled").await?;
    widget.next().await?;
    widget.click("button.skip").await?;
    widget.thanks().await?;
    let response = world.proxy.arrival("response", |item| item["finished"] == true).await?;
    assert!(!response.to_string().contains("screenshot"), "{response}");
    wait::stays("no picture is sent", wait::DOUBT, async || Ok(uploads(&world).is_empty())).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn typed_text_masked_elements_and_frames_are_not_drawn() -> Outcome {
    let world = World::of("tests/pages/drawn", &[SURVEY], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    world.visit("/").await?;
    widget.ready().await?;
    draw(&world, &widget).await?;
    world.browser.picture("drawn.png").await?;
    // Every place whose words are secret is white on black or black on white: anything between would be a letter's edge.
    let seen = world
        .browser
        .run(&on_canvas(
            "const scale = canvas.width / document.documentElement.clientWidth;
             const brush = canvas.getContext('2d');
             const colours = (element) => {
                 const box = element.getBoundingClientRect();
                 const [x, y] = [(box.x + 6) * scale, (box.y + 6) * scale];
                 const { data } = brush.getImageData(x, y, (box.width - 12) * scale, (box.height - 12) * scale);
                 const found = new Set();
                 for (let at = 0; at < data.length; at += 4) found.add(data.slice(at, at + 3).join());
                 return [element.id, found.size, [...found][0]];
             };
             return [...document.querySelectorAll('[id]')].map(colours);",
        ))
        .await?;
    let colours = |id: &str| {
        let row = seen.as_array().into_iter().flatten().find(|row| row[0] == id);
        row.map(|row| (row[1].as_u64().unwrap_or(0), row[2].as_str().unwrap_or_default().to_owned()))
    };
    for (id, colour) in [
        ("masked", "0,0,0"),
        ("frame", "204,204,204"),
        ("typed", "255,255,255"),
        ("area", "255,255,255"),
        ("chosen", "255,255,255"),
        ("editable", "255,255,255"),
    ] {
        assert_eq!(colours(id), Some((1, colour.to_owned())), "{id}: {seen}");
    }
    for id in ["words", "shadow", "image", "scrolled"] {
        assert!(colours(id).is_some_and(|(count, _)| count > 2), "{id} is drawn: {seen}");
    }
    assert!(colours("canvas").is_some_and(|(count, colour)| count == 1 && colour.starts_with("255,16")), "{seen}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finger_covers_too() -> Outcome {
    let world = World::of("examples/shop", &["examples/shop/surveys/problem.json"], PHONE).await?;
    let browser = &world.browser;
    let widget = Widget::floating(browser);
    browser.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await?;
    world.visit("/delivery/").await?;
    widget.ready().await?;
    // By the page's own button, in a dialog that keeps the focus.
    browser.click("[data-rapport-open=problem]").await?;
    widget.write("The text runs out of the page.").await?;
    widget.click(".picture button:enabled").await?;
    widget.see("dialog canvas").await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    let box_of =
        "const box = canvas.getBoundingClientRect(); return [box.x, box.y, box.width, box.height, innerWidth];";
    let [x, y, width, height, most]: [f64; 5] = serde_json::from_value(browser.run(&on_canvas(box_of)).await?)?;
    assert!(x >= 0.0 && x + width <= most, "it fits {most} px: {x} and {width}");
    let touch = async |kind: &str, across: f64, down: f64| {
        let points =
            if kind == "touchEnd" { json!([]) } else { json!([{ "x": x + across * width, "y": y + down * height }]) };
        browser.devtools("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await
    };
    touch("touchStart", 0.2, 0.2).await?;
    touch("touchMove", 0.4, 0.5).await?;
    touch("touchMove", 0.8, 0.8).await?;
    touch("touchEnd", 0.0, 0.0).await?;
    browser.picture("covering-phone.png").await?;
    let covered = browser.run(&on_canvas("return [pixel(0.5, 0.5), pixel(0.1, 0.1)].map(([red]) => red < 9);")).await?;
    assert_eq!(covered, json!([true, false]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_picture_is_told_and_the_answer_goes_without_it() -> Outcome {
    let world = open(DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    // A browser that makes of a picture what is none.
    let broken = "HTMLCanvasElement.prototype.toBlob = function (done) { done(new Blob(['no picture'])); };";
    world.browser.before_pages(broken).await?;
    world.visit("/").await?;
    widget.ready().await?;
    draw(&world, &widget).await?;
    widget.click("dialog button:last-of-type").await?;
    widget.see_no("dialog canvas").await?;
    widget.next().await?;
    let alert = wait::until("the refusal", || async {
        let alert = widget.find("[role=alert]").await?;
        let Some(alert) = alert else { return Ok(None) };
        let words = world.browser.driver.execute("return arguments[0].innerText", vec![alert.to_json()?]).await?;
        Ok(Some(words.convert::<String>()?).filter(|words| words.contains("picture")))
    })
    .await?;
    assert!(alert.contains("must be a JPEG, PNG or WebP picture"), "{alert}");
    assert_eq!(uploads(&world).iter().map(|upload| upload.status).collect::<Vec<_>>(), [Some(422)]);
    // Told once, it keeps nobody from going on.
    widget.see("input[name='q.review']").await?;
    widget.click("button.skip").await?;
    widget.thanks().await?;
    assert_eq!(uploads(&world).len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_is_chosen_in_the_panel() -> Outcome {
    let world = open(DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    // What a visitor does in the chooser: picks a file.
    let chooser = "HTMLInputElement.prototype.click = async function () {
        // The button that opened it only waits by then.
        const button = () => document.querySelector('rapport-widget').shadowRoot.querySelector('.picture button');
        while (!button().disabled) await new Promise(requestAnimationFrame);
        window.waiting = button().innerText;
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [4000, 3000];
        canvas.getContext('2d').fillRect(0, 0, 2000, 3000);
        const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
        const files = new DataTransfer();
        files.items.add(new File([blob], 'mug.png'));
        this.files = files.files;
        this.dispatchEvent(new Event('change'));
    };";
    world.browser.before_pages(chooser).await?;
    world.visit("/").await?;
    widget.ready().await?;
    widget.open().await?;
    widget.write("Nothing at all").await?;
    widget.next().await?;
    widget.choose("review", "5").await?;
    widget.click(".picture button:enabled").await?;
    widget.see("dialog canvas").await?;
    assert_eq!(world.browser.run("return waiting").await?, "Add a photo", "no page is drawn");
    widget.click("dialog button:last-of-type").await?;
    widget.see_no("dialog canvas").await?;
    widget.next().await?;
    widget.thanks().await?;
    let sent = uploads(&world);
    assert_eq!(sent.iter().map(|upload| upload.status).collect::<Vec<_>>(), [Some(200)], "{sent:?}");
    assert!(sent[0].body.len() < 500_000, "{} bytes", sent[0].body.len());
    dashboard::sign_in(&world).await?;
    dashboard::read(&world, "reviews").await?;
    world.browser.click("a.open").await?;
    let (colours, size) = colours(&world, &thumbnail(&world).await?, &[(0.2, 0.5), (0.8, 0.5)]).await?;
    assert_eq!(size, [1_600, 1_200], "scaled down");
    assert_eq!(colours.iter().map(is_black).collect::<Vec<_>>(), [true, false]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_under_a_strict_policy_is_drawn_as_it_looks() -> Outcome {
    let world = World::of("tests/pages/drawn", &[SURVEY], DESKTOP).await?;
    let widget = Widget::floating(&world.browser);
    let note = "window.violations = [];
        addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));";
    world.browser.before_pages(note).await?;
    world.visit("/policy.html").await?;
    widget.ready().await?;
    draw(&world, &widget).await?;
    let place = "const scale = canvas.width / document.documentElement.clientWidth / canvas.width;
        const box = document.getElementById('table').getBoundingClientRect();
        const inTable = pixel((box.x + 20) * scale, ((box.y + 20) * scale * canvas.width) / canvas.height);
        return [violations, inTable.slice(0, 3), pixel(0.95, 0.95).slice(0, 3)];";
    let seen = world.browser.run(&on_canvas(place)).await?;
    assert_eq!(seen, json!([[], [192, 24, 24], [32, 64, 96]]));
    Ok(())
}

/// A small photo of a plain colour, as a file.
async fn photo(world: &World) -> Outcome<PathBuf> {
    let bytes = world
        .browser
        .run_async(
            "const canvas = document.createElement('canvas');
             [canvas.width, canvas.height] = [120, 90];
             const brush = canvas.getContext('2d');
             brush.fillStyle = 'rgb(20, 120, 60)';
             brush.fillRect(0, 0, 120, 90);
             const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
             return [...new Uint8Array(await blob.arrayBuffer())];",
        )
        .await?;
    let bytes: Vec<u8> = serde_json::from_value(bytes)?;
    let path = world.rapport.folder().join("mug.png");
    std::fs::write(&path, bytes)?;
    Ok(path)
}

async fn a_photo_without_script_is_public_once_its_review_is(window: Window) -> Outcome {
    let world = open(window).await?;
    let browser = &world.browser;
    let origin = world.proxy.origin();
    browser.visit(&format!("{origin}/f/{}/pictures", world.site)).await?;
    let path = photo(&world).await?;
    let findings = browser.accessibility_findings().await?;
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    browser.driver.query(By::Css("textarea[name='q.problem']")).first().await?.send_keys("None, really.").await?;
    browser.click("label:has(input[name='q.review'][value='4'])").await?;
    let file = browser.driver.query(By::Css("input[type=file][name='q.review.photo']")).first().await?;

    // What is no picture is refused by name, and nothing that was typed is lost.
    let text = world.rapport.folder().join("mug.jpg");
    std::fs::write(&text, "<svg xmlns='http://www.w3.org/2000/svg'/>")?;
    file.send_keys(text.to_string_lossy().as_ref()).await?;
    browser.click("button.next").await?;
    let said = wait::until("the refusal", || async {
        let page = browser.run("return document.body.innerText").await?;
        Ok(page.as_str().filter(|page| page.contains("JPEG, PNG or WebP")).map(str::to_owned))
    })
    .await?;
    assert!(said.contains("could not be added"), "{said}");
    let typed = browser.run("return document.querySelector('textarea').value").await?;
    assert_eq!(typed, "None, really.");

    let file = browser.driver.query(By::Css("input[type=file][name='q.review.photo']")).first().await?;
    file.send_keys(path.to_string_lossy().as_ref()).await?;
    browser.click("button.next").await?;
    wait::until("the thank-you", || async {
        let page = browser.run("return document.body.innerText").await?;
        Ok(page.as_str().unwrap_or_default().contains("Thank you").then_some(()))
    })
    .await?;

    let public = format!("{origin}/r/{}", world.site);
    // The list may be kept for a minute: another filter is another address.
    let shown = async |filter: &str| {
        browser.visit(&format!("{public}{filter}")).await?;
        browser.run("return document.images.length ? document.images[0].src : null").await
    };
    assert_eq!(shown("").await?, Value::Null, "nobody has published it");
    dashboard::sign_in(&world).await?;
    dashboard::read(&world, "reviews").await?;
    browser.click("a.open").await?;
    let colour = colours(&world, &thumbnail(&world).await?, &[(0.5, 0.5)]).await?.0[0];
    assert!(colour[1] > colour[0] + 50 && colour[1] > colour[2] + 30, "{colour:?}");
    browser.picture(&format!("review-photo-{:?}.png", window.engine)).await?;
    browser.click("button[value=published]").await?;
    wait::until("it to be published", || async {
        Ok(browser
            .run("return Boolean(document.querySelector('button[value=pending]'))")
            .await?
            .eq(&true)
            .then_some(()))
    })
    .await?;
    let address = shown("?stars=4").await?;
    let address = address.as_str().ok_or("the photo is not shown")?.to_owned();
    assert!(address.contains("/v1/reviews/"), "{address}");
    browser.picture(&format!("public-photo-{:?}.png", window.engine)).await?;
    assert_eq!(colours(&world, &address, &[]).await?.1, [120, 90]);
    Ok(())
}
