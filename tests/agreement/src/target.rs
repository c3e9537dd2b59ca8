//! A random target and trigger, and one visit with its history.

use crate::Digest;
use crate::random::Random;
use rapport_shared::targeting::{
    Asked, Device, History, LocalTime, Operator, Outcome, PageRule, PropertyRule, Repeat, Schedule, Target, TaskEnd,
    Trigger, Visit, Visitors, all_hold, draw,
};

const PATHS: [&str; 8] = ["/", "/a", "/a/b", "/a/b/c/", "/café/é", "/product/mug", "/A/b", "/x//y"];
const GLOBS: [&str; 10] = ["/**", "/a/*", "/a/**", "/*/b", "/caf?/*", "/product/m*g", "**/c", "/?", "/x/**/y", "a"];
const VALUES: [&str; 8] = ["", "gold", "silver", "7", "07.50", "-1.5", "99999999999999999999", "1e3"];
const DATES: [&str; 6] = ["", "2026-11-24", "2026-02-28", "2024-02-29", "2026-02-30", "next week"];
const TIMES: [&str; 6] =
    ["2026-11-24 09:05:00", "2024-02-29 23:59:59", "2026-02-28 00:00:00", "", "2026-11-24", "0001-01-01 12:00:00"];
const TAGS: [&str; 6] = ["de", "de-CH", "DE", "den", "en-GB", ""];

/// Decides about a visit of the stream; the path of the rule that refuses it, empty for none.
pub fn decide(random: &mut Random, digest: &mut Digest) -> &'static str {
    let target = target(random);
    digest.add(&target.faults());
    digest.add(&trigger(random).faults());
    let properties: Vec<(String, String)> =
        (0..random.below(3)).map(|_| (random.of(&["plan", "age"]).into(), random.of(&VALUES).into())).collect();
    digest.add(&all_hold(&rules(random), &properties));
    let lot = (random.below(65_536) as u32).to_be_bytes();
    let survey = random.of(&["asked", "other", "é"]);
    let visit = Visit {
        path: random.of(&PATHS).into(),
        device: random.of(&[Device::Desktop, Device::Mobile, Device::Tablet]),
        language: random.of(&TAGS).into(),
        source: random.of(&["", "letter"]).into(),
        referrer_host: random.of(&["", "www.example.org"]).into(),
        traits: properties,
        segments: random.some(&["staff".to_owned(), "testers".to_owned()], 2),
        returning: random.of(&[None, Some(false), Some(true)]),
        draw_percent: draw(&lot, survey),
        local: LocalTime::read(random.of(&TIMES)),
        views: random.below(5) as u32,
    };
    digest.add(&visit);
    let today = 20_000 + random.below(40) as u64;
    let outcomes = [Outcome::Shown, Outcome::Closed, Outcome::Answered];
    let asked = Asked { day: 20_000 + random.below(60) as u64, outcome: random.of(&outcomes) };
    let history = History {
        today,
        survey: random.once_in(2).then_some(asked),
        site_day: random.once_in(2).then_some(20_000 + random.below(60) as u64),
        site_cooldown_days: random.below(10) as u32,
    };
    // Expressions are left to the engine of the place, so both get the same simple one.
    let matches = |pattern: &str, path: &str| path.contains(pattern.trim_start_matches('^'));
    let refusal = target.evaluate(&visit, &history, random.below(30) as u32, &matches).err();
    digest.add(&refusal);
    refusal.map_or("", |rule| rule.field())
}

fn target(random: &mut Random) -> Target {
    let page = |random: &mut Random| match random.below(4) {
        0 => PageRule::Regex(random.of(&["^/a", "b", "(", "^/product/"]).into()),
        _ => PageRule::Glob(random.of(&GLOBS).into()),
    };
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let mut target = Target::default();
    // Few rules in each, so that every one of them gets its turn to be the first that says no.
    for _ in 0..1 + random.below(3) {
        match random.below(11) {
            0 => target.pages = (0..1 + random.below(2)).map(|_| page(random)).collect(),
            1 => target.except_pages = vec![page(random)],
            2 => target.devices = random.some(&[Device::Desktop, Device::Mobile, Device::Tablet], 2),
            3 => target.languages = random.some(&texts(&TAGS[..5]), 2),
            4 => target.sources = random.some(&texts(&["letter", "www.example.org"]), 2),
            5 => target.traits = rules(random),
            6 => target.segments = random.some(&texts(&["staff", "testers"]), 2),
            7 => target.visitors = random.of(&[Visitors::All, Visitors::New, Visitors::Returning]),
            8 => target.sample_percent = random.below(101) as u8,
            9 => target.schedule = schedule(random),
            _ => target.after_views = random.below(5) as u32,
        }
    }
    target.repeat = random.of(&[Repeat::AfterCooldown, Repeat::UntilAnswered, Repeat::Once]);
    target
}

fn rules(random: &mut Random) -> Vec<PropertyRule> {
    let operators =
        [Operator::Is, Operator::IsNot, Operator::Contains, Operator::AtLeast, Operator::AtMost, Operator::Exists];
    (0..random.below(3))
        .map(|_| PropertyRule {
            name: random.of(&["plan", "age"]).into(),
            operator: random.of(&operators),
            value: random.of(&VALUES).into(),
        })
        .collect()
}

fn schedule(random: &mut Random) -> Schedule {
    Schedule {
        from: random.of(&DATES).into(),
        until: random.of(&DATES).into(),
        weekdays: random.some(&[1, 2, 3, 4, 5, 6, 7], 5),
        from_hour: random.of(&[None, Some(0), Some(9), Some(22)]),
        until_hour: random.of(&[None, Some(6), Some(17), Some(24)]),
    }
}

fn trigger(random: &mut Random) -> Trigger {
    let name = || "search".to_owned();
    match random.below(6) {
        0 => Trigger::Delay { delay_ms: random.bits() as u32 },
        1 => Trigger::Scroll { percent: random.bits() as u8 },
        2 => Trigger::Event {
            name: name(),
            properties: rules(random),
            delay_ms: random.below(8_000_000) as u32,
            cancelled_by: random.some(&[name(), "paid".into(), String::new()], 2),
        },
        3 => Trigger::Task { task: name(), end: random.of(&[TaskEnd::Success, TaskEnd::Fail, TaskEnd::Abandon]) },
        4 => Trigger::Seen { selector: random.of(&["", "#far"]).into() },
        _ => Trigger::SlowPage { over_ms: random.below(3) as u32 },
    }
}
