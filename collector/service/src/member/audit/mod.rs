//! The Changes page: who changed what, in plain words.

use super::format::sentence;
use super::frame::{Fields, Frame, Frames, Page, carried, field, least_role};
use super::{PageError, render};
use crate::http::export::csv;
use crate::http::query::{encode, query_of};
use crate::member::account::Access;
use crate::member::reading::*;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rapport_report::response::Time;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::audit::{AuditEntry, AuditFilter};
use rapport_store::calendar::day_start_ms;
use rapport_store::response::Cursor;
use rapport_store::site::directory::SiteContext;
use rapport_store::{Store, StoreError};
use std::collections::HashMap;

/// Changes on one page.
const ENTRIES: usize = 50;
/// Changes that are read at a time for a table of all.
const EXPORTED: usize = 500;

struct Line {
    at: Time,
    actor: String,
    action: String,
    subject: String,
    /// Where the subject is to be seen; empty where it has no page.
    href: String,
}

#[derive(Template)]
#[template(path = "member/audit/page.html")]
struct AuditPage {
    frame: Frame,
    lines: Vec<Line>,
    older: Option<String>,
    /// Who, and kinds of what, can be chosen.
    actors: Vec<(String, String)>,
    kinds: Vec<String>,
    filter: AuditFilter,
    from: String,
    until: String,
    /// Whether anything is left out.
    is_narrow: bool,
    /// The fields of what one looked at before, to be carried on.
    carried: Vec<(&'static str, String)>,
    csv: String,
}

/// What was done, in plain words; an action that this version does not know is said by its name.
fn action_text(action: &str) -> String {
    known_action(action)
        .map_or_else(|| sentence(action.split_once('.').map_or(action, |(_, verb)| verb)), str::to_owned)
}

/// The words for an action: those of its own, else those of what is done to anything.
fn known_action(action: &str) -> Option<&'static str> {
    let own = match action {
        "ticket.open" => "Opened",
        "ticket.note" => "Wrote a note on",
        "ticket.customer" => "Said whose it is:",
        "ticket.participant" => "Said who takes part in",
        "ticket.choose" => "Said where a mail belongs:",
        "customer.contact" => "Noted a contact with",
        "mail.address" => "Said that",
        "mail.settings" => "Changed",
        "issue.tell" => "Told customers of",
        "issue.say" => "Said how far somebody is with",
        "follow_up.call" => "Noted a call for",
        "survey.draft" => "Began",
        "survey.discard" => "Discarded",
        _ => "",
    };
    if !own.is_empty() {
        return Some(own);
    }
    Some(match action.split_once('.')?.1 {
        "create" => "Created",
        "change" => "Changed",
        "activate" => "Activated",
        "deactivate" => "Deactivated",
        "add" => "Added",
        "remove" => "Removed",
        "rename" => "Renamed",
        "revoke" => "Revoked",
        "reset" => "Gave a new sign-in link to",
        "show" => "Was shown",
        "describe" => "Described",
        "publish" => "Published",
        "reject" => "Rejected",
        "merge" => "Merged",
        "unmerge" => "Took apart again",
        "accept" => "Accepted",
        "rotate" => "Made anew",
        "export" => "Took along what is stored of",
        "erase" => "Erased",
        "import" => "Imported",
        "save" => "Stored",
        "redeliver" => "Sent again",
        "pause" => "Paused",
        "resume" => "Resumed",
        "test" => "Tried",
        "reopen" => "Put back to pending",
        "reply" => "Replied to",
        "unreply" => "Took back the reply to",
        "trust" => "Counted after all",
        "distrust" => "Left out again",
        _ => return None,
    })
}

/// The names of what changes are about.
struct Names {
    reviews: HashMap<Id, [String; 3]>,
    responses: HashMap<Id, String>,
    surveys: HashMap<String, String>,
    things: HashMap<String, String>,
    keys: HashMap<Id, String>,
}

impl Names {
    async fn of(store: &Store, site_id: Id, entries: &[AuditEntry]) -> Result<Self, StoreError> {
        let of = |kind: &'static str| {
            let subjects = entries.iter().filter_map(|entry| entry.subject.split_once(' '));
            subjects.filter(move |(of, _)| *of == kind).map(|(_, id)| id)
        };
        let ids = |kind: &'static str| of(kind).filter_map(Id::parse).collect::<Vec<_>>();
        let (of_reviews, of_responses) = (ids("review"), ids("response"));
        let of_things: Vec<_> = of("thing").map(str::to_owned).collect();
        let (reviews, responses, things, surveys, keys) = tokio::try_join!(
            store.review_names(site_id, &of_reviews),
            store.surveys_of_responses(site_id, &of_responses),
            store.thing_names(site_id, &of_things),
            store.surveys(site_id),
            store.api_keys(site_id),
        )?;
        Ok(Self {
            reviews,
            responses,
            things,
            surveys: surveys.into_iter().map(|listed| (listed.survey.id, listed.survey.name)).collect(),
            keys: keys.into_iter().map(|key| (key.key_id, key.name)).collect(),
        })
    }

    /// The name of a subject, and the path below the site where it is to be seen, empty for nowhere.
    fn subject(&self, subject: &str) -> (String, String) {
        let (kind, id) = subject.split_once(' ').unwrap_or((subject, ""));
        let known = Id::parse(id);
        let survey_name = |survey: &str| self.surveys.get(survey).map_or_else(|| survey.to_owned(), String::clone);
        match kind {
            "review" => {
                let name = match known.and_then(|id| self.reviews.get(&id)) {
                    Some([title, author, thing]) => {
                        let by = if author.is_empty() { String::new() } else { format!(" by {author}") };
                        let title = if title.is_empty() { String::new() } else { format!(" “{title}”") };
                        format!("the review{title} of {thing}{by}")
                    }
                    None => "a review that is no longer there".to_owned(),
                };
                (name, format!("reviews/{}", encode(id)))
            }
            "response" => {
                let survey = known.and_then(|id| self.responses.get(&id));
                let name =
                    survey.map_or_else(|| "an answer".to_owned(), |id| format!("an answer to {}", survey_name(id)));
                (name, format!("responses/{}", encode(id)))
            }
            "survey" => (format!("the survey {}", survey_name(id)), format!("feedback/{}", encode(id))),
            "draft" => (format!("the draft of a survey {id}"), "surveys".to_owned()),
            "thing" => {
                let name = self.things.get(id).map_or(id, String::as_str);
                (format!("the thing {name}"), format!("reviews?state=all&thing={}", encode(id)))
            }
            "persona" => (format!("the persona {id}"), format!("personas/{}", encode(id))),
            "release" | "note" => (format!("the {kind} {id}"), "annotations".to_owned()),
            "task" | "funnel" => (format!("the {kind} {id}"), format!("{kind}s")),
            "theme" => ("the theme".to_owned(), "theme".to_owned()),
            // Some say more after its code.
            "ticket" => {
                let code = id.split_once(':').map_or(id, |(code, _)| code);
                (format!("the ticket {id}"), format!("inbox/{}", encode(code)))
            }
            "cause" => (format!("the cause {id}"), "causes".to_owned()),
            "view" => (format!("the view {id} of the inbox"), "inbox".to_owned()),
            "rules" => ("what opens a ticket".to_owned(), "inbox/rules".to_owned()),
            "words_theme" => (format!("the theme {id} of what was written"), "words".to_owned()),
            "follow_up" => ("a follow-up".to_owned(), "follow-ups".to_owned()),
            "hours" => ("the business hours".to_owned(), "hours".to_owned()),
            "follow_up_plan" => (format!("the follow-up plan {id}"), "follow-ups".to_owned()),
            "webhook" | "notification" => (format!("the {kind} {id}"), format!("{kind}s")),
            "mail_report" => (format!("the report by mail {id}"), "mail-reports".to_owned()),
            "share" => (format!("the link {id}"), "shares".to_owned()),
            "key" => {
                let name = known.and_then(|id| self.keys.get(&id)).map_or(id, String::as_str);
                (format!("the key {name}"), String::new())
            }
            "member" | "invitation" | "password" => (format!("the {kind} {id}"), "people".to_owned()),
            "origin" | "secret" | "cooldown" => (format!("the {kind} {id}"), "settings".to_owned()),
            _ if id.is_empty() => (format!("the {}", kind.replace('_', " ")), String::new()),
            _ => (format!("the {} {id}", kind.replace('_', " ")), String::new()),
        }
    }

    /// Who did it: a key by its name.
    fn actor(&self, actor: &str) -> String {
        let key = actor.strip_prefix("key:").and_then(Id::parse).and_then(|id| self.keys.get(&id));
        key.map_or_else(|| actor.to_owned(), |name| format!("key {name}"))
    }
}

pub(super) async fn page(
    State(store): State<Store>,
    State(frames): State<Frames>,
    access: Access,
    fields: Fields,
) -> Result<Response, PageError> {
    if let Err(problem) = access.require(least_role("audit")) {
        return Ok(problem.into_response());
    }
    let before = match field(&fields, "before") {
        "" => None,
        text => Some(Cursor::parse(text).ok_or_else(|| vec![Fault::new("before", "must be the place of a change")])?),
    };
    let filter = filter_of(&fields, &access.site)?;
    if let Some(csv) = csv::wanted(&fields)? {
        let header = rapport_report::csv::line(["at", "who", "what", "to_what", "action", "subject", "actor"]);
        return Ok(csv.lines("changes", header, all_lines(store.clone(), access.site.clone(), filter)));
    }
    let slice = carried(&fields);
    let site = &access.site.site;
    let mut entries = store.audit_entries_of(site.site_id, &filter, before, ENTRIES as i64 + 1).await?;
    let more = entries.len() > ENTRIES;
    entries.truncate(ENTRIES);
    let names = Names::of(&store, site.site_id, &entries).await?;
    let (actors, kinds) = store.audit_choices(site.site_id).await?;
    let last = entries.last().filter(|_| more);
    let page = Page { title: "Changes", part: "audit", path: "audit", back: None, compares: false, dimensions: &[] };
    let mut frame = Frame::plain(&frames, &access, &page, &slice).await?;
    let own: Vec<(&'static str, String)> = FILTERS
        .into_iter()
        .map(|name| (name, field(&fields, name).to_owned()))
        .filter(|(_, value)| !value.is_empty())
        .collect();
    let mut here = slice.fields();
    here.extend(own.clone());
    here.extend(before.map(|_| ("before", field(&fields, "before").to_owned())));
    if !here.is_empty() {
        frame.here = format!("audit?{}", query_of(&here));
    }
    render(&AuditPage {
        older: last.map(|entry| {
            let mut fields = vec![("before", format!("{}.{}", entry.occurred_at_ms, entry.entry_id))];
            fields.extend(own.clone());
            fields.extend(slice.fields());
            format!("?{}", query_of(&fields))
        }),
        csv: if own.is_empty() { "?".to_owned() } else { format!("?{}&", query_of(&own)) },
        is_narrow: !own.is_empty(),
        from: field(&fields, "since").to_owned(),
        until: field(&fields, "until").to_owned(),
        carried: slice.fields(),
        actors: actors.into_iter().map(|actor| (names.actor(&actor), actor)).collect(),
        kinds,
        filter,
        lines: entries
            .iter()
            .map(|entry| {
                let (subject, path) = names.subject(&entry.subject);
                Line {
                    at: Time::new(entry.occurred_at_ms, &site.time_zone),
                    actor: names.actor(&entry.actor),
                    action: action_text(&entry.action),
                    subject,
                    href: if path.is_empty() { path } else { frame.subject_href(&path) },
                }
            })
            .collect(),
        frame,
    })
}

/// The fields by which changes are narrowed.
const FILTERS: [&str; 4] = ["who", "what", "since", "until"];

/// Which changes an address asks for: `who`, `what`, and the days `since` and `until`, both included.
fn filter_of(fields: &Fields, site: &SiteContext) -> Result<AuditFilter, Fault> {
    let day = |name: &'static str| match field(fields, name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Fault::new(name, "must be a day such as 2026-03-31")),
    };
    let zone = &site.site.time_zone;
    let (since, until): (Option<jiff::civil::Date>, Option<jiff::civil::Date>) = (day("since")?, day("until")?);
    if since.zip(until).is_some_and(|(since, until)| since > until) {
        return Err(Fault::new("until", "must not lie before since"));
    }
    Ok(AuditFilter {
        actor: field(fields, "who").to_owned(),
        kind: field(fields, "what").to_owned(),
        from_ms: since.map(|day| day_start_ms(zone, day)),
        until_ms: until.map(|day| day_start_ms(zone, day.saturating_add(jiff::Span::new().days(1)))),
    })
}

/// Every change as lines of a table, the newest first. Changes are only ever added, so places in their list stay.
fn all_lines(
    store: Store,
    site: std::sync::Arc<SiteContext>,
    filter: AuditFilter,
) -> impl futures_util::Stream<Item = Result<String, StoreError>> + Send + 'static {
    let step = move |before: Option<Cursor>| {
        let (store, site, filter) = (store.clone(), site.clone(), filter.clone());
        async move {
            let (site_id, zone) = (site.site.site_id, &site.site.time_zone);
            let entries = store.audit_entries_of(site_id, &filter, before, EXPORTED as i64).await?;
            let Some(last) = entries.last() else { return Ok(None) };
            let next = Some(Cursor { occurred_at_ms: last.occurred_at_ms, item_id: last.entry_id });
            let names = Names::of(&store, site_id, &entries).await?;
            let lines = entries.iter().map(|entry| {
                rapport_report::csv::line([
                    Time::new(entry.occurred_at_ms, zone).local,
                    names.actor(&entry.actor),
                    action_text(&entry.action),
                    names.subject(&entry.subject).0,
                    entry.action.clone(),
                    entry.subject.clone(),
                    entry.actor.clone(),
                ])
            });
            Ok(Some((lines.collect::<String>(), next)))
        }
    };
    futures_util::stream::try_unfold(None, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_app::TestApp;
    use rapport_store::account::role::Role;
    use rapport_store::site::Site;

    const HOUR_MS: i64 = 3_600_000;

    async fn note(test: &TestApp, site: &Site, hours_ago: i64, action: &str, subject: &str) {
        let entry = AuditEntry {
            entry_id: test.app.clock.new_id(),
            actor: "eve@example.com".into(),
            action: action.into(),
            subject: subject.into(),
            occurred_at_ms: test.app.clock.now_ms() - hours_ago * HOUR_MS,
        };
        // Any change with an entry will do.
        test.app.store.set_theme(site.site_id, &rapport_shared::theme::Theme::default(), &entry).await.unwrap();
    }

    #[tokio::test]
    async fn changes_stand_in_order_of_time_whenever_they_were_noted() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        // Noted in another order than made, and more than one page of them.
        for hours_ago in (0..60).map(|number| number * 7 % 60) {
            note(&test, &site, hours_ago, &format!("test.hour{hours_ago:02} chang"), "theme").await;
        }
        let mut seen = Vec::new();
        let mut address = "/sites/shop/audit".to_owned();
        loop {
            let page = test.get(&address, &[("cookie", &editor)]).await.text();
            seen.extend(page.split("Hour").skip(1).map(|rest| rest[..2].parse::<u32>().unwrap()));
            let Some((_, older)) = page.split_once("href=\"?before=") else { break };
            address = format!("/sites/shop/audit?before={}", older.split_once('"').unwrap().0);
        }
        assert_eq!(seen, (0..60).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_change_names_its_subject_and_says_in_plain_words_what_was_done() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        let gone = test.app.clock.new_id();
        note(&test, &site, 1, "survey.deactivate", "survey feedback").await;
        note(&test, &site, 2, "review.publish", &format!("review {gone}")).await;
        note(&test, &site, 3, "thing.describe", "thing <script>").await;
        let page = test.get("/sites/shop/audit", &[("cookie", &editor)]).await.text();
        let name = crate::new_site::first_survey().name;
        for told in [
            format!("Deactivated</td><td><a href=\"/sites/shop/feedback/feedback\">the survey {name}</a>"),
            "Published</td>".to_owned(),
            "a review that is no longer there".to_owned(),
            "the thing &#60;script&#62;".to_owned(),
        ] {
            assert!(page.contains(&told), "{told}: {page}");
        }
        assert!(!page.contains(&format!("<td>review {gone}")), "{page}");
    }

    #[tokio::test]
    async fn changes_of_one_person_on_some_days_are_found_and_exported_alone() {
        let test = TestApp::new().await;
        let site = test.site().await;
        let editor = test.cookie(&site, "eve@example.com", Role::Editor).await;
        note(&test, &site, 1, "review.publish", "review of-today").await;
        note(&test, &site, 24 * 40, "theme.change", "theme").await;
        let get = async |query: &str| test.get(&format!("/sites/shop/audit{query}"), &[("cookie", &editor)]).await;
        let lines = async |query: &str| {
            let csv = get(&format!("{query}&format=csv")).await;
            assert_eq!(csv.status, 200, "{query}: {}", csv.text());
            csv.text().lines().count() - 1
        };
        let all = lines("?").await;
        assert_eq!(lines("?who=eve@example.com").await, 2);
        assert_eq!(lines("?who=eve@example.com&what=theme").await, 1);
        let day = |days_ago: i64| {
            let at_ms = test.app.clock.now_ms() - days_ago * 24 * HOUR_MS;
            jiff::Timestamp::from_millisecond(at_ms).unwrap().to_zoned(site.time_zone.clone()).date()
        };
        let days = format!("?who=eve@example.com&since={}&until={}", day(41), day(39));
        assert_eq!(lines(&days).await, 1);
        assert!(all > 2);
        let page = get("?who=eve@example.com&what=theme").await.text();
        assert!(page.contains("Changed</td>") && !page.contains("Published</td>"), "{page}");
        assert!(
            page.contains("?who=eve%40example.com&#38;what=theme&#38;format=csv"),
            "the table is of the same: {page}"
        );
        let none = get("?who=nobody@example.com").await.text();
        assert!(none.contains("Nothing of that kind") && none.contains("Show all"), "{none}");
        for (query, field) in [("?since=soon", "since"), ("?since=2026-03-02&until=2026-03-01", "until")] {
            let refused = get(query).await;
            assert!(refused.status == 400 && refused.text().contains(field), "{query}: {}", refused.text());
        }
    }

    /// The actions that the sources of a folder note: texts like `"ticket.open"` in a statement that makes an entry.
    fn noted(folder: &std::path::Path, found: &mut std::collections::BTreeSet<String>) {
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if file.is_dir() {
                noted(&file, found);
            } else if name.ends_with(".rs") && !name.contains("test") {
                let source = std::fs::read_to_string(&file).unwrap();
                let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
                for statement in source.split([';', '{', '}']) {
                    let texts = statement.split('"').skip(1).step_by(2);
                    let is_action = |text: &&str| {
                        let letters = |part: &str| {
                            !part.is_empty() && part.chars().all(|one| one.is_ascii_lowercase() || one == '_')
                        };
                        text.split_once('.').is_some_and(|(noun, verb)| letters(noun) && letters(verb))
                    };
                    if ["note(", "entry(", "AuditEntry::now(", "action: ", "let action"]
                        .iter()
                        .any(|call| statement.contains(call))
                    {
                        found.extend(texts.filter(is_action).map(str::to_owned));
                    }
                }
            }
        }
    }

    #[test]
    fn an_action_was_told_by_its_name_in_the_program() {
        let mut found = std::collections::BTreeSet::new();
        noted(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        for action in ["ticket.open", "ticket.change", "cause.add", "rules.change", "hours.change", "theme.change"] {
            assert!(found.contains(action), "{action}: {found:?}");
        }
        let unnamed: Vec<_> = found.iter().filter(|action| known_action(action).is_none()).collect();
        assert!(unnamed.is_empty(), "{unnamed:?}");
    }
}
