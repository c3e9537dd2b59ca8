//! Where the visits of an hour came from: said by their first view, which may lie in the hour before.

use super::hour::{Hour, RawRow, Select, Span};
use super::narrow::VisitSource;
use crate::site::directory::SiteContext;
use crate::{Row, Statement, StoreError, params, text};
use rapport_shared::id::Id;
use rapport_shared::limit;
use std::collections::HashMap;

/// Most bytes of a source in a rollup, whose keys are bounded.
pub const SOURCE_BYTES: usize = 200;
/// Most sources that are told apart in an hour, those of most visits; the rest count as [`limit::OTHER_PAGES`].
const SOURCES: usize = 20;
/// Longest campaign that is told apart in a rollup, in bytes: it is part of a long key.
pub const CAMPAIGN_BYTES: usize = 120;

/// A visit that began in an hour or in the one before.
#[derive(Clone, Debug)]
pub struct Came {
    session_id: Option<Id>,
    source: String,
    campaign: String,
}

impl RawRow for Came {
    fn selects(hour: &Hour) -> Vec<Select> {
        let sql = "SELECT session_id, source, referrer, COALESCE(campaign, '') AS campaign FROM page_view
             WHERE site_id = $1 AND hour_ms IN ($2, $3) AND view_index = 1";
        vec![Select::whole(sql, params![hour.site_id, hour.hour_ms, hour.previous_hour_ms])]
    }

    /// A visit came from where it did, whatever is asked of its views: nothing narrows them.
    fn narrowed(span: &Span<'_>) -> Vec<Statement> {
        let of = |is_before: u8| {
            format!(
                "SELECT session_id, source, referrer, COALESCE(campaign, '') AS campaign, hour_ms, {is_before} AS is_before
                 FROM page_view
                 WHERE site_id = $1 AND hour_ms >= $2 AND hour_ms < $3 AND view_index = 1"
            )
        };
        let before = params![span.site_id, span.from_ms - 2 * super::range::HOUR_MS, span.to_ms];
        vec![Statement::new(of(0), span.params()), Statement::new(of(1), before)]
    }

    fn read(row: &mut Row) -> Result<Self, StoreError> {
        let source = VisitSource::of(row.text("source")?, row.text("referrer")?);
        let source = text::cut(source.as_str().to_owned(), SOURCE_BYTES);
        let mut campaign = row.take_text("campaign")?;
        if campaign.len() > CAMPAIGN_BYTES {
            limit::OTHER_PAGES.clone_into(&mut campaign);
        }
        Ok(Self { session_id: row.id_or_null("session_id")?, source, campaign })
    }

    fn read_of_span(row: &mut Row, site: &SiteContext) -> Result<(i64, Self), StoreError> {
        let hour_ms = row.int("hour_ms")?;
        let of_hour_ms = if row.flag("is_before")? { site.next_hour_start_ms(hour_ms) } else { hour_ms };
        Ok((of_hour_ms, Self::read(row)?))
    }
}

/// The source of each visit of an hour.
pub(super) struct Sources<'a>(HashMap<Id, &'a str>);

impl<'a> Sources<'a> {
    /// The sources of these visits.
    pub(super) fn of(came: &'a [Came]) -> Self {
        Self::told(came, |visit| &visit.source)
    }

    /// The campaigns of these visits, in the same way: empty for none.
    pub(super) fn campaigns(came: &'a [Came]) -> Self {
        Self::told(came, |visit| &visit.campaign)
    }

    fn told(came: &'a [Came], text: fn(&Came) -> &str) -> Self {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        came.iter().for_each(|visit| *counts.entry(text(visit)).or_default() += 1);
        let mut named: Vec<_> = counts.into_iter().collect();
        named.sort_by(|(one, many), (other, few)| few.cmp(many).then(one.cmp(other)));
        named.truncate(SOURCES);
        let name = |source: &'a str| {
            if named.iter().any(|(name, _)| *name == source) { source } else { limit::OTHER_PAGES }
        };
        Self(came.iter().filter_map(|visit| Some((visit.session_id?, name(text(visit))))).collect())
    }

    /// That of a visit; empty when it is not known.
    pub(super) fn of_visit(&self, session: Option<Id>) -> &'a str {
        session.and_then(|session| self.0.get(&session).copied()).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invented_sources_go_under_one_name() {
        let came = |number: u8, source: &str| Came {
            session_id: Some(Id([number; 16])),
            source: source.into(),
            campaign: String::new(),
        };
        let mut visits: Vec<_> = (0..100).map(|number| came(number, &format!("invented-{number}"))).collect();
        visits.extend((100..120).map(|number| came(number, "newsletter")));
        let sources = Sources::of(&visits);
        let names: std::collections::BTreeSet<_> = (0..120).map(|n| sources.of_visit(Some(Id([n; 16])))).collect();
        assert_eq!(names.len(), SOURCES + 1);
        assert!(names.contains("newsletter") && names.contains(limit::OTHER_PAGES));
        assert_eq!((sources.of_visit(None), sources.of_visit(Some(Id([200; 16])))), ("", ""));
    }
}
