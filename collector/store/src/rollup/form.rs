//! The rollup of forms: how often each was begun and completed, and what was done in each of its fields.

use super::measured::MeasuredSignal;
use super::range::BucketRange;
use super::registry::Rollup;
use super::row::rollup_row;
use super::words::SharedWords;
use crate::device::Device;
use crate::{Store, StoreError, params};
use rapport_figures::sketch::QuantileSketch;
use rapport_shared::id::Id;
use rapport_shared::limit;
use rapport_shared::measure::form::{Step, Touched, duration_ms};
use rapport_shared::signal::SignalKind;
use std::collections::BTreeMap;

/// Most forms kept of one page and device in an hour, and most fields of one of them; what more there is counts as
/// [`limit::OTHER_PAGES`].
const FORMS: usize = 20;
const FIELDS: usize = 60;
/// So many rows of a range are read: a site has fewer unless somebody makes them up.
const ROWS: i64 = 50_000;

rollup_row! {
    /// A row of `rollup_form`: of a field of a form, or with an empty field of the form.
    FormRollup = "rollup_form"
    by { path, device, form, field }
    count {
        uses, completed, time_ms, returns, returned, returned_completed, refills, refilled, errors, faulted, autofilled,
        left_at, places
    }
    quantiles { time_sketch }
}

/// One use of a form, as its signals tell it.
#[derive(Debug, Default)]
struct Use<'a> {
    /// How long it took until it was completed.
    completed_ms: Option<u32>,
    /// The field touched last, and when that was told.
    last: (&'a str, u32),
    fields: BTreeMap<&'a str, Touched>,
}

/// A use by its page, device, form and view.
type Key<'a> = (&'a str, &'a str, &'a str, Id);

fn uses(signals: &[MeasuredSignal]) -> BTreeMap<Key<'_>, Use<'_>> {
    let mut uses: BTreeMap<Key<'_>, Use<'_>> = BTreeMap::new();
    for signal in signals.iter().filter(|signal| signal.kind != SignalKind::Point) {
        let key = (signal.path.as_str(), signal.device.as_str(), signal.name.as_str(), signal.view_id);
        match signal.kind {
            SignalKind::Field => {
                let Ok(touched) = Touched::read(&signal.measured) else { continue };
                uses.entry(key).or_default().fields.entry(&signal.element).or_default().add(&touched);
            }
            _ => {
                let (Some(step), Ok(at_ms)) = (Step::parse(&signal.text), duration_ms(&signal.measured)) else {
                    continue;
                };
                let of = uses.entry(key).or_default();
                if step == Step::Complete {
                    of.completed_ms = Some(of.completed_ms.map_or(at_ms, |earlier_ms| earlier_ms.min(at_ms)));
                }
                if step != Step::Start && at_ms >= of.last.1 {
                    of.last = (&signal.element, at_ms);
                }
            }
        }
    }
    uses
}

/// What is added up of a row.
#[derive(Default)]
struct Sum {
    row: FormRollup,
    times: QuantileSketch,
}

impl Sum {
    /// Counts a use of the form.
    fn count_use(&mut self, of: &Use<'_>) {
        self.row.uses += 1;
        if let Some(took_ms) = of.completed_ms {
            self.row.completed += 1;
            self.row.time_ms += i64::from(took_ms);
            self.times.insert(took_ms);
        }
    }

    /// Counts what was done in a field.
    fn count_field(&mut self, touched: &Touched, is_completed: bool, is_last: bool) {
        let (returns, refills) = (touched.stays.saturating_sub(1), touched.changes.saturating_sub(1));
        let row = &mut self.row;
        row.uses += 1;
        row.completed += i64::from(is_completed);
        row.time_ms += i64::from(touched.time_ms);
        row.returns += i64::from(returns);
        row.returned += i64::from(returns > 0);
        row.returned_completed += i64::from(returns > 0 && is_completed);
        row.refills += i64::from(refills);
        row.refilled += i64::from(refills > 0);
        row.errors += i64::from(touched.errors);
        row.faulted += i64::from(touched.errors > 0);
        row.autofilled += i64::from(touched.autofilled);
        row.left_at += i64::from(is_last && !is_completed);
        row.places += i64::from(touched.position);
        self.times.insert(touched.time_ms);
    }

    fn row(self, hour_ms: i64, (path, device, form, field): (&str, &str, &str, &str)) -> FormRollup {
        FormRollup {
            bucket_ms: hour_ms,
            path: path.to_owned(),
            device: device.to_owned(),
            form: form.to_owned(),
            field: field.to_owned(),
            time_sketch: self.times.encode(),
            ..self.row
        }
    }
}

/// The names with the largest counts, at most `most`.
fn kept<'a>(counts: &BTreeMap<&'a str, usize>, most: usize) -> Vec<&'a str> {
    let mut names: Vec<_> = counts.iter().collect();
    names.sort_by(|(one, of_one), (other, of_other)| of_other.cmp(of_one).then(one.cmp(other)));
    names.into_iter().take(most).map(|(name, _)| *name).collect()
}

/// The rows of one page and device.
fn rows_of_page<'a>(hour_ms: i64, (path, device): (&str, &str), uses: &[(&'a str, &Use<'a>)]) -> Vec<FormRollup> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    uses.iter().for_each(|(form, _)| *counts.entry(form).or_default() += 1);
    let known = kept(&counts, FORMS);
    let mut rows = Vec::new();
    let mut forms: BTreeMap<&str, Vec<&Use<'_>>> = BTreeMap::new();
    for (form, of) in uses {
        forms.entry(if known.contains(form) { form } else { limit::OTHER_PAGES }).or_default().push(of);
    }
    for (form, uses) in forms {
        let mut whole = Sum::default();
        let mut touched: BTreeMap<&str, usize> = BTreeMap::new();
        for of in &uses {
            whole.count_use(of);
            of.fields.keys().for_each(|field| *touched.entry(field).or_default() += 1);
        }
        rows.push(whole.row(hour_ms, (path, device, form, "")));
        // Of forms that are not kept by name no field says anything.
        let fields = if form == limit::OTHER_PAGES { Vec::new() } else { kept(&touched, FIELDS) };
        for field in fields {
            let mut sum = Sum::default();
            for of in &uses {
                if let Some(touched) = of.fields.get(field) {
                    sum.count_field(touched, of.completed_ms.is_some(), of.last.0 == field);
                }
            }
            rows.push(sum.row(hour_ms, (path, device, form, field)));
        }
    }
    rows
}

impl Rollup for FormRollup {
    type Raw = MeasuredSignal;

    fn of_hour(hour_ms: i64, signals: &[MeasuredSignal]) -> Vec<Self> {
        let uses = uses(signals);
        let mut pages: BTreeMap<(&str, &str), Vec<(&str, &Use<'_>)>> = BTreeMap::new();
        for ((path, device, form, _), of) in &uses {
            pages.entry((path, device)).or_default().push((form, of));
        }
        pages.into_iter().flat_map(|(place, uses)| rows_of_page(hour_ms, place, &uses)).collect()
    }

    fn forget(&mut self, shared: &SharedWords) {
        shared.keep_path(&mut self.path);
        shared.keep("form", &mut self.form);
        if !self.field.is_empty() {
            shared.keep("field", &mut self.field);
        }
    }

    fn path_mut(&mut self) -> Option<&mut String> {
        Some(&mut self.path)
    }
}

impl Store {
    /// Forms and their fields by bucket over a range; an empty path is every page, an empty device every one.
    pub async fn form_rollups(
        &self,
        site_id: Id,
        range: BucketRange,
        path: &str,
        device: Option<Device>,
    ) -> Result<Vec<FormRollup>, StoreError> {
        use super::row::RollupRow;
        let sql = format!(
            "SELECT {} FROM rollup_form
             WHERE site_id = $1 AND grain = $2 AND bucket_ms >= $3 AND bucket_ms <= $4
               AND ($5 = '' OR path = $5) AND ($6 = '' OR device = $6)
             ORDER BY uses DESC, bucket_ms, path, form, field
             LIMIT $7",
            FormRollup::COLUMNS.join(", ")
        );
        let params = params![site_id, range.grain.as_str(), range.first_ms, range.last_ms, path, device, ROWS];
        self.read(sql, params).await?.iter().map(FormRollup::read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(view: u8, kind: SignalKind, (element, text): (&str, &str), measured: &[u32]) -> MeasuredSignal {
        MeasuredSignal {
            path: "/checkout".into(),
            device: "mobile".into(),
            view_id: Id([view; 16]),
            kind,
            element: element.into(),
            name: "address".into(),
            text: text.into(),
            measured: measured.to_vec(),
        }
    }

    fn step(view: u8, step: &str, last: &str, at_ms: u32) -> MeasuredSignal {
        signal(view, SignalKind::Form, (last, step), &[at_ms])
    }

    fn field(view: u8, name: &str, numbers: [u32; 6]) -> MeasuredSignal {
        signal(view, SignalKind::Field, (name, ""), &numbers)
    }

    #[test]
    fn who_left_and_came_back_to_complete_it_did_not_abandon_it() {
        let signals = [
            step(1, "start", "", 0),
            field(1, "street", [4_000, 1, 1, 0, 0, 1]),
            step(1, "left", "street", 5_000),
            field(1, "street", [1_000, 1, 1, 1, 0, 1]),
            field(1, "town", [2_000, 1, 1, 0, 1, 2]),
            step(1, "complete", "town", 9_000),
            step(2, "start", "", 0),
            field(2, "street", [3_000, 1, 1, 0, 0, 1]),
            field(2, "town", [7_000, 3, 2, 2, 0, 2]),
            // Told in the wrong order: the latest counts.
            step(2, "left", "town", 12_000),
            step(2, "left", "street", 3_500),
        ];
        let rows = FormRollup::of_hour(0, &signals);
        let row = |field: &str| rows.iter().find(|row| row.field == field).unwrap();
        assert_eq!(rows.len(), 3);
        let form = row("");
        assert_eq!((form.uses, form.completed, form.time_ms), (2, 1, 9_000));
        let street = row("street");
        assert_eq!((street.uses, street.completed, street.time_ms, street.left_at), (2, 1, 8_000, 0));
        assert_eq!((street.returned, street.returned_completed, street.refilled, street.faulted), (1, 1, 1, 1));
        let town = row("town");
        assert_eq!((town.uses, town.completed, town.left_at, town.autofilled), (2, 1, 1, 1));
        assert_eq!((town.returns, town.returned, town.returned_completed, town.errors, town.places), (2, 1, 0, 2, 4));
    }

    #[test]
    fn a_flood_of_invented_forms_and_fields_takes_no_place_of_a_real_one() {
        let mut signals: Vec<_> = (0..9).map(|view| step(view, "start", "", 0)).collect();
        for number in 0..500 {
            signals.push(MeasuredSignal { name: format!("made up {number}"), ..step(99, "start", "", 0) });
            signals.push(field(1, &format!("field {number}"), [1, 1, 0, 0, 0, 1]));
        }
        let rows = FormRollup::of_hour(0, &signals);
        let forms: Vec<_> = rows.iter().filter(|row| row.field.is_empty()).collect();
        assert_eq!(forms.len(), FORMS + 1);
        assert_eq!(forms.iter().map(|row| row.uses).sum::<i64>(), 509, "none is lost");
        assert!(forms.iter().any(|row| row.form == "address" && row.uses == 9));
        assert_eq!(rows.iter().filter(|row| row.form == "address" && !row.field.is_empty()).count(), FIELDS);
    }
}
