//! Which comparison a query string asks for: the mark, how many days before and after it, and where its own day counts.

use super::{Pairs, value};
use rapport_report::annotation::MarkId;
use rapport_report::annotation::before_after::{LENGTHS, Side};
use rapport_shared::survey::Fault;

/// A comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Before and after what.
    pub mark: MarkId,
    /// So many days.
    pub length_days: i32,
    /// Where the day of the mark counts.
    pub side: Side,
}

/// Reads `mark`, `days` (7 unless it is given) and `side` (`neither`).
///
/// # Errors
/// Every field at fault, with what it may be.
pub fn asked(pairs: &Pairs) -> Result<Asked, Vec<Fault>> {
    let mut faults = Vec::new();
    let mark = value(pairs, "mark").and_then(MarkId::parse);
    if mark.is_none() {
        let reason = "must be the id of a release or note: a UUID, or release:DAY:NAME of one that pages name";
        faults.push(Fault::new("mark", reason));
    }
    let days = value(pairs, "days").map_or(Some(LENGTHS[0]), |text| text.parse().ok());
    let days = days.filter(|days| LENGTHS.contains(days));
    if days.is_none() {
        faults.push(Fault::new("days", "must be 7, 14 or 28"));
    }
    let side = value(pairs, "side").map_or(Some(Side::default()), Side::parse);
    if side.is_none() {
        faults.push(Fault::new("side", "must be neither, before or after"));
    }
    match (mark, days, side) {
        (Some(mark), Some(length_days), Some(side)) => Ok(Asked { mark, length_days, side }),
        _ => Err(faults),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_shared::id::Id;

    #[test]
    fn each_fault_names_its_field() {
        let id = Id([7; 16]).to_text();
        let asked = |query: &[(&str, &str)]| {
            let pairs: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            asked(&pairs).map_err(|faults| faults.into_iter().map(|fault| fault.field).collect::<Vec<_>>())
        };
        let expected = Asked { mark: MarkId::Added(Id([7; 16])), length_days: 7, side: Side::Neither };
        assert_eq!(asked(&[("mark", &id)]), Ok(expected.clone()));
        let longer = Asked { length_days: 28, side: Side::After, ..expected };
        assert_eq!(asked(&[("mark", &id), ("days", "28"), ("side", "after")]), Ok(longer));
        assert_eq!(asked(&[("days", "8"), ("side", "both")]), Err(vec!["mark".into(), "days".into(), "side".into()]));
        assert_eq!(asked(&[("mark", "release:today:4.2")]), Err(vec!["mark".into()]));
    }
}
