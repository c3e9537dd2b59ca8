//! Work on every site in few statements, however many sites there are.

use rapport_shared::id::Id;
use rapport_store::{Store, StoreError};

/// Sites of one statement.
const SITES: usize = 250;

/// Does `work` on all sites, many at a time, and adds up what it gives. Where that is refused, each of them is tried alone: what
/// is wrong with one must not keep the others from it.
///
/// # Errors
/// The last one, when all the others had their turn.
pub async fn on_every_site<Work>(store: &Store, work: impl Fn(Vec<Id>) -> Work) -> Result<usize, StoreError>
where
    Work: Future<Output = Result<usize, StoreError>>,
{
    let (mut sum, mut failed) = (0, None);
    let mut add = |result: Result<usize, StoreError>| match result {
        Ok(number) => sum += number,
        Err(error) => failed = Some(error),
    };
    for sites in store.site_ids().await?.chunks(SITES) {
        match work(sites.to_vec()).await {
            Err(StoreError::Refused(_) | StoreError::Inconsistent(_)) => {
                for site in sites {
                    add(work(vec![*site]).await);
                }
            }
            result => add(result),
        }
    }
    failed.map_or(Ok(sum), Err)
}
