//! Where and when a survey appears, said in plain words to whoever has just put it on a site.

use rapport_shared::survey::{Placement, Survey};
use rapport_shared::targeting::{Device, PageRule, Repeat, Target, TaskEnd, Trigger, Visitors};
use rapport_store::site::Site;
use rapport_store::survey::ListedSurvey;

/// What becomes of `survey` on its site, whose surveys are `listed` in order of precedence.
pub(super) fn of(survey: &Survey, site: &Site, listed: &[ListedSurvey], base_url: String) -> String {
    let (id, key) = (&survey.id, &site.key);
    let active = listed.iter().any(|listed| listed.active && listed.survey.id == *id);
    let mut lines = vec![format!("  Where: {}", place(survey, site, listed, &base_url))];
    if survey.placement.has_trigger() {
        lines.push(format!("  When: {}", moment(&survey.trigger, id)));
    }
    if matches!(survey.placement, Placement::Launcher | Placement::Popover | Placement::Banner | Placement::Inline) {
        lines.push(format!("  Whom: {}", whom(&survey.target)));
    }
    if survey.placement.has_trigger() && survey.trigger != Trigger::Manual {
        lines.push(format!("  How often: {}", how_often(survey)));
    }
    lines.push(if active {
        let pages = if survey.placement == Placement::Hosted { "" } else { ": pages have it within a minute" };
        format!("  It is active{pages}.")
    } else {
        format!("  It is not active, so nobody sees it: `rapport survey activate {key} {id}`")
    });
    lines.join("\n")
}

fn place(survey: &Survey, site: &Site, listed: &[ListedSurvey], base_url: &str) -> String {
    let id = &survey.id;
    let opens = format!("`<button data-rapport-open=\"{id}\">` or `rapport(\"open\", \"{id}\")`");
    match survey.placement {
        Placement::Launcher => {
            let before = listed.iter().take_while(|listed| listed.survey.id != *id);
            let before = before.filter(|listed| listed.active && listed.survey.placement == Placement::Launcher);
            let before: Vec<&Survey> = before.map(|listed| &listed.survey).collect();
            // Nothing that was asked before ends a launcher.
            let asks_everyone =
                |survey: &&&Survey| Target { repeat: Repeat::default(), ..survey.target.clone() } == Target::default();
            match before.iter().find(asks_everyone) {
                Some(first) => format!(
                    "nowhere of its own accord, since the floating button of {} is that of \"{}\", which came first and \
                     is for every visitor on every page (`rapport survey deactivate {} {}` makes room); {opens} opens it",
                    site.name, first.title, site.key, first.id
                ),
                None => {
                    let titles: Vec<String> = before.iter().map(|first| format!("\"{}\"", first.title)).collect();
                    let unless = match titles.as_slice() {
                        [] => String::new(),
                        _ => format!(", where the button is not that of {}, which came first", titles.join(" or ")),
                    };
                    format!("behind the floating button \"{}\"{unless}", survey.title)
                }
            }
        }
        Placement::Popover => "in the corner of the floating button, over the page".into(),
        Placement::Banner => "in a strip along the lower edge of the page".into(),
        Placement::Modal => format!("in a dialog, which {opens} opens"),
        Placement::Inline => {
            format!("in the page, wherever it has `<div data-rapport-survey=\"{id}\"></div>`")
        }
        Placement::Hosted => format!(
            "in no page, only at {base_url}/f/{}/{id} (`rapport survey link {} {id}` prints links for a mail)",
            site.key, site.key
        ),
    }
}

fn moment(trigger: &Trigger, id: &str) -> String {
    let seconds = |ms: u32| match f64::from(ms) / 1000.0 {
        1.0 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    };
    match trigger {
        Trigger::Manual => format!(
            "never of its own accord: only `rapport(\"open\", \"{id}\")` or a button with `data-rapport-open` opens it"
        ),
        Trigger::Delay { delay_ms } => format!("{} after the page was opened", seconds(*delay_ms)),
        Trigger::Signal { signal } => match signal {
            rapport_shared::signal::SignalKind::RageClick => "after several quick clicks in one place".into(),
            rapport_shared::signal::SignalKind::DeadClick => "after a click that did nothing".into(),
            rapport_shared::signal::SignalKind::SlowClick => "after a click that did something late".into(),
            rapport_shared::signal::SignalKind::FailedClick => "after a click that failed".into(),
            rapport_shared::signal::SignalKind::QuickBack => "after going back from a page almost at once".into(),
            rapport_shared::signal::SignalKind::ExcessiveScroll => "after a page was scrolled up and down".into(),
            rapport_shared::signal::SignalKind::BrokenImage => "after a picture did not load".into(),
            rapport_shared::signal::SignalKind::FailedRequest => "after a request failed".into(),
            _ => "after an error of the page".into(),
        },
        Trigger::Scroll { percent } => format!("once {percent} % of the page has been seen"),
        Trigger::ExitIntent => {
            "the pointer leaves the page by its upper edge; touch screens have no such moment".into()
        }
        Trigger::Seen { selector } => format!("an element {selector} comes into view"),
        Trigger::Event { name, properties, delay_ms, cancelled_by } => {
            let call = match name.as_str() {
                "purchase" => "`rapport(\"purchase\", …)`".to_owned(),
                name => format!("`rapport(\"track\", \"{name}\")`"),
            };
            let mut text = match delay_ms {
                0 => format!("the page calls {call}"),
                _ => format!("{} after the page called {call}", seconds(*delay_ms)),
            };
            if !properties.is_empty() {
                text.push_str(", if its properties fit");
            }
            if !cancelled_by.is_empty() {
                text.push_str(&format!(", unless {} comes first", cancelled_by.join(" or ")));
            }
            text
        }
        Trigger::Task { task, end } => {
            let task = if task.is_empty() { "any task".to_owned() } else { format!("the task \"{task}\"") };
            let ends = match end {
                TaskEnd::Success => "succeeds",
                TaskEnd::Fail => "fails",
                TaskEnd::Abandon => "is given up",
            };
            format!("{task} {ends}: `rapport(\"task\", …, \"{}\")` or a form with `data-rapport-task`", end.as_str())
        }
        Trigger::SlowPage { over_ms } => format!("the page took longer than {} to appear", seconds(*over_ms)),
        Trigger::FormRefilled => "a form that was sent is filled in again".into(),
    }
}

fn whom(target: &Target) -> String {
    let mut rules: Vec<String> = Vec::new();
    let pages = |rules: &[PageRule]| {
        let each = rules.iter().map(|rule| match rule {
            PageRule::Glob(text) | PageRule::Regex(text) => text.as_str(),
        });
        each.collect::<Vec<_>>().join(", ")
    };
    if !target.pages.is_empty() {
        rules.push(format!("on {}", pages(&target.pages)));
    }
    if !target.except_pages.is_empty() {
        rules.push(format!("not on {}", pages(&target.except_pages)));
    }
    if !target.devices.is_empty() {
        let devices: Vec<&str> = target.devices.iter().copied().map(Device::as_str).collect();
        rules.push(format!("on {} devices", devices.join(" and ")));
    }
    if !target.languages.is_empty() {
        rules.push(format!("in pages in {}", target.languages.join(", ")));
    }
    if !target.sources.is_empty() {
        rules.push(format!("who came from {}", target.sources.join(", ")));
    }
    if !target.traits.is_empty() {
        rules.push("whose traits fit".into());
    }
    if !target.segments.is_empty() {
        rules.push(format!("of the segments {}", target.segments.join(", ")));
    }
    match target.visitors {
        Visitors::All => {}
        Visitors::New => rules.push("who are new (known after consent)".into()),
        Visitors::Returning => rules.push("who come back (known after consent)".into()),
    }
    if target.after_views > 1 {
        rules.push(format!("from view {} of their session on", target.after_views));
    }
    if target.schedule != Default::default() {
        rules.push("at the times of its schedule".into());
    }
    if target.sample_percent < 100 {
        rules.push(format!("{} of 100 sessions", target.sample_percent));
    }
    if rules.is_empty() { "every visitor, on every page".into() } else { format!("visitors {}", rules.join(", ")) }
}

fn how_often(survey: &Survey) -> String {
    let every = match survey.cooldown_days {
        0 => "on each page".into(),
        1 => "at most once a day".into(),
        days => format!("at most once in {days} days"),
    };
    match survey.target.repeat {
        Repeat::AfterCooldown => every,
        Repeat::UntilAnswered => format!("{every}, until it is answered"),
        Repeat::Once => format!("{every}, and never again once it was closed or answered"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::pool;
    use crate::new_site::first_survey;
    use jiff::tz::TimeZone;

    fn said(survey: &Survey, before: &[Survey], active: bool) -> String {
        let site = Site {
            site_id: Default::default(),
            key: "shop".into(),
            name: "My shop".into(),
            origins: Vec::new(),
            time_zone: TimeZone::UTC,
            accent_color: String::new(),
            created_at_ms: 0,
        };
        let listed = |survey: &Survey, active| ListedSurvey { survey: survey.clone(), active, created_at_ms: 0 };
        let mut all: Vec<ListedSurvey> = before.iter().map(|survey| listed(survey, true)).collect();
        all.push(listed(survey, active));
        of(survey, &site, &all, "https://feedback.example.com".into())
    }

    #[test]
    fn a_survey_of_the_pool_was_created_and_nobody_said_that_it_never_appears() {
        let survey = |name: &str| pool::survey(name).expect("a survey of the pool");
        let exit = said(&survey("exit-intent"), &[], true);
        assert!(exit.contains("When: the pointer leaves the page by its upper edge"), "{exit}");
        assert!(exit.contains("at most once in 60 days") && exit.contains("It is active"), "{exit}");
        let idle = said(&survey("nps"), &[], false);
        assert!(idle.contains("not active") && idle.contains("`rapport survey activate shop nps`"), "{idle}");
        let bought = said(&survey("post-purchase"), &[], true);
        assert!(bought.contains("the page called `rapport(\"purchase\", …)`"), "{bought}");
        let second = said(&survey("beta-feedback"), &[first_survey()], true);
        assert!(
            second.contains("nowhere of its own accord") && second.contains("deactivate shop feedback"),
            "{second}"
        );
        let checkout = PageRule::Glob("/checkout/**".into());
        let elsewhere = Target { pages: vec![checkout], ..Target::default() };
        let elsewhere = Survey { target: elsewhere, title: "Checkout".into(), ..first_survey() };
        let second = said(&survey("beta-feedback"), &[elsewhere], true);
        assert!(second.contains(", where the button is not that of \"Checkout\", which came first\n"), "{second}");
        assert!(said(&first_survey(), &[], true).contains("behind the floating button \"Feedback\""));
        let manual = Survey { placement: Placement::Popover, ..first_survey() };
        assert!(said(&manual, &[], true).contains("When: never of its own accord"));
        let mail = said(&survey("after-support"), &[], true);
        assert!(mail.contains("https://feedback.example.com/f/shop/after-support"), "{mail}");
    }
}
