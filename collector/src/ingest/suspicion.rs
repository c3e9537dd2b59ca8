//! What a response is compared with: the last ones of the same client, and the last with the same words. Each collector
//! remembers for itself and forgets when it stops; nothing of it is stored but the reasons.

use rapport_shared::id::Id;
use rapport_shared::spam::{BURST, BURST_WINDOW_MS, REPEAT_WINDOW_MS, REPEATS, compared};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Most things remembered; the oldest go first.
const REMEMBERED: usize = 50_000;

/// Most copies of the same words that are told.
const COPIES: usize = 2 * REPEATS;

/// What responses have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Trait {
    /// Sent by the client with this visitor key.
    Client(Id),
    /// These words: 16 bytes of their SHA-256.
    Words([u8; 16]),
}

/// Responses seen lately.
#[derive(Default)]
pub struct Recent {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// When which response showed a trait, by site.
    by_trait: HashMap<(Id, Trait), Vec<(i64, Id)>>,
    /// The same, oldest first.
    order: VecDeque<(Id, Trait, Id)>,
    /// Sites whose pages show that they loaded a config.
    proving: HashSet<Id>,
}

/// How many other responses are like one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Likeness {
    /// Of the same client, within [`BURST_WINDOW_MS`]; at most [`BURST`].
    pub burst: usize,
    /// With the same words, within [`REPEAT_WINDOW_MS`]: when each was written, and its id. The first ones to arrive, at most
    /// [`COPIES`]: those that came before there were enough to suspect them are among them.
    pub repeats: Vec<(i64, Id)>,
}

impl Recent {
    /// Remembers a response, and tells how many others are like it. A revision is not another response.
    pub fn note<'a>(
        &self,
        site_id: Id,
        response_id: Id,
        client: Id,
        words: impl Iterator<Item = &'a str>,
        occurred_at_ms: i64,
    ) -> Likeness {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut others = |of: Trait, window_ms: i64, most: usize| {
            seen.others((site_id, of), (occurred_at_ms, response_id), window_ms, most)
        };
        Likeness {
            burst: others(Trait::Client(client), BURST_WINDOW_MS, BURST).len(),
            repeats: words
                .filter_map(compared)
                .map(|words| others(Trait::Words(digest(&words)), REPEAT_WINDOW_MS, COPIES))
                .max_by_key(Vec::len)
                .unwrap_or_default(),
        }
    }

    /// Whether a batch of a page lacks the proof that it should have: pages of a site are expected to prove that they
    /// loaded a config as soon as one of them did.
    pub fn lacks_proof(&self, site_id: Id, proven: bool) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if proven {
            seen.proving.insert(site_id);
        }
        !proven && seen.proving.contains(&site_id)
    }
}

impl Seen {
    /// The others that showed a trait within the window, the first ones to arrive, at most `most`; remembers this one.
    fn others(
        &mut self,
        (site_id, of): (Id, Trait),
        (at_ms, response_id): (i64, Id),
        window_ms: i64,
        most: usize,
    ) -> Vec<(i64, Id)> {
        let known = self.by_trait.entry((site_id, of)).or_default();
        let is_other = |(other_ms, id): &&(i64, Id)| *id != response_id && (other_ms - at_ms).abs() <= window_ms;
        let others = known.iter().filter(is_other).take(most).copied().collect();
        if !known.iter().any(|(_, id)| *id == response_id) {
            known.push((at_ms, response_id));
            self.order.push_back((site_id, of, response_id));
        }
        while self.order.len() > REMEMBERED {
            self.forget_oldest();
        }
        others
    }

    fn forget_oldest(&mut self) {
        let Some((site_id, of, response_id)) = self.order.pop_front() else { return };
        if let Some(known) = self.by_trait.get_mut(&(site_id, of)) {
            known.retain(|(_, id)| *id != response_id);
            if known.is_empty() {
                self.by_trait.remove(&(site_id, of));
            }
        }
    }
}

fn digest(words: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(words.as_bytes())[..16]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> Id {
        let mut bytes = [7; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Id(bytes)
    }

    const SITE: Id = Id([1; 16]);
    const WORDS: &str = "Buy cheap watches at evil.example";

    #[test]
    fn others_of_a_client_count_within_the_window_and_revisions_do_not() {
        let recent = Recent::default();
        let note = |response, client, at_ms| recent.note(SITE, id(response), id(client), [].into_iter(), at_ms).burst;
        assert_eq!([note(1, 9, 0), note(1, 9, 5), note(2, 9, 10), note(3, 9, BURST_WINDOW_MS + 5)], [0, 0, 1, 1]);
        assert_eq!(note(4, 8, 20), 0, "another client");
        assert_eq!(recent.note(Id([2; 16]), id(5), id(9), [].into_iter(), 20).burst, 0, "another site");
        assert_eq!(note(6, 9, -BURST_WINDOW_MS), 1, "what was written earlier may arrive later");
    }

    #[test]
    fn the_same_words_are_found_from_any_client() {
        let recent = Recent::default();
        let note = |response, words: &[&str], at_ms| {
            recent.note(SITE, id(response), id(response), words.iter().copied(), at_ms)
        };
        assert_eq!(note(1, &[WORDS], 0), Likeness::default());
        assert_eq!(note(2, &["fine", &WORDS.to_uppercase()], 1).repeats, [(0, id(1))]);
        assert_eq!(note(3, &["fine"], 1), Likeness::default(), "short words are said by many");
        assert_eq!(note(4, &[WORDS], REPEAT_WINDOW_MS + 1).repeats, [(1, id(2))]);
    }

    #[test]
    fn memory_is_bounded() {
        let recent = Recent::default();
        for number in 0..REMEMBERED as u32 + 100 {
            recent.note(SITE, id(number), id(number), [].into_iter(), 0);
        }
        let seen = recent.seen.lock().unwrap();
        assert_eq!((seen.order.len(), seen.by_trait.len()), (REMEMBERED, REMEMBERED));
        assert!(!seen.by_trait.contains_key(&(SITE, Trait::Client(id(0)))));
    }

    #[test]
    fn a_proof_is_expected_of_sites_that_give_one() {
        let recent = Recent::default();
        let (one, other) = (id(1), id(2));
        assert!(!recent.lacks_proof(one, false));
        assert!(!recent.lacks_proof(one, true));
        assert!(recent.lacks_proof(one, false) && !recent.lacks_proof(other, false));
    }
}
