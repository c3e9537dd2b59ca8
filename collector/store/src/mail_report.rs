//! Reports that are sent by mail every day, week or month, to whom, and when next.

use crate::audit::AuditEntry;
use crate::clock::Clock;
use crate::engine::value::{placeholders, read_all};
use crate::job::NewJob;
use crate::mail::{OutgoingMail, writing};
use crate::{Row, Statement, Store, StoreError, Value, params};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rapport_shared::id::Id;
use std::collections::BTreeMap;

/// Longest name, in characters.
pub const NAME_CHARACTERS: usize = 80;
/// Most reports of a site.
pub const REPORTS: usize = 50;
/// Most recipients of a report.
pub const RECIPIENTS: usize = 50;
/// Hour of the day from which on a report is sent that says nothing else.
pub const USUAL_HOUR: i64 = 7;

/// How often a report is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cadence {
    /// Every day, about the day before.
    Day,
    /// On Mondays, about Monday to Sunday before.
    Week,
    /// On the first of a month, about the month before.
    Month,
}

impl Cadence {
    /// Each of them.
    pub const EACH: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// The name in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|cadence| cadence.as_str() == name)
    }

    /// The last day on which it was sent, up to `today`.
    fn sent_on(self, today: Date) -> Date {
        match self {
            Self::Day => today,
            Self::Week => {
                let days = i32::from(today.weekday().since(Weekday::Monday));
                today.saturating_sub(days.days())
            }
            Self::Month => today.first_of_month(),
        }
    }

    /// First and last day that were over before `today` and that a report is about: a day, a week or a month.
    pub fn period(self, today: Date) -> (Date, Date) {
        let sent_on = self.sent_on(today);
        let first = match self {
            Self::Day => sent_on.saturating_sub(1.days()),
            Self::Week => sent_on.saturating_sub(7.days()),
            Self::Month => sent_on.saturating_sub(1.days()).first_of_month(),
        };
        (first, sent_on.saturating_sub(1.days()))
    }

    /// When a report is sent next after an instant, in epoch milliseconds: from `hour` o'clock on in that zone, or as soon as there is
    /// such an hour where the clocks are put forward over it.
    pub fn next_ms(self, hour: i64, zone: &TimeZone, after_ms: i64) -> i64 {
        let now = Timestamp::from_millisecond(after_ms).unwrap_or_default().to_zoned(zone.clone());
        let hour = i8::try_from(hour.clamp(0, 23)).unwrap_or_default();
        let instant = |day: Date| {
            let at = day.at(hour, 0, 0, 0).to_zoned(zone.clone());
            at.map_or(i64::MAX, |at| at.timestamp().as_millisecond())
        };
        let mut day = self.sent_on(now.date());
        while instant(day) <= after_ms {
            day = match self {
                Self::Day => day.saturating_add(1.days()),
                Self::Week => day.saturating_add(7.days()),
                Self::Month => day.saturating_add(1.months()),
            };
        }
        instant(day)
    }
}

/// A report that is sent by mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailReport {
    /// Its id.
    pub report_id: Id,
    /// What people call it.
    pub name: String,
    /// What it is narrowed to: the part of an address, without days.
    pub fields: String,
    /// How often.
    pub cadence: Cadence,
    /// From which hour of the site's days on, 0 to 23.
    pub hour: i64,
    /// Who set it up: a mail address, or a key.
    pub actor: String,
    /// When, in epoch milliseconds.
    pub created_at_ms: i64,
    /// When it is sent next, in epoch milliseconds.
    pub next_at_ms: i64,
    /// To whom.
    pub recipients: Vec<Recipient>,
}

/// Somebody to whom a report is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The mail address.
    pub address: String,
    /// What stands in the links of their mails.
    pub token: Vec<u8>,
    /// When they unsubscribed, in epoch milliseconds.
    pub unsubscribed_at_ms: Option<i64>,
}

const COLUMNS: &str = "report_id, name, fields, cadence, hour, actor, created_at_ms, next_at_ms";

fn read_report(row: &mut Row) -> Result<MailReport, StoreError> {
    Ok(MailReport {
        report_id: row.id("report_id")?,
        name: row.take_text("name")?,
        fields: row.take_text("fields")?,
        cadence: row.named("cadence", Cadence::named)?,
        hour: row.int("hour")?,
        actor: row.take_text("actor")?,
        created_at_ms: row.int("created_at_ms")?,
        next_at_ms: row.int("next_at_ms")?,
        recipients: Vec::new(),
    })
}

/// The row of a report, for the note of a change to it.
const OF_REPORT: &str = "mail_report WHERE site_id = $1 AND report_id = $7";

impl Store {
    /// The reports of a site that are sent by mail, by name, with their recipients.
    pub async fn mail_reports(&self, site_id: Id) -> Result<Vec<MailReport>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM mail_report WHERE site_id = $1 ORDER BY name, report_id");
        let recipients = "SELECT report_id, recipient, token, unsubscribed_at_ms FROM mail_report_recipient
             WHERE site_id = $1 ORDER BY recipient";
        let (rows, recipients) =
            tokio::try_join!(self.read(sql, params![site_id]), self.read(recipients, params![site_id]))?;
        let mut of_report: BTreeMap<Id, Vec<Recipient>> = BTreeMap::new();
        for mut row in recipients {
            of_report.entry(row.id("report_id")?).or_default().push(Recipient {
                address: row.take_text("recipient")?,
                token: row.take_blob("token")?,
                unsubscribed_at_ms: row.int_or_null("unsubscribed_at_ms")?,
            });
        }
        let mut reports = read_all(rows, read_report)?;
        for report in &mut reports {
            report.recipients = of_report.remove(&report.report_id).unwrap_or_default();
        }
        Ok(reports)
    }

    /// Those of some sites that have a report which is due at an instant.
    pub async fn sites_with_due_mail_reports(&self, sites: &[Id], now_ms: i64) -> Result<Vec<Id>, StoreError> {
        if sites.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT DISTINCT site_id FROM mail_report WHERE next_at_ms <= $1 AND site_id IN ({}) ORDER BY site_id",
            placeholders(2, sites.len())
        );
        let mut params = params![now_ms];
        params.extend(sites.iter().map(|site_id| Value::from(*site_id)));
        self.read(sql, params).await?.iter().map(|row| row.id("site_id")).collect()
    }

    /// Keeps a new report with its recipients, and notes who set it up; false where the site has [`REPORTS`] already.
    pub async fn add_mail_report(
        &self,
        site_id: Id,
        report: &MailReport,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        if self.mail_reports(site_id).await?.len() >= REPORTS {
            return Ok(false);
        }
        let sql = format!("INSERT INTO mail_report (site_id, {COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
        let params = params![
            site_id,
            report.report_id,
            &report.name,
            &report.fields,
            report.cadence.as_str(),
            report.hour,
            &report.actor,
            report.created_at_ms,
            report.next_at_ms,
        ];
        let mut statements = vec![Statement::new(sql, params)];
        for recipient in &report.recipients {
            let sql = "INSERT INTO mail_report_recipient (site_id, report_id, recipient, token, added_at_ms)
                 VALUES ($1, $2, $3, $4, $5)";
            let token = recipient.token.clone();
            let params = params![site_id, report.report_id, &recipient.address, token, report.created_at_ms];
            statements.push(Statement::new(sql, params));
        }
        statements.push(entry.statement(site_id));
        self.write(statements).await.map(|_| true)
    }

    /// Forgets a report with its recipients, and notes who did; false where there is none.
    pub async fn remove_mail_report(&self, site_id: Id, report_id: Id, entry: &AuditEntry) -> Result<bool, StoreError> {
        let note = entry.statement_where(site_id, OF_REPORT, params![report_id]);
        let recipients = "DELETE FROM mail_report_recipient WHERE site_id = $1 AND report_id = $2";
        let report = "DELETE FROM mail_report WHERE site_id = $1 AND report_id = $2 RETURNING report_id";
        let statements = [recipients, report].map(|sql| Statement::new(sql, params![site_id, report_id]));
        let rows = self.write([note].into_iter().chain(statements).collect()).await?;
        Ok(!rows[2].is_empty())
    }

    /// Writes the mails of a report that was due at `due_at_ms`, and says when it is due next, in one transaction: a report that is
    /// done twice was written once.
    pub async fn send_mail_report(
        &self,
        site_id: Id,
        (report_id, due_at_ms, next_at_ms): (Id, i64, i64),
        mails: &[(OutgoingMail, NewJob)],
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let mut statements = Vec::new();
        for (mail, job) in mails {
            statements.extend(writing(site_id, mail, job, clock)?);
        }
        let sql = "UPDATE mail_report SET next_at_ms = $4 WHERE site_id = $1 AND report_id = $2 AND next_at_ms = $3";
        statements.push(Statement::new(sql, params![site_id, report_id, due_at_ms, next_at_ms]));
        self.write(statements).await.map(|_| ())
    }

    /// The report and the address that a token of a mail's link is of, and whether they unsubscribed.
    pub async fn mail_report_of_token(
        &self,
        site_id: Id,
        token: Vec<u8>,
    ) -> Result<Option<(Id, Recipient)>, StoreError> {
        let sql = "SELECT report_id, recipient, token, unsubscribed_at_ms FROM mail_report_recipient
             WHERE site_id = $1 AND token = $2";
        let rows = self.read(sql, params![site_id, token]).await?;
        let read = |row: &mut Row| {
            Ok((
                row.id("report_id")?,
                Recipient {
                    address: row.take_text("recipient")?,
                    token: row.take_blob("token")?,
                    unsubscribed_at_ms: row.int_or_null("unsubscribed_at_ms")?,
                },
            ))
        };
        Ok(read_all(rows, read)?.into_iter().next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::tests::{a_job, a_mail};
    use crate::test_store::{each_engine, note};

    fn ms(text: &str) -> i64 {
        text.parse::<Timestamp>().expect("an instant").as_millisecond()
    }

    #[test]
    fn a_report_is_about_what_is_over_and_comes_at_its_hour_of_the_sites_days() {
        let day = |text: &str| text.parse::<Date>().expect("a day");
        for (cadence, today, first, last) in [
            (Cadence::Day, "2026-03-01", "2026-02-28", "2026-02-28"),
            // A Monday, and the Sunday after.
            (Cadence::Week, "2026-05-04", "2026-04-27", "2026-05-03"),
            (Cadence::Week, "2026-05-10", "2026-04-27", "2026-05-03"),
            (Cadence::Month, "2026-03-01", "2026-02-01", "2026-02-28"),
            (Cadence::Month, "2026-01-31", "2025-12-01", "2025-12-31"),
        ] {
            assert_eq!(cadence.period(day(today)), (day(first), day(last)), "{cadence:?} on {today}");
        }
        let berlin = TimeZone::get("Europe/Berlin").expect("a known zone");
        for (cadence, hour, after, next) in [
            (Cadence::Day, 7, "2026-05-06T04:59:00Z", "2026-05-06T05:00:00Z"),
            (Cadence::Day, 7, "2026-05-06T05:00:00Z", "2026-05-07T05:00:00Z"),
            (Cadence::Week, 7, "2026-05-06T10:00:00Z", "2026-05-11T05:00:00Z"),
            (Cadence::Week, 7, "2026-05-04T04:00:00Z", "2026-05-04T05:00:00Z"),
            (Cadence::Month, 0, "2026-05-06T10:00:00Z", "2026-05-31T22:00:00Z"),
            (Cadence::Month, 7, "2026-12-31T23:30:00Z", "2027-01-01T06:00:00Z"),
            // On 29 March there is no 02:00 in Berlin, on 25 October there are two.
            (Cadence::Day, 2, "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
            (Cadence::Day, 2, "2026-10-24T12:00:00Z", "2026-10-25T00:00:00Z"),
            (Cadence::Day, 2, "2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z"),
        ] {
            assert_eq!(cadence.next_ms(hour, &berlin, ms(after)), ms(next), "{cadence:?} at {hour} after {after}");
        }
    }

    #[tokio::test]
    async fn a_report_is_kept_with_its_recipients_and_written_once_a_period() {
        each_engine(async |store| {
            let (shop, blog) = (Id([8; 16]), Id([9; 16]));
            let recipient = |number: u8, address: &str| Recipient {
                address: address.into(),
                token: vec![number; 32],
                unsubscribed_at_ms: None,
            };
            let report = |number: u8| MailReport {
                report_id: Id([number; 16]),
                name: "Phones".into(),
                fields: "device=mobile".into(),
                cadence: Cadence::Week,
                hour: 7,
                actor: "eve@example.com".into(),
                created_at_ms: 5,
                next_at_ms: 100,
                recipients: vec![recipient(number, "ada@example.com"), recipient(number + 100, "bob@example.com")],
            };
            assert_eq!(store.add_mail_report(shop, &report(1), &note(5)).await, Ok(true));
            assert_eq!(store.mail_reports(shop).await, Ok(vec![report(1)]));
            assert_eq!(store.mail_reports(blog).await, Ok(vec![]));
            for (at_ms, due) in [(99, vec![]), (100, vec![shop])] {
                assert_eq!(store.sites_with_due_mail_reports(&[blog, shop], at_ms).await, Ok(due));
            }
            assert_eq!(store.sites_with_due_mail_reports(&[blog], 100).await, Ok(vec![]));
            assert_eq!(store.sites_with_due_mail_reports(&[], 100).await, Ok(vec![]));
            let mails = [(a_mail(1, "report:1:x", "ada@example.com"), a_job("1"))];
            for _ in 0..2 {
                store.send_mail_report(shop, (Id([1; 16]), 100, 200), &mails, &Clock::System).await.unwrap();
            }
            assert_eq!(store.mail_reports(shop).await.unwrap()[0].next_at_ms, 200);
            assert_eq!(store.mails(shop, 9).await.unwrap().len(), 1);
            let of_token = async |site, number: u8| store.mail_report_of_token(site, vec![number; 32]).await.unwrap();
            assert_eq!(of_token(shop, 101).await, Some((Id([1; 16]), recipient(101, "bob@example.com"))));
            assert_eq!((of_token(blog, 101).await, of_token(shop, 7).await), (None, None));
            store.unsubscribe(blog, vec![101; 32], 30).await.unwrap();
            for at_ms in [40, 50] {
                store.unsubscribe(shop, vec![101; 32], at_ms).await.unwrap();
            }
            assert_eq!(of_token(shop, 101).await.unwrap().1.unsubscribed_at_ms, Some(40));
            for removed in [true, false] {
                assert_eq!(store.remove_mail_report(shop, Id([1; 16]), &note(60)).await, Ok(removed));
            }
            assert_eq!((store.mail_reports(shop).await, of_token(shop, 1).await), (Ok(vec![]), None));
            assert_eq!(store.audit_entries(shop, None, 9).await.unwrap().len(), 2);
            for number in 0..u8::try_from(REPORTS).unwrap() {
                assert_eq!(store.add_mail_report(blog, &report(number), &note(5)).await, Ok(true));
            }
            assert_eq!(store.add_mail_report(blog, &report(60), &note(5)).await, Ok(false));
        })
        .await;
    }
}
