//! The Business hours page: when staff is there to answer, what is promised by that, and what it comes to today.

use super::frame::{Fields, Frame, Frames, Page, carried};
use super::{PageError, render};
use crate::app::{App, feature_state};
use crate::http::query::slice::SliceQuery;
use crate::member::account::{Access, Submitted};
use crate::member::reading::*;
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::ToSpan;
use rapport_report::response::Time;
use rapport_shared::survey::Fault;
use rapport_store::Store;
use rapport_store::account::role::Role;
use rapport_store::clock::Clock;
use rapport_store::hours::holiday::{Country, countries, country, last_year};
use rapport_store::hours::{
    Calendar, Draft, Hours, Opening, PromiseDraft, TargetKind, Unit, Version, WAITING_STATES, WEEKDAYS, Why,
};
use rapport_store::site::directory::SiteContext;

/// How far ahead days that are otherwise are listed.
const AHEAD_DAYS: i64 = 366;
/// How many of them.
const AHEAD: usize = 12;
/// Versions that are listed.
const VERSIONS: usize = 20;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/sites/{site}/hours", get(page).post(save))
}

feature_state! {
    /// What the page needs.
    pub(super) struct Needs {
        store: Store,
        clock: Clock,
        frames: Frames,
    }
}

/// A promise as its part of the form shows it.
struct PromiseForm {
    kind: TargetKind,
    draft: PromiseDraft,
    error: String,
    /// The state, and whether the clock waits in it.
    states: Vec<(&'static str, bool)>,
}

/// A day that is not as its day of the week.
struct Ahead {
    day: String,
    openings: String,
    why: String,
}

/// What a promise comes to.
struct Example {
    promise: String,
    label: &'static str,
    due: Option<Time>,
}

/// A version as it is listed.
struct Line {
    version: i64,
    actor: String,
    at: Time,
}

#[derive(Template)]
#[template(path = "member/hours/page.html")]
struct HoursPage {
    frame: Frame,
    days: Vec<(&'static str, String, String)>,
    draft: Draft,
    promises: Vec<PromiseForm>,
    countries: &'static [Country],
    parts: &'static [(&'static str, &'static str)],
    errors: Vec<(&'static str, String)>,
    is_refused: bool,
    may_change: bool,
    version: i64,
    zone: String,
    now: Time,
    is_open: bool,
    next_open: Option<Time>,
    day_text: String,
    examples: Vec<Example>,
    ahead: Vec<Ahead>,
    last_year: i16,
    ends_soon: bool,
    versions: Vec<Line>,
    query: String,
}

impl HoursPage {
    fn error(&self, field: &str) -> &str {
        self.errors.iter().find(|(of, _)| *of == field).map_or("", |(_, reason)| reason)
    }
}

/// `2 hours 30 minutes`.
pub(super) fn length_text(length_ms: i64) -> String {
    let minutes = length_ms / 60_000;
    let counted = |count: i64, one: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {one}s")),
    };
    let parts: Vec<_> =
        [counted(minutes / 60, "hour"), counted(minutes % 60, "minute")].into_iter().flatten().collect();
    if parts.is_empty() { "no time at all".to_owned() } else { parts.join(" ") }
}

fn why_text(why: &Why) -> String {
    match why {
        Why::Usual => String::new(),
        Why::Own(name) if name.is_empty() => "own day".to_owned(),
        Why::Own(name) => name.clone(),
        Why::Holiday(name) => (*name).to_owned(),
        Why::HalfDay(name) => format!("{name} (half day)"),
        Why::Worked(name) => (*name).to_owned(),
    }
}

/// The next days that are not as their day of the week.
fn ahead(calendar: &Calendar, now_ms: i64) -> Vec<Ahead> {
    let today = calendar.date(now_ms);
    let dates = today.series(1.days()).take_while(|date| *date <= today.saturating_add(AHEAD_DAYS.days()));
    let others = dates.map(|date| (date, calendar.on(date))).filter(|(_, (_, why))| *why != Why::Usual);
    let line = |(date, (openings, why)): (jiff::civil::Date, (Vec<Opening>, Why))| Ahead {
        day: date.strftime("%a, %-d %b %Y").to_string(),
        openings: Opening::text(&openings),
        why: why_text(&why),
    };
    others.take(AHEAD).map(line).collect()
}

fn promise_forms(draft: &Draft, faults: &[Fault]) -> Vec<PromiseForm> {
    let form = |(kind, draft): (TargetKind, &PromiseDraft)| PromiseForm {
        kind,
        states: WAITING_STATES.map(|state| (state, draft.paused_in.iter().any(|paused| paused == state))).to_vec(),
        draft: draft.clone(),
        error: reason(faults, kind.as_str()),
    };
    TargetKind::EACH.into_iter().zip(&draft.promises).map(form).collect()
}

fn reason(faults: &[Fault], field: &str) -> String {
    let reasons = faults.iter().filter(|fault| fault.field == field).map(|fault| fault.reason.as_str());
    reasons.collect::<Vec<_>>().join("; ")
}

fn examples(hours: &Hours, calendar: &Calendar, site: &SiteContext, now_ms: i64) -> Vec<Example> {
    let example = |promise: &rapport_store::hours::Promise| {
        let length_ms = promise.length_ms(calendar);
        let due = (length_ms > 0).then(|| calendar.due_ms(now_ms, length_ms)).flatten();
        Example {
            promise: promise.text(),
            label: promise.kind.label(),
            due: due.map(|due| Time::new(due, &site.site.time_zone)),
        }
    };
    hours.promises.iter().map(example).collect()
}

/// Whether the table of holidays ends within a year and a half.
pub(crate) fn ends_soon(now_ms: i64) -> bool {
    let end = jiff::civil::date(last_year(), 12, 31).to_zoned(jiff::tz::TimeZone::UTC);
    end.is_ok_and(|end| end.timestamp().as_millisecond() - now_ms < 548 * 86_400_000)
}

async fn page(State(needs): State<Needs>, access: Access, fields: Fields) -> Result<Response, PageError> {
    let versions = needs.store.hours_versions(&access.site.site).await?;
    let draft = Draft::of(&versions[0].hours);
    show(&needs, &access, &fields, (versions, draft, Vec::new())).await
}

async fn show(
    needs: &Needs,
    access: &Access,
    fields: &Fields,
    (versions, draft, faults): (Vec<Version>, Draft, Vec<Fault>),
) -> Result<Response, PageError> {
    let slice = carried(fields);
    let place =
        Page { title: "Business hours", part: "hours", path: "hours", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&needs.frames, access, &place, &slice).await?;
    let newest = &versions[0];
    frame.scope = format!("What is promised to customers, by the clocks of {}", newest.hours.zone);
    let (now_ms, calendar) = (needs.clock.now_ms(), Calendar::of(&newest.hours));
    let time = |at_ms| Time::new(at_ms, &access.site.site.time_zone);
    let is_refused = !faults.is_empty();
    let names = ["country", "part", "half_day_until", "days", "version"];
    let line = |version: &Version| Line {
        version: version.version,
        actor: version.actor.clone(),
        at: time(version.created_at_ms),
    };
    let mut response = render(&HoursPage {
        days: WEEKDAYS
            .into_iter()
            .zip(&draft.week)
            .map(|(day, text)| (day, text.clone(), reason(&faults, day)))
            .collect(),
        promises: promise_forms(&draft, &faults),
        countries: countries(),
        parts: country(&draft.country).map_or(&[], |country| country.parts.as_slice()),
        errors: names.map(|name| (name, reason(&faults, name))).to_vec(),
        is_refused,
        may_change: access.role >= Role::Editor,
        version: newest.version,
        zone: newest.hours.zone.clone(),
        now: time(now_ms),
        is_open: calendar.is_open(now_ms),
        next_open: calendar.open_from_ms(now_ms).map(time),
        day_text: length_text(calendar.business_day_ms()),
        examples: examples(&newest.hours, &calendar, &access.site, now_ms),
        ahead: ahead(&calendar, now_ms),
        last_year: last_year(),
        ends_soon: ends_soon(now_ms),
        versions: versions.iter().filter(|version| version.version > 0).take(VERSIONS).map(line).collect(),
        query: slice.suffix(),
        draft,
        frame,
    })?;
    if is_refused {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The hours that a form means; the part of another country than the one that was chosen before is none.
fn typed(form: &[(String, String)]) -> Draft {
    let values = |name: &str| -> Vec<String> {
        form.iter().filter(|(of, _)| of == name).map(|(_, value)| value.clone()).collect()
    };
    let value = |name: &str| values(name).into_iter().next().unwrap_or_default();
    let promise = |kind: TargetKind| {
        let name = kind.as_str();
        PromiseDraft {
            amount: value(name),
            unit: value(&format!("{name}_unit")),
            paused_in: values(&format!("{name}_paused_in")),
        }
    };
    let (chosen, part) = (value("country"), value("part"));
    let is_of_it = country(&chosen).is_some_and(|country| country.has_part(&part));
    Draft {
        week: WEEKDAYS.map(value),
        part: if is_of_it { part } else { String::new() },
        country: chosen,
        half_day_until: value("half_day_until"),
        days: value("days"),
        promises: TargetKind::EACH.map(promise),
    }
}

async fn save(
    State(needs): State<Needs>,
    access: Access,
    fields: Fields,
    Submitted(form): Submitted<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    access.require(Role::Editor)?;
    let site = &access.site.site;
    let draft = typed(&form);
    let versions = needs.store.hours_versions(site).await?;
    let hours = match draft.check(site.time_zone_name()) {
        Ok(hours) => hours,
        Err(faults) => return show(&needs, &access, &fields, (versions, draft, faults)).await,
    };
    let of = form.iter().find(|(name, _)| name == "version").and_then(|(_, value)| value.parse().ok());
    let of = of.unwrap_or(versions[0].version);
    let is_new = versions.iter().all(|version| version.version != of || version.hours != hours);
    let entry = access.note(&needs.clock, "hours.change", "hours".to_owned());
    if is_new && !needs.store.add_hours(site.site_id, &hours, of, &entry).await? {
        let fault =
            Fault::new("version", "was changed by somebody else in the meantime: look at it, and save it again");
        let versions = needs.store.hours_versions(site).await?;
        return show(&needs, &access, &fields, (versions, draft, vec![fault])).await;
    }
    Ok(Redirect::to(&format!("/sites/{}/hours{}", site.key, carried(&fields).suffix())).into_response())
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;
    use rapport_store::clock::Clock;
    use rapport_store::hours::{Hours, Opening};

    fn ms(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().expect("an instant").as_millisecond()
    }

    const FORM: &str = "monday=9-12%2C+13-17&tuesday=9-17&wednesday=9-17&thursday=9-17&friday=9-13&saturday=&sunday=closed\
        &country=DE&part=BY&half_day_until=&days=2026-12-24+9-12+Christmas+Eve&first_response=1&first_response_unit=business_days\
        &next_response=4&next_response_unit=hours&resolution=5&resolution_unit=business_days&resolution_paused_in=waiting";

    #[tokio::test]
    async fn what_one_business_day_comes_to_is_said_exactly_and_holidays_are_left_out() {
        // Thursday, 30 April 2026, 16:00 in Berlin; Friday is Labour Day.
        let test = TestApp::at(Clock::manual(ms("2026-04-30T14:00:00Z"))).await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let read = async || {
            let reply = test.get("/sites/shop/hours", &[("cookie", &editor)]).await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            reply.text()
        };
        let before = read().await;
        assert!(before.contains("No country is chosen") && before.contains("8 hours"), "{before}");
        let saved =
            test.submit("/sites/shop/hours?range=7d", &format!("version=0&{FORM}"), &[("cookie", &editor)]).await;
        assert_eq!(
            (saved.status.as_u16(), saved.header("location")),
            (303, "/sites/shop/hours?range=7d"),
            "{}",
            saved.text()
        );
        let page = read().await;
        // One hour on Thursday, then the weekend after the holiday, then seven hours of Monday with its break.
        assert!(page.contains("4 May 2026, 17:00"), "{page}");
        for words in ["Labor Day", "Christmas Eve", "9:00-12:00", "Version 1", "eve@example.com"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        let hours = test.app.store.hours(&site).await.unwrap().hours;
        assert_eq!((hours.country.as_str(), hours.part.as_str()), ("DE", "BY"));
        assert_eq!(Opening::text(&hours.week[0]), "9:00-12:00, 13:00-17:00");
        // The same again is no version; what somebody else changed is not written over.
        for (version, status) in [(1, 303), (0, 422)] {
            let reply =
                test.submit("/sites/shop/hours", &format!("version={version}&{FORM}"), &[("cookie", &editor)]).await;
            assert_eq!(reply.status, status, "{version}");
        }
        assert_eq!(test.app.store.hours(&site).await.unwrap().version, 1);
    }

    #[tokio::test]
    async fn hours_that_cannot_be_are_shown_again_with_what_is_wrong() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let form = FORM.replace("tuesday=9-17", "tuesday=nine").replace("first_response=1", "first_response=0");
        let reply = test.submit("/sites/shop/hours", &form, &[("cookie", &editor), ("accept", "text/html")]).await;
        let page = reply.text();
        assert_eq!(reply.status, 422);
        assert!(page.contains("value=\"nine\"") && page.contains("must be a whole number from 1 to 1000"), "{page}");
        assert_eq!(test.app.store.hours(&site).await.unwrap().hours, Hours::usual("Europe/Berlin"));
        let support = test.cookie(&site, "sam@example.com", Role::Support).await;
        assert_eq!(test.submit("/sites/shop/hours", FORM, &[("cookie", &support)]).await.status, 403);
    }
}
