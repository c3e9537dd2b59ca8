//! Reviews as the public and the company read them: lists with their distribution, and things by rank.

pub mod list;
mod query;
mod review;
mod structured_data;
mod summary;
mod table;
mod thing;

pub use list::{LanguageCount, ReviewList, list};
pub use query::{LAST_PAGE, MOST_PER_PAGE, PER_PAGE, ReviewQuery};
pub use review::{Reply, ReviewView, one};
pub use summary::{ReviewSummary, StarCount};
pub use table::ReviewTable;
pub use thing::{RankedThing, ThingView, ranking};

/// For whom a list is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Anybody: names of staff and ids of responses are left out.
    Public,
    /// A member or a server of the site.
    Company,
}
