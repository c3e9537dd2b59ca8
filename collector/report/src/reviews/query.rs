//! Which reviews of a site, in which order and on which page.

use rapport_store::review::Sort;
use rapport_store::review::rule::Moderation;

/// Reviews on one page of a list, unless it says otherwise.
pub const PER_PAGE: u32 = 10;
/// Most reviews on one page of a list.
pub const MOST_PER_PAGE: u32 = 50;
/// Last page that can be asked for.
pub const LAST_PAGE: u32 = 1_000;

/// Which reviews of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewQuery {
    /// Where they stand; `None` for all. The public sees only published ones.
    pub state: Option<Moderation>,
    /// The thing; empty for everything.
    pub thing: String,
    /// The number of stars.
    pub stars: Option<u8>,
    /// The language, with its regional forms; empty for all.
    pub language: String,
    /// Only those whose purchase is verified.
    pub verified: bool,
    /// The order.
    pub sort: Sort,
    /// From 1.
    pub page: u32,
    /// 1 to 50.
    pub per_page: u32,
}
