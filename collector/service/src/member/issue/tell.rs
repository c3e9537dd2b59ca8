//! Telling everybody who complained of an issue that it is fixed: who they are, who cannot be told and why, and then one mail each.

use super::{MAY_SAY, NONE, id_in};
use crate::app::{Reports, feature_state};
use crate::config::Config;
use crate::http::problem::Problem;
use crate::http::query::slice::SliceQuery;
use crate::mail::Mailer;
use crate::mail::fixed::{self, Words};
use crate::member::account::{Access, Submitted};
use crate::member::frame::{Fields, Frame, Frames, Page};
use crate::member::{PageError, render};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use rapport_report::issue::IssueReport;
use rapport_report::slice::{Dimension, Slice};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::clock::Clock;
use rapport_store::follow_up::Reach;
use rapport_store::issue_told::ToldOfIssue;
use rapport_store::{Store, StoreError};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Longest subject or label, in characters.
const LINE_CHARACTERS: usize = 120;
/// Longest text, in characters.
const TEXT_CHARACTERS: usize = 2_000;

feature_state! {
    /// What telling people needs.
    pub(super) struct Telling {
        store: Store,
        clock: Clock,
        config: Arc<Config>,
        reports: Reports,
        frames: Frames,
        mailer: Mailer,
    }
}

/// Somebody who complained.
struct Person {
    reach: Reach,
    /// Why they cannot be told; empty where they can.
    why_not: String,
}

/// Everybody who complained, and how many complaints are of nobody known.
struct People {
    people: Vec<Person>,
    unknown: u64,
}

impl People {
    fn to_tell(&self) -> impl Iterator<Item = &Reach> {
        self.people.iter().filter(|person| person.why_not.is_empty()).map(|person| &person.reach)
    }
}

#[derive(Template)]
#[template(path = "member/issue/tell.html")]
struct TellPage {
    frame: Frame,
    headline: String,
    people: People,
    count: usize,
    is_fixed: bool,
    are_sent: bool,
    /// Whether others complained, or stopped mails, since the list was looked at.
    is_other: bool,
    action: String,
    words: Words,
}

/// A form as it was sent.
#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    stop_label: String,
    /// How many people were on the list that was looked at.
    #[serde(default)]
    count: usize,
}

fn usual() -> Words {
    Words {
        subject: "What you told us of is fixed".to_owned(),
        body: "Thank you for telling us what did not work. It is fixed now.".to_owned(),
        stop_label: "No more mails like this".to_owned(),
    }
}

impl Typed {
    fn words(&self) -> Result<Words, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut line = |field: &'static str, text: &str| {
            let text = text.trim();
            if !(1..=LINE_CHARACTERS).contains(&text.chars().count()) || text.chars().any(char::is_control) {
                faults.push(Fault::new(field, format!("must be 1 to {LINE_CHARACTERS} characters in one line")));
            }
            text.to_owned()
        };
        let (subject, stop_label) = (line("subject", &self.subject), line("stop_label", &self.stop_label));
        if !(1..=TEXT_CHARACTERS).contains(&self.body.trim().chars().count()) {
            faults.push(Fault::new("body", format!("must be 1 to {TEXT_CHARACTERS} characters")));
        }
        let body = self.body.trim().to_owned();
        if faults.is_empty() { Ok(Words { subject, body, stop_label }) } else { Err(faults) }
    }
}

impl Telling {
    /// Why one of them cannot be told; empty where they can. One person is told once, whoever they were taken for before.
    async fn why_not(
        &self,
        site_id: Id,
        to: &Reach,
        (told, addresses): (&[ToldOfIssue], &mut BTreeSet<String>),
    ) -> Result<String, StoreError> {
        let address = to.mail.trim().to_lowercase();
        for of in told {
            let same = self.store.reach(site_id, of.customer_id).await?;
            if of.address.to_lowercase() == address || same.is_some_and(|same| same.customer_id == to.customer_id) {
                return Ok("told already".to_owned());
            }
        }
        if address.is_empty() {
            return Ok("no mail address".to_owned());
        }
        if address.parse::<lettre::Address>().is_err() {
            return Ok("no usable mail address".to_owned());
        }
        if let Some(reason) = self.store.stopped(site_id, to.customer_id, &to.mail).await? {
            return Ok(reason.to_owned());
        }
        Ok(if addresses.insert(address) { String::new() } else { "the address of another of them".to_owned() })
    }

    async fn people(&self, access: &Access, slice: &Slice, report: &IssueReport) -> Result<People, PageError> {
        let (site_id, source) = (access.site.site.site_id, self.reports.of(&access.site));
        let id = id_in(&report.issue.id)?;
        let key = source.issue_key(slice, id).await?.ok_or(NONE)?;
        let (customers, unknown) = source.who_to_tell(slice, (&key, &report.paths)).await?;
        let told = self.store.told_of_issue(site_id, id).await?;
        let (mut people, mut seen, mut addresses) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for customer_id in customers {
            let Some(reach) = self.store.reach(site_id, customer_id).await? else { continue };
            if seen.insert(reach.customer_id) {
                let why_not = self.why_not(site_id, &reach, (&told, &mut addresses)).await?;
                people.push(Person { reach, why_not });
            }
        }
        Ok(People { people, unknown })
    }

    async fn shown(
        &self,
        access: &Access,
        (slice, report): (&Slice, &IssueReport),
        (people, words, is_other): (People, Words, bool),
    ) -> Result<Response, PageError> {
        let path = format!("issues/{}/tell", report.issue.id);
        let above = format!("issues/{}", report.issue.id);
        let place = Page {
            title: "Tell those who complained",
            part: "issues",
            path: &path,
            back: None,
            compares: false,
            dimensions: &Dimension::BESIDE_PAGES,
        };
        let mut frame = Frame::filtered(&self.frames, access, &place, slice, &[]).await?;
        frame.back = Some(crate::member::frame::Choice {
            label: "The issue".to_owned(),
            href: format!("/sites/{}/{above}{}", access.site.site.key, slice.suffix()),
            current: false,
        });
        render(&TellPage {
            headline: report.issue.headline.clone(),
            count: people.to_tell().count(),
            is_fixed: report.issue.status == "fixed",
            are_sent: self.mailer.is_set(),
            action: format!("/sites/{}/{path}{}", access.site.site.key, slice.suffix()),
            people,
            is_other,
            words,
            frame,
        })
    }
}

async fn report_of(
    needs: &Telling,
    access: &Access,
    (id, fields): (&str, &Fields),
) -> Result<(Slice, IssueReport), PageError> {
    access.require(MAY_SAY)?;
    let slice = Slice::parse(fields)?;
    let report = needs.reports.of(&access.site).issue(&slice, id_in(id)?, None).await?.ok_or(NONE)?;
    Ok((slice, report))
}

/// Who would be told.
pub(super) async fn page(
    State(needs): State<Telling>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, PageError> {
    let (slice, report) = report_of(&needs, &access, (&id, &fields)).await?;
    let people = needs.people(&access, &slice, &report).await?;
    needs.shown(&access, (&slice, &report), (people, usual(), false)).await
}

/// Tells them, if they are still as many as were looked at.
pub(super) async fn send(
    State(needs): State<Telling>,
    access: Access,
    Path((_, id)): Path<(String, String)>,
    fields: Fields,
    Submitted(typed): Submitted<Typed>,
) -> Result<Response, PageError> {
    let (slice, report) = report_of(&needs, &access, (&id, &fields)).await?;
    let words = typed.words().map_err(Problem::of_faults)?;
    if report.issue.status != "fixed" {
        let fault = Fault::new("status", "of the issue must be fixed before anybody is told so");
        return Err(Problem::of_faults([fault]).into());
    }
    let people = needs.people(&access, &slice, &report).await?;
    if people.to_tell().count() != typed.count {
        return needs.shown(&access, (&slice, &report), (people, words, true)).await;
    }
    let (site, issue_id, told_at_ms) = (&access.site.site, id_in(&id)?, needs.clock.now_ms());
    let mut told = Vec::new();
    for to in people.to_tell() {
        let token = rapport_store::random::fresh::<[u8; 32]>().to_vec();
        let (mail, job) = fixed::of((&needs.config, &needs.clock), site, (issue_id, &words), (to, &token))?;
        let of = ToldOfIssue { customer_id: to.customer_id, address: to.mail.clone(), token, told_at_ms };
        told.push((of, mail, job));
    }
    let entry = access.note(&needs.clock, "issue.tell", format!("issue {} to {}", issue_id.to_text(), told.len()));
    needs.store.tell_of_fix(site.site_id, issue_id, &told, &entry, &needs.clock).await?;
    let address = format!("/sites/{}/issues/{id}/tell{}", site.key, slice.suffix());
    Ok(Redirect::to(&address).into_response())
}

impl Person {
    fn name(&self) -> &str {
        if self.reach.name.is_empty() { &self.reach.external_id } else { &self.reach.name }
    }
}

#[cfg(test)]
mod tests {
    use crate::test_app::TestApp;
    use rapport_shared::id::Id;
    use rapport_store::account::role::Role;
    use rapport_store::customer::note_seen;
    use rapport_store::story_test::{RESPONSE, tell};
    use rapport_store::{Statement, Value};

    const DAYS: &str = "range=custom&from=2026-04-20&to=2026-05-06";

    #[tokio::test]
    async fn somebody_who_complained_was_told_of_the_fix_twice_before_it_or_after_they_had_unsubscribed() {
        let test = TestApp::new().await;
        let site = test.site().await;
        tell(&test.app.store, &test.app.sites, &site).await;
        let cookie = test.cookie(&site, "sam@example.com", Role::Support).await;
        let viewer = test.cookie(&site, "vic@example.com", Role::Viewer).await;
        let cookie = [("cookie", cookie.as_str())];
        let list = test.get(&format!("/sites/shop/issues?{DAYS}"), &cookie).await.text();
        let item = list.split("<li").find(|item| item.contains("35 dead clicks")).expect("it is found");
        let id = item.split("/issues/").nth(1).unwrap()[..36].to_owned();
        let path = format!("/sites/shop/issues/{id}/tell?{DAYS}");
        assert_eq!(test.get(&path, &[("cookie", &viewer)]).await.status, 403);
        // Whoever complained is a customer, and has an address.
        let (store, customer_id) = (&test.app.store, Id([77; 16]));
        let of_response = vec![site.site_id.into(), RESPONSE.into(), customer_id.into()];
        let of_response =
            Statement::new("UPDATE response SET customer_id = $3 WHERE site_id = $1 AND item_id = $2", of_response);
        let mail = "UPDATE customer SET mail = 'Ada@example.com' WHERE site_id = $1 AND customer_id = $2";
        let mail = Statement::new(mail, vec![Value::from(site.site_id), Value::from(customer_id)]);
        store.write(vec![note_seen(site.site_id, customer_id, "ada@example.com", 5), of_response, mail]).await.unwrap();
        let words = "subject=It+works&body=Thank+you.&stop_label=Stop";
        let shown = test.get(&path, &cookie).await.text();
        assert!(shown.contains("Ada@example.com") && shown.contains("1 person"), "{shown}");
        let early = test.submit(&path, &format!("{words}&count=1"), &cookie).await;
        assert_eq!(early.status, 422, "it is not fixed: {}", early.text());
        let fixed =
            test.submit(&format!("/sites/shop/issues/{id}?{DAYS}"), "status=fixed&fixed_at=2026-05-01", &cookie).await;
        assert_eq!(fixed.status, 303, "{}", fixed.text());
        let other = test.submit(&path, &format!("{words}&count=7"), &cookie).await;
        assert!(other.status == 200 && other.text().contains("other than"), "{}", other.text());
        assert_eq!(store.mails(site.site_id, 9).await.unwrap().len(), 0);
        assert_eq!(test.submit(&path, &format!("{words}&count=1"), &cookie).await.status, 303);
        let mails = store.mails(site.site_id, 9).await.unwrap();
        assert_eq!((mails.len(), mails[0].recipient.as_str()), (1, "Ada@example.com"));
        let told = store.told_of_issue(site.site_id, Id::parse(&id).unwrap()).await.unwrap();
        let again = test.get(&path, &cookie).await.text();
        assert!(again.contains("told already") && again.contains("0 people"), "{again}");
        assert_eq!(test.submit(&path, &format!("{words}&count=0"), &cookie).await.status, 303);
        assert_eq!(store.mails(site.site_id, 9).await.unwrap().len(), 1);
        store.unsubscribe(site.site_id, told[0].token.clone(), 9).await.unwrap();
        assert!(store.stopped(site.site_id, customer_id, "ada@example.com").await.unwrap().is_some());
    }
}
