//! Segments in addresses: a segment is the part of an address that narrows a report, without its days.

use super::slice::SliceQuery;
use super::{Pairs, query_of};
use rapport_report::slice::Slice;
use rapport_shared::survey::Fault;
use rapport_store::segment::{NAME_CHARACTERS, SEGMENTS, Segment};

/// The name of a segment.
///
/// # Errors
/// The field, with what it may be.
pub fn name(text: &str) -> Result<String, Fault> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARACTERS || name.chars().any(char::is_control) {
        return Err(Fault::new("name", format!("must be 1 to {NAME_CHARACTERS} characters in one line")));
    }
    Ok(name.to_owned())
}

/// What is kept of some fields of an address: those that narrow, as they are written.
///
/// # Errors
/// Every field at fault; `fields`, where none of them narrows.
pub fn fields(pairs: &Pairs) -> Result<String, Vec<Fault>> {
    let fields = query_of(&without_days(&Slice::parse(pairs)?).fields());
    if fields.is_empty() {
        return Err(vec![Fault::new("fields", "must narrow something: a device, a page, a source or the like")]);
    }
    Ok(fields)
}

/// The pairs of a query string.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// What a segment narrows to, over the days of `slice`; none of one that a later version wrote.
pub fn over_days_of(slice: &Slice, segment: &Segment) -> Option<Slice> {
    let narrowed = Slice::parse(&pairs(&segment.fields)).ok()?;
    Some(Slice { range: slice.range, compare: slice.compare, ..narrowed })
}

/// The same over the usual days.
pub fn without_days(slice: &Slice) -> Slice {
    let usual = Slice::default();
    Slice { range: usual.range, compare: usual.compare, ..slice.clone() }
}

/// That another segment has this name.
pub fn name_taken() -> Fault {
    Fault::new("name", "must be another: a segment of this site is called so")
}

/// That a site has as many as it may.
pub fn too_many() -> Fault {
    Fault::new("name", format!("is one too many: a site has at most {SEGMENTS} segments"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_keeps_what_narrows_and_no_days() {
        let of = |query: &str| fields(&pairs(query));
        assert_eq!(of("range=7d&device=mobile&compare=none&source=news"), Ok("device=mobile&source=news".to_owned()));
        for (query, field) in [("range=7d", "fields"), ("", "fields"), ("device=fridge", "device")] {
            assert_eq!(of(query).expect_err(query)[0].field, field);
        }
        let segment = Segment {
            segment_id: Default::default(),
            name: "Phones".into(),
            fields: "device=mobile".into(),
            created_at_ms: 0,
        };
        let week = Slice::parse(&pairs("range=7d&compare=none&device=tablet&page=%2F")).expect("a slice");
        let narrowed = over_days_of(&week, &segment).expect("a slice");
        assert_eq!(narrowed.suffix(), "?range=7d&compare=none&device=mobile");
        assert_eq!(over_days_of(&week, &Segment { fields: "device=fridge".into(), ..segment }), None);
    }

    #[test]
    fn a_name_has_one_line() {
        assert_eq!(name("  Phones of the spring campaign "), Ok("Phones of the spring campaign".to_owned()));
        for text in ["", "  ", "a\nb", &"x".repeat(81)] {
            assert_eq!(name(text).expect_err(text).field, "name");
        }
    }
}
