//! What goes with a site, in words, and whether somebody means it: for pages and the command line alike.

use super::format::{count, noun};
use rapport_store::site::Site;
use rapport_store::site::removal::{COUNTED, Going};

/// `120 page views, more than 100,000 answers, 1 member`.
pub(crate) fn told(going: &Going) -> String {
    let known = going.iter().filter(|(_, number)| *number > 0);
    let parts: Vec<_> = known
        .map(|(name, number)| match *number > COUNTED {
            true => format!("more than {} {name}", count(COUNTED as u64)),
            false => format!("{} {}", count(*number as u64), noun(*number as u64, name)),
        })
        .collect();
    if parts.is_empty() { "no data".to_owned() } else { parts.join(", ") }
}

/// Whether the name of a site was typed to confirm that it goes.
pub(crate) fn is_meant(site: &Site, typed: &str) -> bool {
    typed.trim() == site.name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_is_told_in_numbers_that_people_read() {
        let going = vec![("page views", COUNTED + 1), ("answers", 12), ("reviews", 0), ("members", 1)];
        assert_eq!(told(&going), "more than 100,000 page views, 12 answers, 1 member");
        assert_eq!(told(&vec![("answers", 0)]), "no data");
    }
}
