//! The rules together: each says no on its own, and nobody is asked twice within the cooldown.

use super::*;
use proptest::prelude::*;

fn never(_: &str, _: &str) -> bool {
    panic!("no regular expression is asked here")
}

fn visit() -> Visit {
    Visit {
        path: "/product/mug".into(),
        device: Device::Mobile,
        language: "de-CH".into(),
        source: "newsletter".into(),
        referrer_host: "mail.example.org".into(),
        traits: vec![("plan".into(), "gold".into())],
        segments: vec!["beta".into()],
        returning: Some(true),
        draw_percent: 40,
        local: LocalTime { date: 20_261_124, weekday: 2, hour: 10 },
        views: 3,
    }
}

#[test]
fn the_default_asks_everyone() {
    let target = Target::default();
    assert_eq!(target.evaluate(&visit(), &History::default(), 30, &never), Ok(()));
    assert_eq!(target.evaluate(&Visit::default(), &History::default(), 0, &never), Ok(()));
    assert_eq!(target.faults(), []);
}

#[test]
fn each_rule_says_yes_and_no() {
    let glob = |text: &str| vec![PageRule::Glob(text.into())];
    let texts = |text: &str| vec![text.to_owned()];
    let plan = |value: &str| vec![PropertyRule { name: "plan".into(), value: value.into(), ..PropertyRule::default() }];
    let base = Target::default;
    for (rule, yes, no) in [
        (Rule::Pages, Target { pages: glob("/product/*"), ..base() }, Target { pages: glob("/cart"), ..base() }),
        (
            Rule::Pages,
            Target { except_pages: glob("/cart"), ..base() },
            Target { except_pages: glob("/product/**"), ..base() },
        ),
        (
            Rule::Devices,
            Target { devices: vec![Device::Tablet, Device::Mobile], ..base() },
            Target { devices: vec![Device::Desktop], ..base() },
        ),
        (Rule::Languages, Target { languages: texts("DE"), ..base() }, Target { languages: texts("de-AT"), ..base() }),
        (
            Rule::Sources,
            Target { sources: texts("mail.example.org"), ..base() },
            Target { sources: texts("search.example"), ..base() },
        ),
        (Rule::Traits, Target { traits: plan("gold"), ..base() }, Target { traits: plan("silver"), ..base() }),
        (Rule::Segments, Target { segments: texts("beta"), ..base() }, Target { segments: texts("staff"), ..base() }),
        (
            Rule::Visitors,
            Target { visitors: Visitors::Returning, ..base() },
            Target { visitors: Visitors::New, ..base() },
        ),
        (Rule::Sample, Target { sample_percent: 41, ..base() }, Target { sample_percent: 40, ..base() }),
        (
            Rule::Schedule,
            Target { schedule: Schedule { weekdays: vec![2], ..Schedule::default() }, ..base() },
            Target { schedule: Schedule { from_hour: Some(11), ..Schedule::default() }, ..base() },
        ),
        (Rule::AfterViews, Target { after_views: 3, ..base() }, Target { after_views: 4, ..base() }),
    ] {
        assert_eq!(yes.evaluate(&visit(), &History::default(), 30, &never), Ok(()), "{rule:?}");
        assert_eq!(no.evaluate(&visit(), &History::default(), 30, &never), Err(rule));
    }
}

#[test]
fn an_expression_is_left_to_the_engine_of_the_place() {
    let target = Target { pages: vec![PageRule::Regex("^/product/".into())], ..Target::default() };
    let asked = |pattern: &str, path: &str| pattern == "^/product/" && path == "/product/mug";
    assert_eq!(target.evaluate(&visit(), &History::default(), 0, &asked), Ok(()));
    assert_eq!(target.evaluate(&Visit::default(), &History::default(), 0, &asked), Err(Rule::Pages));
}

#[test]
fn page_rules_in_other_scripts_fit_however_a_browser_writes_the_path() {
    let fits = |glob: &str, path: &str| PageRule::Glob(glob.into()).fits(path, &never);
    let catalogue = "/%D0%BA%D0%B0%D1%82%D0%B0%D0%BB%D0%BE%D0%B3";
    for (glob, path, expected) in [
        ("/каталог/**", format!("{catalogue}/%d0%ba%d1%80%d1%83%d0%b6%d0%ba%d0%b8"), true),
        ("/каталог/*", format!("{catalogue}/"), false),
        ("/каталог", format!("{}/", catalogue.to_lowercase()), true),
        ("/%D0%BA%D0%B0%D1%82%D0%B0%D0%BB%D0%BE%D0%B3/*", "/каталог/кружки".to_owned(), true),
        ("/катал?г", catalogue.to_owned(), true),
        ("/a b", "/a%20b".to_owned(), true),
        // What is escaped because it is reserved is no border of parts and no star.
        ("/a/*", "/a/b%2Fc".to_owned(), true),
        ("/a/b/c", "/a/b%2Fc".to_owned(), false),
        ("/a%2fb", "/a%2Fb".to_owned(), true),
        ("/a*", "/a%2F".to_owned(), true),
        ("/100%", "/100%25".to_owned(), true),
        ("/**", "/%E9%zz%".to_owned(), true),
        ("/é", "/%E9".to_owned(), false),
    ] {
        assert_eq!(fits(glob, &path), expected, "{glob} {path}");
    }
    let found = |pattern: &str, path: &str| path.contains(pattern);
    for pattern in ["каталог", "%D0%BA%D0%B0"] {
        assert!(PageRule::Regex(pattern.into()).fits(&catalogue.to_lowercase(), &found), "{pattern}");
    }
}

#[test]
fn who_is_new_is_unknown_without_consent() {
    for visitors in [Visitors::New, Visitors::Returning] {
        let target = Target { visitors, ..Target::default() };
        let visit = Visit { returning: None, ..visit() };
        assert_eq!(target.evaluate(&visit, &History::default(), 0, &never), Err(Rule::Visitors));
    }
}

#[test]
fn repetition_follows_the_outcome() {
    use Outcome::*;
    use Repeat::*;
    for (repeat, outcome, days, expected) in [
        (AfterCooldown, Answered, 29, Err(Rule::Cooldown)),
        (AfterCooldown, Answered, 30, Ok(())),
        (UntilAnswered, Closed, 30, Ok(())),
        (UntilAnswered, Answered, 3_000, Err(Rule::Repeat)),
        (Once, Closed, 3_000, Err(Rule::Repeat)),
        (Once, Shown, 29, Err(Rule::Cooldown)),
        (Once, Shown, 30, Ok(())),
    ] {
        let survey = Some(Asked { day: 20_000, outcome });
        let history = History { today: 20_000 + days, survey, ..History::default() };
        assert_eq!(history.allows(repeat, 30), expected, "{repeat:?} {outcome:?} {days}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_definition_is_read_and_its_faults_have_paths() {
    let read = |json: &str| serde_json::from_str::<Target>(json);
    let target = read(
        r#"{"pages":[{"glob":"/product/**"},{"regex":"^/x[0-9]+$"}],"devices":["mobile"],"sample_percent":20,
            "schedule":{"weekdays":[1,5],"from_hour":9},"repeat":"until_answered","traits":[{"name":"plan","value":"gold"}]}"#,
    )
    .unwrap();
    assert_eq!(target.faults(), []);
    assert_eq!(read(&serde_json::to_string(&target).unwrap()).unwrap(), target);
    assert_eq!(serde_json::to_string(&Target::default()).unwrap(), "{}");
    for (json, named) in
        [(r#"{"page":[]}"#, "page"), (r#"{"devices":["watch"]}"#, "watch"), (r#"{"pages":["/a"]}"#, "")]
    {
        assert!(read(json).unwrap_err().to_string().contains(named), "{json}");
    }
    for (json, field) in [
        (r#"{"pages":[{"glob":"product"}]}"#, "target.pages[0].glob"),
        (r#"{"pages":[{"glob":"/a"},{"regex":"(a"}]}"#, "target.pages[1].regex"),
        (r#"{"except_pages":[{"glob":"/a?b=c"}]}"#, "target.except_pages[0].glob"),
        (r#"{"languages":["german!"]}"#, "target.languages[0]"),
        (r#"{"sources":[""]}"#, "target.sources[0]"),
        (r#"{"traits":[{"name":""}]}"#, "target.traits[0].name"),
        (r#"{"traits":[{"name":"age","operator":"at_least","value":"old"}]}"#, "target.traits[0].value"),
        (r#"{"segments":[""]}"#, "target.segments[0]"),
        (r#"{"sample_percent":0}"#, "target.sample_percent"),
        (r#"{"after_views":1001}"#, "target.after_views"),
        (r#"{"schedule":{"from":"2026-02-30"}}"#, "target.schedule.from"),
        (r#"{"schedule":{"from":"2026-03-02","until":"2026-03-01"}}"#, "target.schedule.until"),
        (r#"{"schedule":{"weekdays":[0]}}"#, "target.schedule.weekdays[0]"),
        (r#"{"schedule":{"from_hour":24}}"#, "target.schedule.from_hour"),
        (r#"{"schedule":{"until_hour":25}}"#, "target.schedule.until_hour"),
    ] {
        let fields: Vec<String> = read(json).unwrap().faults().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, [field], "{json}");
    }
}

#[cfg(feature = "serde")]
#[test]
fn a_trigger_is_read_and_its_faults_have_paths() {
    let read = |json: &str| serde_json::from_str::<Trigger>(json).unwrap();
    for (json, fields) in [
        (r#"{"on":"exit_intent"}"#, vec![]),
        (
            r#"{"on":"event","name":"search","properties":[{"name":"results","operator":"at_most","value":"0"}]}"#,
            vec![],
        ),
        (r#"{"on":"task","end":"abandon"}"#, vec![]),
        (r#"{"on":"scroll","percent":0}"#, vec!["trigger.percent"]),
        (r#"{"on":"delay","delay_ms":3600001}"#, vec!["trigger.delay_ms"]),
        (r#"{"on":"seen","selector":""}"#, vec!["trigger.selector"]),
        (r#"{"on":"event","name":"a","cancelled_by":["a"]}"#, vec!["trigger.cancelled_by"]),
        (
            r#"{"on":"event","name":"a","properties":[{"name":"b","operator":"contains"}]}"#,
            vec!["trigger.properties[0].value"],
        ),
        (r#"{"on":"slow_page","over_ms":0}"#, vec!["trigger.over_ms"]),
    ] {
        let found: Vec<String> = read(json).faults().into_iter().map(|fault| fault.field).collect();
        assert_eq!(found, fields, "{json}");
    }
}

/// One survey of a simulated site.
#[derive(Clone, Debug)]
struct Simulated {
    target: Target,
    cooldown_days: u32,
}

fn a_survey() -> impl Strategy<Value = Simulated> {
    let repeat = prop_oneof![Just(Repeat::AfterCooldown), Just(Repeat::UntilAnswered), Just(Repeat::Once)];
    let pages = prop_oneof![Just(Vec::new()), Just(vec![PageRule::Glob("/a/**".into())])];
    (repeat, pages, 1u8..=100, 0u32..6, 0u32..40).prop_map(
        |(repeat, pages, sample_percent, after_views, cooldown_days)| Simulated {
            target: Target { repeat, pages, sample_percent, after_views, ..Target::default() },
            cooldown_days,
        },
    )
}

proptest! {
    /// Random surveys, a random site-wide cooldown, and a life of visits on one device with random outcomes.
    #[test]
    fn nobody_is_asked_twice_within_the_cooldown(
        surveys in proptest::collection::vec(a_survey(), 1..5),
        site_cooldown_days in 0u32..20,
        visits in proptest::collection::vec((0u64..5, 0u32..8, proptest::bool::ANY, 0u8..100, 0usize..3), 1..120),
    ) {
        let mut known: Vec<Option<Asked>> = vec![None; surveys.len()];
        let mut site_day = None;
        let mut showings: Vec<(usize, u64, Outcome)> = Vec::new();
        let mut today = 20_000;
        for (days_later, views, on_page, draw_percent, outcome) in visits {
            today += days_later;
            let path = if on_page { "/a/b" } else { "/c" };
            let visit = Visit { path: path.into(), views, draw_percent, ..Visit::default() };
            for (index, survey) in surveys.iter().enumerate() {
                let history = History { today, survey: known[index], site_day, site_cooldown_days };
                if survey.target.evaluate(&visit, &history, survey.cooldown_days, &never).is_ok() {
                    let outcome = [Outcome::Shown, Outcome::Closed, Outcome::Answered][outcome];
                    known[index] = Some(Asked { day: today, outcome });
                    site_day = Some(today);
                    showings.push((index, today, outcome));
                }
            }
        }
        for (position, (index, day, _)) in showings.iter().enumerate() {
            for (earlier_index, earlier_day, earlier_outcome) in &showings[..position] {
                prop_assert!(day - earlier_day >= u64::from(site_cooldown_days));
                if index == earlier_index {
                    let survey = &surveys[*index];
                    prop_assert!(day - earlier_day >= u64::from(survey.cooldown_days));
                    match survey.target.repeat {
                        Repeat::AfterCooldown => {}
                        Repeat::UntilAnswered => prop_assert!(*earlier_outcome != Outcome::Answered),
                        Repeat::Once => prop_assert!(*earlier_outcome == Outcome::Shown),
                    }
                }
            }
        }
    }

    /// Two devices of one signed customer, and what the collector knows of them. A device adds what the collector knows
    /// before it asks, and tells it at once that it asked; how far that got is told later, in any order, twice or never.
    #[test]
    fn two_devices_of_one_customer_are_together_never_asked_twice_within_the_cooldown(
        surveys in proptest::collection::vec(a_survey(), 1..4),
        site_cooldown_days in 0u32..20,
        visits in proptest::collection::vec(
            (0usize..2, 0u64..4, 0u32..8, 0u8..100, 0usize..3, proptest::collection::vec(0usize..8, 0..3), proptest::bool::ANY),
            1..120,
        ),
    ) {
        #[derive(Clone, Default)]
        struct Knowledge { surveys: Vec<Option<Asked>>, site_day: Option<u64> }
        let together = |one: Option<Asked>, other: Option<Asked>| match (one, other) {
            (Some(one), Some(other)) => Some(one.with(other)),
            (one, other) => one.or(other),
        };
        let nothing = Knowledge { surveys: vec![None; surveys.len()], site_day: None };
        let (mut devices, mut collector) = ([nothing.clone(), nothing.clone()], nothing);
        let mut untold: Vec<(usize, Asked)> = Vec::new();
        let mut showings: Vec<(usize, u64)> = Vec::new();
        let mut today = 20_000;
        for (device, days_later, views, draw_percent, outcome, told, forgets) in visits {
            today += days_later;
            for place in told.into_iter().filter(|place| *place < untold.len()).collect::<Vec<_>>() {
                // What was told stays there, and may be told again.
                let (index, asked) = untold[place];
                collector.surveys[index] = together(collector.surveys[index], Some(asked));
            }
            let visit = Visit { path: "/a/b".into(), views, draw_percent, ..Visit::default() };
            for (index, survey) in surveys.iter().enumerate() {
                let own = &devices[device];
                let history = History {
                    today,
                    survey: together(own.surveys[index], collector.surveys[index]),
                    site_day: own.site_day.max(collector.site_day),
                    site_cooldown_days,
                };
                if survey.target.evaluate(&visit, &history, survey.cooldown_days, &never).is_err() {
                    continue;
                }
                let shown = Asked { day: today, outcome: Outcome::Shown };
                let got = Asked { day: today, outcome: Outcome::EACH[outcome] };
                collector.surveys[index] = together(collector.surveys[index], Some(shown));
                collector.site_day = Some(today);
                devices[device].surveys[index] = together(devices[device].surveys[index], Some(got));
                devices[device].site_day = Some(today);
                untold.push((index, got));
                showings.push((index, today));
            }
            if forgets {
                // A device that forgets everything is one more device.
                devices[device] = Knowledge { surveys: vec![None; surveys.len()], site_day: None };
            }
        }
        for (position, (index, day)) in showings.iter().enumerate() {
            for (earlier_index, earlier_day) in &showings[..position] {
                prop_assert!(day - earlier_day >= u64::from(site_cooldown_days));
                prop_assert!(index != earlier_index || day - earlier_day >= u64::from(surveys[*index].cooldown_days));
            }
        }
    }

    /// Knowledge adds up whatever the order, and however often it is told.
    #[test]
    fn what_devices_know_adds_up_in_any_order(
        told in proptest::collection::vec((0u64..40, 0usize..3), 1..8),
        order in proptest::collection::vec(0usize..8, 8..24),
    ) {
        let asked = |(day, outcome): (u64, usize)| Asked { day, outcome: Outcome::EACH[outcome] };
        let all = told.iter().copied().map(asked).reduce(Asked::with);
        let again = order.iter().map(|place| asked(told[place % told.len()]));
        prop_assert_eq!(again.chain(told.iter().rev().copied().map(asked)).reduce(Asked::with), all);
    }

    /// What one rule refuses, no other rule can allow.
    #[test]
    fn a_further_rule_never_asks_more_people(survey in a_survey(), views in 0u32..8, draw_percent in 0u8..100, on_page in proptest::bool::ANY) {
        let visit = Visit { path: if on_page { "/a/b" } else { "/c" }.into(), views, draw_percent, ..Visit::default() };
        let stricter = Target { devices: vec![Device::Tablet], ..survey.target.clone() };
        let ask = |target: &Target| target.evaluate(&visit, &History::default(), survey.cooldown_days, &never);
        prop_assert!(ask(&stricter).is_err());
        if let Err(rule) = ask(&survey.target) && rule == Rule::Pages {
            prop_assert_eq!(ask(&stricter), Err(rule));
        }
    }
}
