//! Loads what people wrote: texts that are found by words, and those that themes are made of.

use super::Source;
use crate::ReportError;
use crate::period::{Period, Periods};
use crate::slice::Slice;
use crate::word::list::{Asked, WordList};
use crate::word::theme::{self, Input, ThemesReport};
use crate::word::{COUNTED, LISTED, READ, Written};
use rapport_language::detect::Language;
use rapport_language::theme::{Text, keys};
use rapport_language::token::{Term, terms};
use rapport_shared::survey::{Fault, Survey};
use rapport_store::StoreError;
use rapport_store::rollup::narrow::Narrow;
use rapport_store::word::{Found, TextFilter, Wanted};

fn wanted(terms: &[Term]) -> Vec<Wanted> {
    terms.iter().map(|term| Wanted { tokens: term.tokens.clone(), is_prefix: term.is_prefix }).collect()
}

/// Whether a text is of a theme that is known by one of these.
fn is_of(found: &Found, of: &[String]) -> bool {
    let own = keys(&Text { text: &found.text.said, language: Language::of(&found.text.language) });
    of.iter().any(|key| own.contains(key))
}

impl Source<'_> {
    /// The filter of some days, of which nothing was read yet.
    fn filter<'a>(
        &self,
        slice: &'a Slice,
        asked: &'a Asked,
        wanted: &'a [Wanted],
        narrow: &'a Narrow,
        period: &Period,
    ) -> TextFilter<'a> {
        TextFilter {
            wanted,
            from_ms: period.from_ms,
            to_ms: period.to_ms,
            survey_id: &asked.survey,
            source: asked.source,
            standing: asked.standing,
            path: slice.path(),
            device: slice.device.stored(),
            narrow,
            before: None,
            limit: READ as i64 + 1,
        }
    }

    /// Texts of a slice in which all words of a search are, the newest first.
    ///
    /// # Errors
    /// When it has no word to search for, or the slice cannot be told.
    pub async fn words(&self, slice: &Slice, asked: &Asked) -> Result<WordList, ReportError> {
        let terms = terms(&asked.search);
        if terms.is_empty() && !asked.search.trim().is_empty() {
            return Err(vec![Fault::new("search", "must have a letter, a digit or an emoji")].into());
        }
        let wanted = wanted(&terms);
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let narrow = self.narrow(slice, (now.from_ms, now.to_ms)).await?;
        let mut filter = self.filter(slice, asked, &wanted, &narrow, &now);
        let (total, more, mut texts) = if asked.theme.is_empty() {
            filter.limit = COUNTED as i64 + 1;
            let total = self.store.count_texts(self.site_id(), &filter).await?;
            filter.before = asked.after;
            filter.limit = LISTED as i64 + 1;
            (total.min(COUNTED), total > COUNTED, self.store.texts(self.site_id(), &filter).await?)
        } else {
            self.of_theme(&filter, asked).await?
        };
        let next = (texts.len() > LISTED).then(|| texts[LISTED - 1].number.to_string());
        texts.truncate(LISTED);
        let surveys = self.surveys().await?;
        let zone = &self.site.site.time_zone;
        Ok(WordList {
            from: now.first.to_string(),
            to: now.last.to_string(),
            search: asked.search.clone(),
            total,
            more,
            texts: texts.iter().map(|found| Written::new(found, &terms, &surveys, zone)).collect(),
            next,
        })
    }

    /// How many texts are of a theme, whether more than the newest would have to be read for it, and those after a place.
    async fn of_theme(&self, filter: &TextFilter<'_>, asked: &Asked) -> Result<(u64, bool, Vec<Found>), ReportError> {
        let mut texts = self.store.texts(self.site_id(), filter).await?;
        let more = texts.len() > READ;
        texts.truncate(READ);
        let keys = self.keys_of_theme(&asked.theme).await?;
        let texts = apart(move || texts.into_iter().filter(|found| is_of(found, &keys)).collect::<Vec<_>>()).await?;
        let total = texts.len() as u64;
        let is_after = |found: &Found| asked.after.is_none_or(|after| found.number < after);
        Ok((total, more, texts.into_iter().filter(is_after).take(LISTED + 1).collect()))
    }

    /// What the site calls a theme; empty where it gave it no name.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn name_of_theme(&self, key: &str) -> Result<String, ReportError> {
        if key.is_empty() {
            return Ok(String::new());
        }
        let choices = self.store.theme_choices(self.site_id()).await?;
        Ok(choices.into_iter().find(|choice| choice.key == key).map_or_else(String::new, |choice| choice.name))
    }

    /// What a theme and those merged into it are known by; nothing where none is asked for.
    async fn keys_of_theme(&self, key: &str) -> Result<Vec<String>, ReportError> {
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let choices = self.store.theme_choices(self.site_id()).await?;
        let parts = choices.into_iter().filter(|choice| choice.into == key).map(|choice| choice.key);
        Ok([key.to_owned()].into_iter().chain(parts).collect())
    }

    /// Every text of a slice that is asked for, at most [`READ`] of the newest, for whoever takes them along.
    ///
    /// # Errors
    /// As [`Source::words`].
    pub async fn all_words(&self, slice: &Slice, asked: &Asked) -> Result<Vec<Written>, ReportError> {
        let terms = terms(&asked.search);
        let wanted = wanted(&terms);
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let narrow = self.narrow(slice, (now.from_ms, now.to_ms)).await?;
        let mut filter = self.filter(slice, asked, &wanted, &narrow, &now);
        filter.limit = READ as i64;
        let texts = self.store.texts(self.site_id(), &filter).await?;
        let (surveys, zone) = (self.surveys().await?, self.site.site.time_zone.clone());
        let keys = self.keys_of_theme(&asked.theme).await?;
        let told = move || {
            let own = texts.iter().filter(|found| keys.is_empty() || is_of(found, &keys));
            own.map(|found| Written::new(found, &[], &surveys, &zone)).collect::<Vec<_>>()
        };
        apart(told).await
    }

    /// What people write about, in one survey or in all (`survey` empty).
    pub async fn themes(&self, slice: &Slice, survey: &str) -> Result<ThemesReport, ReportError> {
        let Periods { now, before, .. } = self.periods(slice).await?;
        let asked = Asked { survey: survey.to_owned(), ..Asked::default() };
        let of = async |period: &Period| -> Result<Vec<Found>, ReportError> {
            let narrow = self.narrow(slice, (period.from_ms, period.to_ms)).await?;
            let filter = self.filter(slice, &asked, &[], &narrow, period);
            Ok(self.store.texts(self.site_id(), &filter).await?)
        };
        let mut texts = of(&now).await?;
        let more = texts.len() > READ;
        texts.truncate(READ);
        // A period that was not read to its beginning is compared with nothing.
        let earlier = match &before {
            Some(before) if !more => Some(of(before).await?).filter(|texts| texts.len() <= READ),
            _ => None,
        };
        let (everything, whole) = (Narrow::default(), Slice::default());
        let any = Asked::default();
        let mut learned = self.filter(&whole, &any, &[], &everything, &now);
        (learned.from_ms, learned.to_ms, learned.limit) = (0, self.now_ms + 1, READ as i64);
        let scored = self.store.texts(self.site_id(), &learned).await?;
        let input = Input {
            days: (now.first.to_string(), now.last.to_string()),
            now: texts,
            more,
            before: earlier,
            scored,
            looks: slice.looks(),
            choices: self.store.theme_choices(self.site_id()).await?,
        };
        let (surveys, zone): (Vec<(Survey, bool)>, _) = (self.surveys().await?, self.site.site.time_zone.clone());
        apart(move || theme::report(&input, &|found| Written::new(found, &[], &surveys, &zone))).await
    }
}

/// Does what takes a while where nobody waits for it.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ReportError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::Inconsistent(format!("texts could not be read: {error}")).into())
}
