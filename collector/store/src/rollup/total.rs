//! The rows that something counts in.

/// The rows that something on a page and a device counts in: its own, and those of every page, of every device, and of
/// both, which have an empty name there. Whoever reads one kind of row reads nothing twice.
pub(super) fn with_totals<'a>(path: &'a str, device: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    // What has no page of its own (a response to the hosted form) is in the totals, once.
    let own = [(path, ""), (path, device)].into_iter().filter(move |_| !path.is_empty());
    [("", ""), ("", device)].into_iter().chain(own)
}
