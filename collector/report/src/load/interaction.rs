//! How pages are used: forms, clicks by element, and scrolling.

use super::{Loaded, Source};
use crate::ReportError;
use crate::form::{self, Forms};
use crate::heat::{self, Heat, HeatMap, Reach};
use crate::period::Periods;
use crate::slice::Slice;
use rapport_store::rollup::{FormRollup, HeatRollup, ScrollRollup};

impl Loaded<'_> {
    /// Forms of the page and device of the slice; of every page where it names none.
    pub(super) async fn forms(&self) -> Result<Vec<FormRollup>, ReportError> {
        let (path, device) = (self.slice.path(), self.device());
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<FormRollup>());
        let of_slice = |row: &&FormRollup| (path.is_empty() || row.path == path) && self.on_device(&row.device);
        let mut rows: Vec<_> = fresh.filter(of_slice).cloned().collect();
        rows.extend(self.of_ranges(|store, site, range| store.form_rollups(site, range, path, device)).await?);
        Ok(rows)
    }

    /// Clicks by element on the page and device of the slice.
    pub(super) async fn heat(&self) -> Result<Vec<HeatRollup>, ReportError> {
        let (path, device) = (self.slice.path(), self.device());
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<HeatRollup>());
        let of_slice = |row: &&HeatRollup| (path.is_empty() || row.path == path) && self.on_device(&row.device);
        let mut rows: Vec<_> = fresh.filter(of_slice).cloned().collect();
        rows.extend(self.of_ranges(|store, site, range| store.heat_rollups(site, range, path, device)).await?);
        Ok(rows)
    }

    /// How far views on the page and device of the slice saw.
    pub(super) async fn reach(&self) -> Result<Vec<Reach>, ReportError> {
        let (path, device) = (self.slice.path(), self.device());
        let fresh = self.fresh.iter().flat_map(|hour| hour.rows::<ScrollRollup>());
        let of_slice = |row: &&ScrollRollup| (path.is_empty() || row.path == path) && self.on_device(&row.device);
        let mut rows: Vec<_> = fresh.filter(of_slice).cloned().collect();
        rows.extend(self.of_ranges(|store, site, range| store.scroll_rollups(site, range, path, device)).await?);
        Ok(heat::reach(&rows))
    }
}

impl Source<'_> {
    /// The forms with most uses, field by field.
    pub async fn forms(&self, slice: &Slice) -> Result<Forms, ReportError> {
        let mut report = self.every_form(slice).await?;
        report.forms.truncate(form::SHOWN);
        Ok(report)
    }

    /// The same with every form.
    pub async fn every_form(&self, slice: &Slice) -> Result<Forms, ReportError> {
        let Periods { now, before, .. } = self.periods(slice).await?;
        let of_now = async { Loaded::new(self, slice, &now).await?.forms().await };
        let of_before = self.before(slice, before.as_ref(), async |loaded| loaded.forms().await);
        let (rows, earlier) = tokio::try_join!(of_now, of_before)?;
        let forms = form::forms(&rows, earlier.as_deref(), slice.looks())?;
        Ok(Forms { from: now.first.to_string(), to: now.last.to_string(), distinct: forms.len(), forms })
    }

    /// Where the page of the slice was clicked, and how far it was scrolled.
    pub async fn heat(&self, slice: &Slice) -> Result<Heat, ReportError> {
        let mut report = self.whole_heat(slice).await?;
        report.elements.truncate(heat::SHOWN);
        Ok(report)
    }

    /// The same with every element.
    pub async fn whole_heat(&self, slice: &Slice) -> Result<Heat, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let loaded = Loaded::new(self, slice, &now).await?;
        let (rows, reach) = tokio::try_join!(loaded.heat(), loaded.reach())?;
        let (elements, clicks) = heat::lines(&rows);
        Ok(Heat {
            from: now.first.to_string(),
            to: now.last.to_string(),
            path: slice.path().to_owned(),
            sample_percent: self.store.site_heat_percent(self.site_id()).await?,
            clicks,
            distinct: elements.len(),
            elements,
            reach,
        })
    }

    /// What is shown over the page of the slice.
    pub async fn heat_map(&self, slice: &Slice) -> Result<HeatMap, ReportError> {
        let (now, _) = slice.periods(&self.site.site.time_zone, self.now_ms);
        let loaded = Loaded::new(self, slice, &now).await?;
        let (rows, reach) = tokio::try_join!(loaded.heat(), loaded.reach())?;
        Ok(heat::map(&rows, &reach, (now.first.to_string(), now.last.to_string()))?)
    }
}
