//! Forms: how many who begin one complete it, and field by field what it takes them, where they are stopped, and where they give up.

use crate::figure::{Better, Family, Figure, FigureKind, Unit, correct};
use rapport_figures::score::proportion_change;
use rapport_figures::sketch::{QuantileSketch, SketchError};
use rapport_store::rollup::FormRollup;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Most forms that a report shows.
pub const SHOWN: usize = 20;

/// The kinds of figure of forms.
pub mod kinds {
    use super::{Better, FigureKind, Unit};

    /// Who completed it.
    pub const COMPLETED: FigureKind = FigureKind {
        name: "form_completed",
        label: "Completed",
        unit: Unit::Percent,
        of: "uses",
        better: Better::Higher,
        definition: "Share of the uses of the form that ended in sending it without an error shown within 1.5 s. A use begins with the first \
                     change in a field (a focus is none), once a view. Interval: Wilson.",
    };
    /// How long it took.
    pub const TOOK: FigureKind = FigureKind {
        name: "form_time",
        label: "Time to complete",
        unit: Unit::Milliseconds,
        of: "completed uses",
        better: Better::Lower,
        definition: "Median time from the first change to sending, of uses that were completed. Interval: by the binomial distribution of \
                     ranks.",
    };
    /// Time in a field.
    pub const TIME: FigureKind = FigureKind {
        name: "field_time",
        label: "Time",
        unit: Unit::Milliseconds,
        of: "uses",
        better: Better::Lower,
        definition: "Median time that a use had the focus in the field, over all stays; one stay counts 60 s at most. Interval: by the \
                     binomial distribution of ranks.",
    };
    /// Who came back to a field.
    pub const RETURNED: FigureKind = FigureKind {
        name: "field_returned",
        label: "Came back",
        unit: Unit::Percent,
        of: "uses",
        better: Better::Lower,
        definition: "Share of the uses in which the field was entered again after it was left. Interval: Wilson.",
    };
    /// Who filled a field in again.
    pub const REFILLED: FigureKind = FigureKind {
        name: "field_refilled",
        label: "Filled in again",
        unit: Unit::Percent,
        of: "uses",
        better: Better::Lower,
        definition: "Share of the uses in which the field was changed again after a change. Interval: Wilson.",
    };
    /// Who was shown an error.
    pub const FAULTED: FigureKind = FigureKind {
        name: "field_faulted",
        label: "Error shown",
        unit: Unit::Percent,
        of: "uses",
        better: Better::Lower,
        definition: "Share of the uses in which an error was shown at the field: aria-invalid, :user-invalid, or invalid when it was to be \
                     sent. Interval: Wilson.",
    };
    /// For whom the browser filled it in.
    pub const AUTOFILLED: FigureKind = FigureKind {
        name: "field_autofilled",
        label: "By the browser",
        unit: Unit::Percent,
        of: "uses",
        better: Better::Higher,
        definition: "Share of the uses in which the browser filled the field in. Interval: Wilson.",
    };
    /// Who gave up at a field.
    pub const LEFT: FigureKind = FigureKind {
        name: "field_left",
        label: "Given up here",
        unit: Unit::Percent,
        of: "abandoned uses",
        better: Better::Lower,
        definition: "Of the uses that were begun and not completed, the share in which this field was touched last. Interval: Wilson.",
    };
}

/// What friction is.
pub const FRICTION: &str = "Of those who abandoned the form and touched the field, the share that came back to it, less the same share of those \
     who completed it, in percentage points: above 0 the field goes with giving up. Interval: 95 %, Newcombe.";

/// How much more those came back to a field who gave the form up.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Friction {
    /// Difference in percentage points.
    pub points: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Uses that abandoned the form and touched the field.
    pub n_abandoned: u64,
    /// Uses that completed it and touched the field.
    pub n_completed: u64,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldLine {
    /// Its name.
    pub field: String,
    /// Where it stands in the form, from 1, on the average.
    pub place: f64,
    /// Uses in which it was touched.
    pub uses: u64,
    /// Median time in it.
    pub time: Figure,
    /// Share that came back to it.
    pub returned: Figure,
    /// Share that filled it in again.
    pub refilled: Figure,
    /// Share that was shown an error.
    pub faulted: Figure,
    /// Errors shown in all.
    pub errors: u64,
    /// Share that the browser filled in.
    pub autofilled: Figure,
    /// Share of the abandoned uses that ended here.
    pub left: Figure,
    /// How much more those came back to it who gave up; absent where there are none of either.
    pub friction: Option<Friction>,
}

/// A form on a page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FormLine {
    /// The page.
    pub path: String,
    /// Its name.
    pub form: String,
    /// Uses: views in which it was begun.
    pub uses: u64,
    /// Uses that were not completed.
    pub abandoned: u64,
    /// Share that was completed.
    pub completed: Figure,
    /// Median time to complete it.
    pub took: Figure,
    /// Its fields in their order.
    pub fields: Vec<FieldLine>,
}

/// How forms are filled in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Forms {
    /// First day, as `2026-03-31`.
    pub from: String,
    /// Last day.
    pub to: String,
    /// The forms with most uses first.
    pub forms: Vec<FormLine>,
    /// How many there are in all.
    pub distinct: usize,
}

fn count(value: i64) -> u64 {
    value.max(0) as u64
}

fn median(kind: FigureKind, sketch: &[u8]) -> Result<Figure, SketchError> {
    let sketch = if sketch.is_empty() { QuantileSketch::new() } else { QuantileSketch::decode(sketch)? };
    Ok(Figure::of_score(kind, sketch.quantile_score(0.5), None, None))
}

fn field_line(row: &FormRollup, abandoned: u64) -> Result<FieldLine, SketchError> {
    let uses = count(row.uses);
    let rate = |kind, part: i64| Figure::rate(kind, (count(part), uses), None);
    let (completed, returned_completed) = (count(row.completed), count(row.returned_completed));
    let given_up = (count(row.returned - row.returned_completed), uses.saturating_sub(completed));
    let friction = proportion_change((returned_completed, completed), given_up).map(|change| Friction {
        points: change.difference,
        low: change.low,
        high: change.high,
        n_abandoned: given_up.1,
        n_completed: completed,
    });
    Ok(FieldLine {
        field: row.field.clone(),
        place: if uses > 0 { count(row.places) as f64 / uses as f64 } else { 0.0 },
        uses,
        time: median(kinds::TIME, &row.time_sketch)?,
        returned: rate(kinds::RETURNED, row.returned),
        refilled: rate(kinds::REFILLED, row.refilled),
        faulted: rate(kinds::FAULTED, row.faulted),
        errors: count(row.errors),
        autofilled: rate(kinds::AUTOFILLED, row.autofilled),
        left: Figure::rate(kinds::LEFT, (count(row.left_at), abandoned), None),
        friction,
    })
}

/// A form by its page and name.
type Key<'a> = (&'a str, &'a str);

/// Every form of some rows, which may be of several devices and buckets, and its completion before.
///
/// # Errors
/// When a sketch cannot be read.
pub fn forms(rows: &[FormRollup], before: Option<&[FormRollup]>, looks: f64) -> Result<Vec<FormLine>, SketchError> {
    let earlier = before.map(|rows| {
        let mut sums: BTreeMap<Key<'_>, (u64, u64)> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.field.is_empty()) {
            let sum = sums.entry((&row.path, &row.form)).or_default();
            *sum = (sum.0 + count(row.completed), sum.1 + count(row.uses));
        }
        sums
    });
    let mut sums: BTreeMap<Key<'_>, BTreeMap<&str, FormRollup>> = BTreeMap::new();
    for row in rows {
        use rapport_store::rollup::row::RollupRow;
        let fields = sums.entry((&row.path, &row.form)).or_default();
        match fields.get_mut(row.field.as_str()) {
            Some(sum) => sum.merge(row)?,
            None => {
                fields.insert(&row.field, row.clone());
            }
        }
    }
    let mut lines = Vec::new();
    for ((path, form), mut fields) in sums {
        let whole = fields.remove("").unwrap_or_default();
        let (uses, completed) = (count(whole.uses), count(whole.completed));
        let abandoned = uses.saturating_sub(completed);
        let before = earlier.as_ref().and_then(|earlier| earlier.get(&(path, form)).copied());
        let mut fields = fields.values().map(|row| field_line(row, abandoned)).collect::<Result<Vec<_>, _>>()?;
        fields.sort_by(|one, other| one.place.total_cmp(&other.place).then_with(|| one.field.cmp(&other.field)));
        lines.push(FormLine {
            path: path.to_owned(),
            form: form.to_owned(),
            uses,
            abandoned,
            completed: Figure::rate(kinds::COMPLETED, (completed, uses), before),
            took: median(kinds::TOOK, &whole.time_sketch)?,
            fields,
        });
    }
    lines.sort_by(|one, other| {
        other.uses.cmp(&one.uses).then_with(|| (&one.path, &one.form).cmp(&(&other.path, &other.form)))
    });
    correct(Family { name: "forms", looks }, lines.iter_mut().map(|line| &mut line.completed));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Verdict;

    fn row(device: &str, field: &str, uses: i64, completed: i64) -> FormRollup {
        FormRollup {
            path: "/checkout".into(),
            device: device.into(),
            form: "address".into(),
            field: field.into(),
            uses,
            completed,
            ..FormRollup::default()
        }
    }

    #[test]
    fn a_field_where_people_give_up_is_told_from_one_that_everybody_passes() {
        let rows = [
            row("mobile", "", 60, 20),
            row("desktop", "", 40, 30),
            FormRollup { places: 60, ..row("mobile", "street", 60, 20) },
            FormRollup {
                returned: 40,
                returned_completed: 4,
                left_at: 38,
                faulted: 30,
                errors: 45,
                places: 120,
                ..row("mobile", "postcode", 60, 20)
            },
        ];
        let before = [row("mobile", "", 100, 80)];
        let lines = forms(&rows, Some(&before), 1.0).unwrap();
        let [form] = &lines[..] else { panic!("one form") };
        assert_eq!((form.uses, form.abandoned, form.completed.value, form.completed.n), (100, 50, Some(50.0), 100));
        assert!(
            form.completed
                .change
                .as_ref()
                .is_some_and(|change| change.verdict == Verdict::Worse && change.difference == -30.0)
        );
        let [street, postcode] = &form.fields[..] else { panic!("two fields") };
        assert_eq!((street.field.as_str(), street.left.value), ("street", Some(0.0)));
        assert_eq!((postcode.left.value, postcode.left.n), (Some(76.0), 50));
        assert_eq!((postcode.faulted.value, postcode.errors), (Some(50.0), 45));
        // 36 of 40 who gave up came back, and 4 of 20 who completed.
        let friction = postcode.friction.unwrap();
        assert!((friction.points - 70.0).abs() < 1e-9 && friction.low > 40.0, "{friction:?}");
        assert_eq!((friction.n_abandoned, friction.n_completed), (40, 20));
    }

    #[test]
    fn a_form_that_nobody_completed_has_no_friction_and_no_time() {
        let lines = forms(&[row("mobile", "", 3, 0), row("mobile", "street", 3, 0)], None, 1.0).unwrap();
        assert_eq!((lines[0].took.value, lines[0].completed.value), (None, Some(0.0)));
        assert_eq!(lines[0].fields[0].friction, None);
    }
}
