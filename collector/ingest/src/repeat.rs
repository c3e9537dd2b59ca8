//! Whether a response that a server sends again says the same: with other answers under the same id and revision it is no
//! repeat, and to take it for one would lose them without a word.

use super::server::Read;
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::record::{AnswerRow, Record, ResponseRow};
use rapport_store::response::AnswerRecord;
use rapport_store::{Store, StoreError};
use std::collections::HashMap;

/// What a sender reads.
const OTHER_ANSWERS: &str = "was sent before with other answers; send a higher revision to correct them";

/// One value of an answer as it is kept: the question, the score, the choices, the words.
type Kept = (String, Option<i64>, String, String);

/// What a response says, by which repeats are told from others: its answers, whatever their order, and whether it is finished.
#[derive(PartialEq)]
struct Said {
    revision: i64,
    finished: bool,
    answers: Vec<Kept>,
}

impl Said {
    fn new(revision: i64, finished: bool, mut answers: Vec<Kept>) -> Self {
        answers.sort_unstable();
        Self { revision, finished, answers }
    }

    fn of(row: &ResponseRow, answers: &[AnswerRow]) -> Self {
        let kept = |row: &AnswerRow| (row.question_id.clone(), row.score, row.choices.clone(), row.text.clone());
        Self::new(row.revision, row.finished, answers.iter().map(kept).collect())
    }

    /// Whether it claims to be what `earlier` is, and says something else.
    fn contradicts(&self, earlier: &Self) -> bool {
        self.revision == earlier.revision && self != earlier
    }
}

/// Refuses those of the responses that were sent before, or stand before in the same request, with other answers.
///
/// # Errors
/// When the store cannot say what it has.
pub(crate) async fn refuse_others(
    store: &Store,
    site_id: Id,
    responses: &mut [Result<Read, Fault>],
) -> Result<(), StoreError> {
    let ids: Vec<Id> = responses.iter().flatten().map(|read| read.record.item_id()).collect();
    let mut known = stored(store, site_id, &ids).await?;
    for response in responses {
        let Ok(Read { record: Record::Response(row, answers), .. }) = &*response else { continue };
        let said = Said::of(row, answers);
        match known.get(&row.item_id) {
            Some(earlier) if said.contradicts(earlier) => *response = Err(Fault::new("id", OTHER_ANSWERS)),
            Some(earlier) if said.revision <= earlier.revision => {}
            _ => drop(known.insert(row.item_id, said)),
        }
    }
    Ok(())
}

/// What those responses say that are stored.
async fn stored(store: &Store, site_id: Id, ids: &[Id]) -> Result<HashMap<Id, Said>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let states = store.response_states(site_id, ids).await?;
    let there: Vec<Id> = states.keys().copied().collect();
    let mut answers: HashMap<Id, Vec<Kept>> = HashMap::new();
    for AnswerRecord { item_id, question_id, score, choices, text, .. } in store.answers_of(site_id, &there).await? {
        answers.entry(item_id).or_default().push((question_id, score, choices, text));
    }
    let said =
        |(id, (revision, finished))| (id, Said::new(revision, finished, answers.remove(&id).unwrap_or_default()));
    Ok(states.into_iter().map(said).collect())
}
