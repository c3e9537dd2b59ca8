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

use rapport_shared::id::Id;

/// For whom reviews are read.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Whether it is a member or a server of the site: for anybody else names of staff and ids of responses are left out.
    pub of_company: bool,
    /// Where the reader has the photo of a review, of the site with that key.
    pub photo_address: fn(site_key: &str, review_id: Id) -> String,
}
