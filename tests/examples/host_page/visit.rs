//! One opening of the product page in a browser of its own, and what is read from it.

use crate::stage::Stage;
use rapport_tests::browser::{Browser, DESKTOP};
use rapport_tests::proxy::Exchange;
use rapport_tests::widget::Widget;
use rapport_tests::{Outcome, wait};
use serde_json::{Value, json};
use std::time::Duration;

/// How many times slower the processor is made: that of a mid-range phone beside a desktop's.
pub const SLOWER: u32 = 4;
/// Time added to each round trip.
pub const ROUND_TRIP_MS: u32 = 150;
/// Rate of what is received.
pub const DOWN_MBIT_S: f64 = 9.0;
/// Rate of what is sent.
pub const UP_MBIT_S: f64 = 1.5;

const PAGE: &str = "/tableware/moss-mug/";
/// From the `load` event until the agent has long started, and the page is at rest.
const SETTLE: Duration = Duration::from_secs(4);
/// Between an intent and the tap.
const PAUSE: Duration = Duration::from_millis(700);
/// Between clicks that must not look like rage: more than `rage_click::GAP_MS`.
const CALM: Duration = Duration::from_millis(1_200);
const CLICKS: u32 = 4;

/// What the loaded page cost, before any interaction unless said otherwise.
pub struct Loaded {
    /// Main thread's processor time in script.
    pub script_ms: f64,
    /// Main thread's processor time in all tasks, those of the measurement taken out.
    pub task_ms: f64,
    /// Tasks of more than 50 ms, by the clock.
    pub long_tasks: f64,
    /// Sum of what each of those took beyond 50 ms.
    pub blocking_ms: f64,
    /// One sentence for each of them.
    pub attribution: Vec<String>,
    /// JavaScript heap in use after a collection.
    pub heap_kb: f64,
    /// Memories of all WASM modules.
    pub wasm_kb: f64,
    /// Sum of layout shifts without recent input.
    pub layout_shift: f64,
    /// Script time of one click on the page's own button.
    pub click_ms: f64,
    /// Requests for our code.
    pub code_requests: f64,
    /// Bytes of that code.
    pub code_kb: f64,
    /// Bytes of the configuration.
    pub config_kb: f64,
}

/// What the page view sent.
pub struct Delivered {
    /// Requests that carried telemetry.
    pub beacons: f64,
    /// All their bodies.
    pub body_bytes: f64,
    /// Requests that only asked for permission.
    pub preflights: f64,
}

/// The page alone.
pub async fn without_tag(stage: &Stage) -> Outcome<Loaded> {
    let mark = stage.mark();
    let browser = open(&stage.without_tag.url(PAGE)).await?;
    let loaded = read(&browser, stage, mark).await?;
    if stage.mark() > mark {
        return Err("the page without the tag reached the collector".into());
    }
    Ok(loaded)
}

/// The page with our tag, then left as visitors leave.
pub async fn with_tag(stage: &Stage) -> Outcome<(Loaded, Delivered)> {
    let mark = stage.mark();
    let browser = open(&stage.with_tag.url(PAGE)).await?;
    Widget::floating(&browser).ready().await?;
    let loaded = read(&browser, stage, mark).await?;
    browser.close_tab().await?;
    wait::until("the page view to arrive", || async {
        let sent = stage.since(mark);
        Ok(sent.iter().flat_map(Exchange::items).any(|item| item["type"] == "page_view").then_some(()))
    })
    .await?;
    // Whatever else the page view might send.
    tokio::time::sleep(PAUSE).await;
    let sent = stage.since(mark);
    let of_method = |method: &'static str| sent.iter().filter(move |exchange| exchange.method == method);
    let delivered = Delivered {
        beacons: of_method("POST").count() as f64,
        body_bytes: of_method("POST").map(|beacon| beacon.body.len()).sum::<usize>() as f64,
        preflights: of_method("OPTIONS").count() as f64,
    };
    Ok((loaded, delivered))
}

/// What it took to open the panel.
pub struct Opening {
    /// By the clock, from the tap to the first frame that shows the panel.
    pub panel_ms: f64,
    /// Main thread's processor time for it, and for what followed within a second.
    pub work_ms: f64,
    /// All our code by then.
    pub code_kb: f64,
    /// Files of it that came more than once.
    pub again: f64,
}

/// Opens the panel by its launcher. With an intent the pointer rests on the launcher first, as a visitor's does while
/// making up their mind.
pub async fn opening(stage: &Stage, intent: bool) -> Outcome<Opening> {
    let mark = stage.mark();
    let browser = open(&stage.with_tag.url(PAGE)).await?;
    let widget = Widget::floating(&browser);
    widget.ready().await?;
    let launcher = widget.see(".launcher").await?;
    let script = "const box = arguments[0].getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2].map(Math.round);";
    let middle = browser.driver.execute(script, vec![launcher.to_json()?]).await?;
    let [x, y]: [i64; 2] = middle.convert()?;
    if intent {
        browser.driver.action_chain().move_to(x, y).perform().await?;
        wait::until("the survey's module to come", || async {
            let is_module = |exchange: &Exchange| is_code(exchange) && exchange.path.ends_with(".wasm");
            Ok((stage.since(mark).iter().filter(|exchange| is_module(exchange)).count() > 1).then_some(()))
        })
        .await?;
        // The proxy has seen it; the browser has yet to receive and compile it.
        tokio::time::sleep(2 * PAUSE).await;
    }
    let before = metrics(&browser).await?;
    browser.driver.action_chain().move_to(x, y).click().perform().await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = metrics(&browser).await?;
    let panel_ms = wait::until("the panel", || async { Ok(browser.run("return hostPage.panel_ms").await?.as_f64()) });
    let panel_ms = panel_ms.await?;
    let sent = stage.since(mark);
    let mut code: Vec<&str> =
        sent.iter().filter(|exchange| is_code(exchange)).map(|exchange| &*exchange.path).collect();
    let all = code.len();
    code.sort_unstable();
    code.dedup();
    let again = (all - code.len()) as f64;
    Ok(Opening { panel_ms, work_ms: after.task_ms - before.task_ms, code_kb: bytes(&sent, is_code) / 1e3, again })
}

/// How long a form that is loaded when its button is pressed takes from the tap to its first frame, in milliseconds.
pub async fn lazy_opening(stage: &Stage) -> Outcome<f64> {
    let browser = open(&stage.lazy.url(PAGE)).await?;
    let middle = "const launcher = document.querySelector('rapport-widget').shadowRoot.querySelector('.launcher');
        const box = launcher.getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2].map(Math.round);";
    let middle = browser.driver.execute(middle, Vec::new()).await?;
    let [x, y]: [i64; 2] = middle.convert()?;
    browser.driver.action_chain().move_to(x, y).click().perform().await?;
    wait::until("the form", || async { Ok(browser.run("return hostPage.panel_ms").await?.as_f64()) }).await
}

/// A browser that has loaded the page and is at rest.
async fn open(url: &str) -> Outcome<Browser> {
    let browser = Browser::open(DESKTOP).await?;
    browser.before_pages(include_str!("probe.js")).await?;
    // Processor time instead of the clock's: other programs then count less. The slowing down is part of it.
    browser.devtools("Performance.enable", json!({ "timeDomain": "threadTicks" })).await?;
    browser.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": SLOWER })).await?;
    browser.devtools("Network.enable", json!({})).await?;
    let bytes_per_second = |mbit_s: f64| mbit_s * 1e6 / 8.0;
    let network = json!({
        "offline": false,
        "latency": ROUND_TRIP_MS,
        "downloadThroughput": bytes_per_second(DOWN_MBIT_S),
        "uploadThroughput": bytes_per_second(UP_MBIT_S),
    });
    browser.devtools("Network.emulateNetworkConditions", network).await?;
    browser.visit(url).await?;
    // Nothing is asked of the page meanwhile, for every question is a task.
    tokio::time::sleep(SETTLE).await;
    Ok(browser)
}

async fn read(browser: &Browser, stage: &Stage, mark: usize) -> Outcome<Loaded> {
    let metrics = metrics(browser).await?;
    let mut kept = browser
        .run("return { ...hostPage, memories: hostPage.memories.map((memory) => memory.buffer.byteLength) }")
        .await?;
    let sent = stage.since(mark);
    let click_ms = click_ms(browser).await?;
    browser.devtools("HeapProfiler.collectGarbage", json!({})).await?;
    let heap = browser.devtools("Runtime.getHeapUsage", json!({})).await?;
    let durations: Vec<f64> = each(&kept["tasks"]).iter().filter_map(|task| task["duration_ms"].as_f64()).collect();
    let memories: Vec<f64> = each(&kept["memories"]).iter().filter_map(Value::as_f64).collect();
    let frames = kept["frames"].take();
    Ok(Loaded {
        script_ms: metrics.script_ms,
        task_ms: metrics.task_ms,
        long_tasks: durations.len() as f64,
        // Total blocking time: https://web.dev/articles/tbt
        blocking_ms: durations.iter().map(|duration| duration - 50.0).sum(),
        attribution: each(&kept["tasks"]).iter().map(|task| attribution(task, each(&frames))).collect(),
        heap_kb: number(&heap["usedSize"])? / 1e3,
        wasm_kb: memories.iter().sum::<f64>() / 1e3,
        layout_shift: number(&kept["shift"])?,
        click_ms,
        code_requests: sent.iter().filter(|exchange| is_code(exchange)).count() as f64,
        code_kb: bytes(&sent, is_code) / 1e3,
        config_kb: bytes(&sent, |exchange| exchange.path.starts_with("/v1/config/")) / 1e3,
    })
}

/// Script time of one click on the page's own button, of several that are far enough apart to be calm.
async fn click_ms(browser: &Browser) -> Outcome<f64> {
    let before = metrics(browser).await?;
    for _ in 0..CLICKS {
        browser.click("[data-add]").await?;
        tokio::time::sleep(CALM).await;
    }
    Ok((metrics(browser).await?.script_ms - before.script_ms) / f64::from(CLICKS))
}

/// What the main thread did since the page began.
struct Metrics {
    script_ms: f64,
    task_ms: f64,
}

async fn metrics(browser: &Browser) -> Outcome<Metrics> {
    let answer = browser.devtools("Performance.getMetrics", json!({})).await?;
    let in_ms = |name: &str| {
        let metric = each(&answer["metrics"]).iter().find(|metric| metric["name"] == name);
        number(metric.map_or(&Value::Null, |metric| &metric["value"])).map(|seconds| seconds * 1e3)
    };
    Ok(Metrics {
        script_ms: in_ms("ScriptDuration")?,
        task_ms: in_ms("TaskDuration")? - in_ms("DevToolsCommandDuration")?,
    })
}

/// When a task was, and what ran in the frames that overlap it.
fn attribution(task: &Value, frames: &[Value]) -> String {
    let begin_ms = |value: &Value| value["begin_ms"].as_f64().unwrap_or_default();
    let duration_ms = |value: &Value| value["duration_ms"].as_f64().unwrap_or_default();
    let end_ms = |value: &Value| begin_ms(value) + duration_ms(value);
    let overlaps = |frame: &&Value| begin_ms(frame) < end_ms(task) && end_ms(frame) > begin_ms(task);
    let scripts: Vec<String> = frames
        .iter()
        .filter(overlaps)
        .flat_map(|frame| each(&frame["scripts"]))
        .map(|script| {
            let word = |field: &str| script[field].as_str().unwrap_or_default();
            let file = word("url").rsplit('/').next().unwrap_or_default();
            format!("{file} {} {} {:.0} ms", word("name"), word("invoker"), duration_ms(script))
        })
        .collect();
    let scripts = if scripts.is_empty() { "no script".to_owned() } else { scripts.join("; ") };
    format!("{:.0} ms at {:.0} ms: {scripts}", duration_ms(task), begin_ms(task))
}

fn is_code(exchange: &Exchange) -> bool {
    exchange.method == "GET" && (exchange.path.ends_with(".js") || exchange.path.ends_with(".wasm"))
}

fn bytes(exchanges: &[Exchange], is_it: impl Fn(&Exchange) -> bool) -> f64 {
    exchanges.iter().filter(|exchange| is_it(exchange)).map(|exchange| exchange.answer.len()).sum::<usize>() as f64
}

fn each(list: &Value) -> &[Value] {
    list.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> Outcome<f64> {
    value.as_f64().ok_or_else(|| format!("{value} is no number").into())
}
