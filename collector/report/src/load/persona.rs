//! Personas, and one of them on some days.

use super::Source;
use crate::ReportError;
use crate::experience::Listed;
use crate::issue::Show;
use crate::period::Periods;
use crate::persona::{LISTED, PersonaLine, PersonaReport, Personas};
use crate::slice::Slice;

impl Source<'_> {
    /// The personas of the site with how many are of each.
    pub async fn personas(&self) -> Result<Personas, ReportError> {
        let (personas, (sizes, customers)) =
            tokio::try_join!(self.store.personas(self.site_id()), self.store.persona_sizes(self.site_id()))?;
        let line = |persona: rapport_store::persona::Persona| {
            let size = sizes.get(&persona.key).copied().unwrap_or_default();
            PersonaLine::of(persona, size, customers)
        };
        Ok(Personas { personas: personas.into_iter().map(line).collect(), customers })
    }

    /// One persona on the days of a slice, beside everybody else; `None` where the site has none of that key. The slice's own persona is
    /// not heeded.
    ///
    /// # Errors
    /// When the days have more rows than can be looked through.
    pub async fn persona(&self, slice: &Slice, key: &str) -> Result<Option<PersonaReport>, ReportError> {
        let Some(persona) = self.personas().await?.personas.into_iter().find(|persona| persona.key == key) else {
            return Ok(None);
        };
        let own = Slice { persona: Some(key.to_owned()), compare: false, ..slice.clone() };
        let others = Slice { persona: Some(format!("-{key}")), ..own.clone() };
        let Periods { now, .. } = self.periods(&own).await?;
        let listed = Listed::default();
        let (overview, experience, issues, mut words) = tokio::try_join!(
            self.overview_beside(&own, &now, Some((&others, &now))),
            self.experience(&own, &listed),
            self.issues(&own, (Show::Open, 1)),
            self.newest_words(&own)
        )?;
        let (mut pages, mut issues) = (experience.pages, issues.issues);
        pages.truncate(LISTED);
        issues.truncate(LISTED);
        words.truncate(LISTED);
        Ok(Some(PersonaReport {
            persona,
            from: now.first.to_string(),
            to: now.last.to_string(),
            scores: overview.scores,
            figures: overview.figures,
            pages,
            issues,
            words,
        }))
    }
}
