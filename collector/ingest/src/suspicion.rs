//! What a response is compared with: the last ones of the same client and network, and the last with the same words. What shows
//! that one is suspicious shows it of the earlier ones that are like it. Each collector remembers for itself and forgets when
//! it stops; nothing of it is stored but the reasons.

use crate::visitor::Breadth;
use rapport_figures::spam::{
    BURST, BURST_WINDOW_MS, COMPARED_CHARACTERS, NETWORK_BURST, NETWORK_COMPARED_CHARACTERS, NETWORK_REPEATS,
    ORGANIZATION_BURST, PREMISES_BURST, REPEAT_WINDOW_MS, REPEATS, Reason, compared,
};
use rapport_shared::id::Id;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Most things remembered; the oldest go first.
const REMEMBERED: usize = 50_000;
/// Most responses remembered of one client, network or text: what is beyond them makes nothing less suspicious.
const REMEMBERED_OF_ONE: usize = 1_000;

/// What responses have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Trait {
    /// Sent by the client with this visitor key.
    Client(Id),
    /// Sent from the network of this size with this key.
    Network(Breadth, Id),
    /// These words: 16 bytes of their SHA-256.
    Words([u8; 16]),
    /// These words, which may be shorter, from the network with this key.
    NetworkWords(Id, [u8; 16]),
}

impl Trait {
    /// How far apart responses that show it count, in milliseconds; how many others are suspicious; and why they are.
    fn limits(self) -> (i64, usize, Reason) {
        match self {
            Self::Client(_) => (BURST_WINDOW_MS, BURST, Reason::Burst),
            Self::Network(Breadth::Customer, _) => (BURST_WINDOW_MS, NETWORK_BURST, Reason::Burst),
            Self::Network(Breadth::Premises, _) => (BURST_WINDOW_MS, PREMISES_BURST, Reason::Burst),
            Self::Network(Breadth::Organization, _) => (BURST_WINDOW_MS, ORGANIZATION_BURST, Reason::Burst),
            Self::Words(_) => (REPEAT_WINDOW_MS, REPEATS, Reason::Repeated),
            Self::NetworkWords(..) => (REPEAT_WINDOW_MS, NETWORK_REPEATS, Reason::Repeated),
        }
    }
}

/// A response, as it is compared with others.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The site.
    pub site_id: Id,
    /// The response.
    pub response_id: Id,
    /// The key of its client.
    pub client: Id,
    /// The keys of its networks, the narrowest first; none for a person whom the company signed, of whom nobody can make up
    /// many.
    pub networks: Vec<(Breadth, Id)>,
    /// When it was given, as its sender says.
    pub occurred_at_ms: i64,
    /// When it arrived.
    pub received_at_ms: i64,
}

/// Responses seen lately.
#[derive(Default)]
pub struct Recent {
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    /// Which responses showed a trait, by site.
    by_trait: HashMap<(Id, Trait), VecDeque<Sighting>>,
    /// The same, oldest first.
    order: VecDeque<(Id, Trait, Id)>,
    /// Why others made responses suspicious after they had been looked at, by site.
    marked: HashMap<(Id, Id), Vec<Reason>>,
    /// The finished responses that fill a survey's quota, by site, survey and network; the keys of networks are of one day.
    shares: HashMap<(Id, [u8; 16], Id), Vec<Id>>,
    /// How many these are.
    shared: usize,
    /// Sites whose pages show that they loaded a config.
    proving: HashSet<Id>,
}

/// A response that showed a trait.
struct Sighting {
    response_id: Id,
    occurred_at_ms: i64,
    received_at_ms: i64,
    /// How many others showed it within the window around this one.
    others: usize,
}

impl Sighting {
    /// Whether the other was given within the window, or, of one sender, arrived within it: whoever sends many at once may say
    /// that they were given on many days. What arrives at once from many may have waited for the end of an outage.
    fn is_near(&self, other: &Seen, of: Trait, window_ms: i64) -> bool {
        (self.occurred_at_ms - other.occurred_at_ms).abs() <= window_ms
            || !matches!(of, Trait::Words(_)) && (self.received_at_ms - other.received_at_ms).abs() <= window_ms
    }
}

/// How many other responses are like one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Likeness {
    /// Of the same client, within [`BURST_WINDOW_MS`].
    pub burst: usize,
    /// Of the same network, within [`BURST_WINDOW_MS`].
    pub network_burst: usize,
    /// Of the same wider network of a place, within [`BURST_WINDOW_MS`].
    pub premises_burst: usize,
    /// Of the same still wider network of an organization, within [`BURST_WINDOW_MS`].
    pub organization_burst: usize,
    /// With the same words, within [`REPEAT_WINDOW_MS`].
    pub repeats: usize,
    /// With the same words from the same network, within [`REPEAT_WINDOW_MS`].
    pub network_repeats: usize,
}

impl Recent {
    /// Remembers a response, and tells how many others are like it, and which earlier ones are suspicious now that it came. A
    /// revision is not another response.
    pub fn note<'a>(&self, seen: &Seen, words: impl Iterator<Item = &'a str>) -> (Likeness, Vec<(Id, Reason)>) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let mut marks = Vec::new();
        let mut likeness =
            Likeness { burst: memory.others(Trait::Client(seen.client), seen, &mut marks), ..Likeness::default() };
        for (breadth, network) in &seen.networks {
            let others = memory.others(Trait::Network(*breadth, *network), seen, &mut marks);
            match breadth {
                Breadth::Customer => likeness.network_burst = others,
                Breadth::Premises => likeness.premises_burst = others,
                Breadth::Organization => likeness.organization_burst = others,
            }
        }
        for words in words {
            if let Some(words) = compared(words, COMPARED_CHARACTERS) {
                let others = memory.others(Trait::Words(digest(&words)), seen, &mut marks);
                likeness.repeats = likeness.repeats.max(others);
            }
            // Longer words of one network, too: those of others are compared by when they were given, as their senders say.
            if let Some(words) = compared(words, NETWORK_COMPARED_CHARACTERS) {
                let narrow = seen.networks.iter().filter(|(breadth, _)| *breadth != Breadth::Organization);
                for (_, network) in narrow {
                    let others = memory.others(Trait::NetworkWords(*network, digest(&words)), seen, &mut marks);
                    likeness.network_repeats = likeness.network_repeats.max(others);
                }
            }
        }
        marks.retain(|(response_id, reason)| {
            let known = memory.marked.entry((seen.site_id, *response_id)).or_default();
            let is_new = !known.contains(reason);
            known.extend(is_new.then_some(*reason));
            is_new
        });
        (likeness, marks)
    }

    /// Why others made a response suspicious after it had been looked at.
    pub fn marks_of(&self, site_id: Id, response_id: Id) -> Vec<Reason> {
        let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.marked.get(&(site_id, response_id)).cloned().unwrap_or_default()
    }

    /// Whether a finished response is beyond the share of a quota that one of its networks has, `most` responses a day.
    pub fn is_beyond_share(&self, seen: &Seen, survey_id: &str, most: u64) -> bool {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.shared > REMEMBERED {
            memory.shares.clear();
            memory.shared = 0;
        }
        let key = |network: &(Breadth, Id)| (seen.site_id, digest(survey_id), network.1);
        let is_beyond = seen.networks.iter().any(|network| {
            let given = memory.shares.get(&key(network));
            given.is_some_and(|given| given.len() as u64 >= most && !given.contains(&seen.response_id))
        });
        for network in seen.networks.iter().filter(|_| !is_beyond) {
            let given = memory.shares.entry(key(network)).or_default();
            if !given.contains(&seen.response_id) {
                given.push(seen.response_id);
                memory.shared += 1;
            }
        }
        is_beyond
    }

    /// Whether a batch of a page lacks the proof that it should have: pages of a site are expected to prove that they
    /// loaded a config as soon as one of them did.
    pub fn lacks_proof(&self, site_id: Id, proven: bool) -> bool {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        if proven {
            memory.proving.insert(site_id);
        }
        !proven && memory.proving.contains(&site_id)
    }
}

impl Memory {
    /// How many others showed the trait near a response. Those that are suspicious from now on go to `marks`.
    fn others(&mut self, of: Trait, seen: &Seen, marks: &mut Vec<(Id, Reason)>) -> usize {
        let (window_ms, most, reason) = of.limits();
        let known = self.by_trait.entry((seen.site_id, of)).or_default();
        if let Some(own) = known.iter().find(|other| other.response_id == seen.response_id) {
            return own.others;
        }
        let mut others = 0;
        for other in known.iter_mut().filter(|other| other.is_near(seen, of, window_ms)) {
            others += 1;
            other.others += 1;
            if other.others == most {
                marks.push((other.response_id, reason));
            }
        }
        if known.len() == REMEMBERED_OF_ONE {
            known.pop_front();
        }
        let Seen { response_id, occurred_at_ms, received_at_ms, .. } = *seen;
        known.push_back(Sighting { response_id, occurred_at_ms, received_at_ms, others });
        self.order.push_back((seen.site_id, of, response_id));
        while self.order.len() > REMEMBERED {
            self.forget_oldest();
        }
        others
    }

    fn forget_oldest(&mut self) {
        let Some((site_id, of, response_id)) = self.order.pop_front() else { return };
        self.marked.remove(&(site_id, response_id));
        if let Some(known) = self.by_trait.get_mut(&(site_id, of)) {
            known.retain(|other| other.response_id != response_id);
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
    use rapport_figures::spam::{Evidence, reasons};

    fn id(number: u32) -> Id {
        let mut bytes = [7; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        Id(bytes)
    }

    const SITE: Id = Id([1; 16]);
    const WORDS: &str = "Buy cheap watches at evil.example";

    /// A response of a client in a network of its own, given and received at the same time.
    fn seen(response: u32, client: u32, at_ms: i64) -> Seen {
        Seen {
            site_id: SITE,
            response_id: id(response),
            client: id(client),
            networks: vec![(Breadth::Customer, id(client))],
            occurred_at_ms: at_ms,
            received_at_ms: at_ms,
        }
    }

    #[test]
    fn others_of_a_client_count_within_the_window_and_revisions_do_not() {
        let recent = Recent::default();
        let note = |response, client, at_ms| recent.note(&seen(response, client, at_ms), [].into_iter()).0.burst;
        assert_eq!([note(1, 9, 0), note(1, 9, 5), note(2, 9, 10), note(3, 9, BURST_WINDOW_MS + 5)], [0, 0, 1, 1]);
        assert_eq!(note(4, 8, 20), 0, "another client");
        let elsewhere = Seen { site_id: Id([2; 16]), ..seen(5, 9, 20) };
        assert_eq!(recent.note(&elsewhere, [].into_iter()).0.burst, 0, "another site");
        assert_eq!(note(6, 9, -BURST_WINDOW_MS), 1, "what was written earlier may arrive later");
        let late = Seen { occurred_at_ms: -90 * BURST_WINDOW_MS, ..seen(7, 9, 0) };
        assert!(recent.note(&late, [].into_iter()).0.burst > 1, "who sends many at once cannot say that they are old");
    }

    #[test]
    fn the_same_words_are_found_from_any_client() {
        let recent = Recent::default();
        let note =
            |response, words: &[&str], at_ms| recent.note(&seen(response, response, at_ms), words.iter().copied()).0;
        assert_eq!(note(1, &[WORDS], 0), Likeness::default());
        assert_eq!(note(2, &["fine", &WORDS.to_uppercase()], 1).repeats, 1);
        assert_eq!(note(3, &["fine"], 1), Likeness::default(), "short words are said by many");
        assert_eq!(note(4, &[WORDS], REPEAT_WINDOW_MS + 1).repeats, 1);
    }

    #[test]
    fn a_queue_that_drains_after_an_outage_and_a_month_that_is_sent_at_once_are_no_spam() {
        let recent = Recent::default();
        let note = |number: u32, network: u32| {
            let networks = vec![(Breadth::Customer, id(network))];
            let occurred_at_ms = -i64::from(number) * (REPEAT_WINDOW_MS + 1);
            recent.note(&Seen { networks, occurred_at_ms, ..seen(number, number, 0) }, [WORDS].into_iter())
        };
        for number in 0..100 {
            let (likeness, marks) = note(number, number);
            assert_eq!((likeness.repeats, likeness.network_repeats, marks), (0, 0, vec![]));
        }
        let of_one = (100..150).map(|number| note(number, 7).0.network_repeats).max();
        assert_eq!(of_one, Some(50), "one network may say what it likes of when, and 7 itself was there before");
    }

    #[test]
    fn shorter_words_are_compared_within_a_network() {
        let recent = Recent::default();
        let note = |response, network: u32| {
            let seen = Seen { networks: vec![(Breadth::Customer, id(network))], ..seen(response, response, 0) };
            recent.note(&seen, ["evil.example"].into_iter()).0
        };
        assert_eq!((note(1, 7).network_repeats, note(2, 7).network_repeats, note(3, 8).network_repeats), (0, 1, 0));
        assert_eq!((note(4, 7).repeats, note(5, 7).network_burst), (0, 3));
    }

    #[test]
    fn the_first_ones_are_marked_once_later_ones_show_what_they_are() {
        let recent = Recent::default();
        let note = |response, at_ms| recent.note(&seen(response, response, at_ms), [WORDS].into_iter());
        assert_eq!(note(1, 0), (Likeness::default(), vec![]));
        assert_eq!(note(2, 5).1, []);
        assert_eq!(note(3, 9).1, [(id(1), Reason::Repeated), (id(2), Reason::Repeated)]);
        assert_eq!(note(4, 9).1, [], "each is marked once");
        assert_eq!(note(5, REPEAT_WINDOW_MS + 6).1, [], "one that is far from the first ones says nothing of them");
        assert_eq!(recent.marks_of(SITE, id(1)), [Reason::Repeated]);
        assert_eq!(recent.marks_of(SITE, id(3)), [], "it was known of it when it came");
    }

    #[test]
    fn every_response_of_a_burst_is_known_in_the_end() {
        for (breadth, most) in [
            (None, BURST),
            (Some(Breadth::Customer), NETWORK_BURST),
            (Some(Breadth::Premises), PREMISES_BURST),
            (Some(Breadth::Organization), ORGANIZATION_BURST),
        ] {
            let recent = Recent::default();
            let mut suspicious = HashSet::new();
            for number in 0..500 {
                let client = if breadth.is_some() { number } else { 9 };
                let networks = breadth.map(|breadth| (breadth, id(7))).into_iter().collect();
                let seen = Seen { networks, ..seen(number, client, number.into()) };
                let (likeness, marks) = recent.note(&seen, [].into_iter());
                let Likeness { burst, network_burst, premises_burst, organization_burst, .. } = likeness;
                let evidence =
                    Evidence { burst, network_burst, premises_burst, organization_burst, ..Evidence::default() };
                if reasons(&evidence) == [Reason::Burst] {
                    suspicious.insert(seen.response_id);
                }
                suspicious.extend(marks.into_iter().map(|(id, _)| id));
                assert_eq!(suspicious.len(), if number as usize >= most { number as usize + 1 } else { 0 }, "{number}");
            }
        }
    }

    #[test]
    fn a_network_fills_its_share_of_a_quota_and_no_more() {
        let recent = Recent::default();
        let beyond = |number: u32, network: u32, survey| {
            let networks = vec![(Breadth::Customer, id(network)), (Breadth::Premises, id(99))];
            recent.is_beyond_share(&Seen { networks, ..seen(number, number, 0) }, survey, 3)
        };
        assert_eq!([1, 2, 3, 4, 2].map(|number| beyond(number, 1, "one")), [false, false, false, true, false]);
        assert!(beyond(5, 2, "one"), "the wider network has given its share");
        assert!(!beyond(5, 1, "other"), "of another survey");
    }

    #[test]
    fn memory_is_bounded() {
        let recent = Recent::default();
        for number in 0..REMEMBERED as u32 + 100 {
            recent.note(&seen(number, number, 0), [].into_iter());
        }
        let memory = recent.memory.lock().unwrap();
        assert_eq!((memory.order.len(), memory.by_trait.len()), (REMEMBERED, REMEMBERED));
        assert!(!memory.by_trait.contains_key(&(SITE, Trait::Client(id(0)))));
        drop(memory);
        let recent = Recent::default();
        for number in 0..3 * REMEMBERED_OF_ONE as u32 {
            recent.note(&seen(number, 9, 0), [WORDS].into_iter());
        }
        let memory = recent.memory.lock().unwrap();
        assert_eq!(memory.by_trait[&(SITE, Trait::Client(id(9)))].len(), REMEMBERED_OF_ONE);
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
