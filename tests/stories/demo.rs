//! `rapport demo`: one command, and there are a shop to rate and dashboards with a month to look at.

use rapport_tests::browser::{Browser, DESKTOP, Window};
use rapport_tests::{Outcome, dashboard, rapport, tools, wait, widget::Widget};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;
use thirtyfour::prelude::*;

/// How long simulating a month may take, above all without optimisation.
const SIMULATION: Duration = Duration::from_secs(600);

/// A running demo, and what it has printed so far.
struct Demo {
    child: Child,
    log: std::path::PathBuf,
}

impl Demo {
    fn start(folder: &Path, ports: [u16; 2]) -> Outcome<Self> {
        let log = folder.join("demo.log");
        let file = std::fs::File::create(&log)?;
        // A month for the pictures has to be believable; one for the test only has to be a month.
        let visits = if std::env::var_os("RAPPORT_TEST_DOCS").is_some() { "1900" } else { "100" };
        let child = rapport::command()?
            .args(["demo", "--visits-per-day", visits])
            .args(["--listen", &format!("127.0.0.1:{}", ports[0])])
            .args(["--shop-listen", &format!("127.0.0.1:{}", ports[1])])
            .current_dir(folder)
            .stdout(file.try_clone()?)
            .stderr(file)
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self { child, log })
    }

    fn printed(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits for the line with that name, and gives the address at its end.
    async fn link(&mut self, name: &str) -> Outcome<String> {
        let what = format!("a link to {name}");
        let printed_or_ended = wait::until_within(SIMULATION, &what, async || {
            let printed = self.printed();
            let line = printed.lines().find(|line| line.contains(name) && line.contains("http"));
            if let Some(link) = line.and_then(|line| line.split_whitespace().last()) {
                return Ok(Some(Ok(link.to_owned())));
            }
            let ended = self.child.try_wait()?;
            Ok(ended.map(|status| Err(format!("the demo ended with {status}: {printed}"))))
        });
        Ok(printed_or_ended.await??)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_shows_a_month_and_takes_a_rating() -> Outcome {
    let folder = tempfile::tempdir()?;
    let ports = [tools::free_port()?, tools::free_port()?];
    let mut demo = Demo::start(folder.path(), ports)?;
    let overview = demo.link("Overview").await?;
    let shop = demo.link("Shop").await?;
    let browser = Browser::open(Window { height_px: 1200, ..DESKTOP }).await?;

    wait::until("the demo to serve", || async { Ok(Some(browser.visit(&overview).await?)) }).await?;
    let main = browser.driver.query(By::Css("main")).first().await?.text().await?;
    dashboard::assert_says(&main, &["Page rating", "Page views", "LCP", "Release 4.2.1"]);
    browser.picture("overview.png").await?;

    let words = "The demo takes my words.";
    let widget = Widget::floating(&browser);
    browser.visit(&format!("{shop}delivery/")).await?;
    widget.ready().await?;
    widget.open().await?;
    widget.choose("rating", "5").await?;
    widget.next().await?;
    widget.write(words).await?;
    widget.next().await?;
    widget.thanks().await?;
    browser.visit(&format!("http://127.0.0.1:{}/sites/fernhill-demo/feedback", ports[0])).await?;
    let feedback = browser.driver.query(By::Css("main")).first().await?.text().await?;
    dashboard::assert_says(&feedback, &[words]);

    // The other examples are at hand, and theirs is apart from the shop's.
    let examples = demo.link("Other example pages").await?;
    for page in ["plain/", "strict-csp/nonce.html", "strict-csp/hash.html"] {
        browser.visit(&format!("{examples}{page}")).await?;
        widget.ready().await?;
        widget.open().await?;
    }
    widget.choose("rating", "4").await?;
    widget.next().await?;
    let theirs = "The policy lets me speak.";
    widget.write(theirs).await?;
    widget.next().await?;
    widget.thanks().await?;
    for (site, said, unsaid) in [("examples-demo", theirs, words), ("fernhill-demo", words, theirs)] {
        browser.visit(&format!("http://127.0.0.1:{}/sites/{site}/feedback", ports[0])).await?;
        let feedback = browser.driver.query(By::Css("main")).first().await?.text().await?;
        dashboard::assert_says(&feedback, &[said]);
        assert!(!feedback.contains(unsaid), "{site}: {feedback}");
    }

    // A second start finds everything as it was.
    drop(demo);
    let mut demo = Demo::start(folder.path(), ports)?;
    let again = demo.link("Feedback").await?;
    assert!(demo.printed().contains("already"), "{}", demo.printed());
    wait::until("the demo to serve again", || async { Ok(Some(browser.visit(&again).await?)) }).await?;
    let feedback = browser.driver.query(By::Css("main")).first().await?.text().await?;
    dashboard::assert_says(&feedback, &[words]);
    Ok(())
}
