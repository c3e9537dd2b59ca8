//! When a response is suspicious: it is kept and marked with the reasons, left out of scores, and a person may say otherwise.

/// Fewest milliseconds in which a person sees a survey and gives the first answer.
pub const FIRST_ANSWER_MS: u32 = 400;
/// Fewest milliseconds for every further answer.
pub const FURTHER_ANSWER_MS: u32 = 250;
/// Fewest milliseconds in which a person sees a page and presses its button, with nothing on it left to be decided.
pub const PRESS_MS: u32 = 150;
/// Shortest words that are compared with those of others, in characters: short ones ("too slow") are said by many.
pub const COMPARED_CHARACTERS: usize = 20;
/// So many other responses with the same words, within [`REPEAT_WINDOW_MS`], are suspicious.
pub const REPEATS: usize = 2;
/// How far apart the same words still count as repeated, in milliseconds (1 hour).
pub const REPEAT_WINDOW_MS: i64 = 3_600_000;
/// Shortest words that are compared within one network, in characters: many people write "good".
pub const NETWORK_COMPARED_CHARACTERS: usize = 8;
/// So many other responses with the same words from one network, within [`REPEAT_WINDOW_MS`], are suspicious: of two classes of
/// a school a dozen may well write "too long", but not every third.
pub const NETWORK_REPEATS: usize = 20;
/// So many other responses of one client, within [`BURST_WINDOW_MS`], are suspicious.
pub const BURST: usize = 10;
/// So many other responses of one network, within [`BURST_WINDOW_MS`], are suspicious: two classes of a school, thirty people
/// each, may answer at the same time behind one address. A program that calls itself another browser every time may not go on.
pub const NETWORK_BURST: usize = 60;
/// The same of the wider network that a place has (an IPv6 /56): as much as an address of IPv4, behind which a whole place is.
pub const PREMISES_BURST: usize = NETWORK_BURST;
/// The same of the network that an organization has (an IPv6 /48): a quarter more, as hardly two places of one answer at once.
pub const ORGANIZATION_BURST: usize = 75;
/// How far apart responses of one client or network still count as a burst, in milliseconds (10 minutes).
pub const BURST_WINDOW_MS: i64 = 600_000;

/// Of the finished responses that one network gives in a day, so many of a quota's fill it, the first ones: a fifth, so that
/// nobody ends a survey alone.
const SHARES_OF_QUOTA: u64 = 5;
/// The share of a small quota.
const SMALLEST_SHARE: u64 = 10;

/// How many finished responses of one network and day fill a quota.
pub fn share_of_quota(quota: u64) -> u64 {
    (quota / SHARES_OF_QUOTA).max(SMALLEST_SHARE)
}

/// What is known of how a response came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Whether a field that no person sees was filled in.
    pub trapped: bool,
    /// From first sight to the last answer, in milliseconds; 0 when unknown.
    pub duration_ms: u32,
    /// Questions answered.
    pub answers: usize,
    /// Other responses with the same words, within [`REPEAT_WINDOW_MS`].
    pub repeats: usize,
    /// Other responses of the same client, within [`BURST_WINDOW_MS`].
    pub burst: usize,
    /// Other responses of the same network with the same words, which may be shorter, within [`REPEAT_WINDOW_MS`].
    pub network_repeats: usize,
    /// Other responses of the same network, within [`BURST_WINDOW_MS`].
    pub network_burst: usize,
    /// The same of the wider network of a place.
    pub premises_burst: usize,
    /// The same of the still wider network of an organization.
    pub organization_burst: usize,
    /// Whether the sender should have shown that it loaded the site's config, and did not.
    pub without_config: bool,
    /// Whether the client calls itself a bot.
    pub bot: bool,
}

/// Why a response is suspicious.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A field that no person sees was filled in.
    Trapped,
    /// Nobody reads and answers that fast.
    TooFast,
    /// Others said the same, word for word.
    Repeated,
    /// One client or network sent many responses.
    Burst,
    /// It was not sent by a page that had loaded the site's config.
    WithoutConfig,
    /// The client calls itself a bot.
    Bot,
    /// One that a newer program gave.
    Other,
}

impl Reason {
    /// Every reason that is given here.
    pub const EACH: [Self; 6] =
        [Self::Trapped, Self::TooFast, Self::Repeated, Self::Burst, Self::WithoutConfig, Self::Bot];

    /// The name in the database and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trapped => "trapped",
            Self::TooFast => "too_fast",
            Self::Repeated => "repeated",
            Self::Burst => "burst",
            Self::WithoutConfig => "without_config",
            Self::Bot => "bot",
            Self::Other => "other",
        }
    }

    /// The reason of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|reason| reason.as_str() == text)
    }

    /// The reason in plain words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Trapped => "filled in a field that people do not see",
            Self::TooFast => "answered faster than people read",
            Self::Repeated => "said the same as others, word for word",
            Self::Burst => "one of many responses of one client or network",
            Self::WithoutConfig => "not sent by a page with the widget",
            Self::Bot => "sent by a client that calls itself a bot",
            Self::Other => "for a reason that this version of Rapport does not know",
        }
    }
}

/// Fewest milliseconds in which a person gives so many answers.
pub fn floor_ms(answers: usize) -> u32 {
    let further = u32::try_from(answers.saturating_sub(1)).unwrap_or(u32::MAX);
    if answers == 0 { 0 } else { FIRST_ANSWER_MS.saturating_add(further.saturating_mul(FURTHER_ANSWER_MS)) }
}

/// How long a person took as far as it tells anything: nothing (0) where they took long enough for what they decided on the page
/// itself, though not for all `answers`, of which they decided `before` elsewhere: in a mail, whose link opened the page.
pub fn telling_ms(duration_ms: u32, answers: usize, before: usize) -> u32 {
    let floor_here_ms = floor_ms(answers.saturating_sub(before)).max(PRESS_MS);
    let is_unknown = before > 0 && duration_ms >= floor_here_ms && duration_ms < floor_ms(answers);
    if is_unknown { 0 } else { duration_ms }
}

/// Every reason to suspect a response; none for most.
pub fn reasons(evidence: &Evidence) -> Vec<Reason> {
    let is_burst = evidence.burst >= BURST
        || evidence.network_burst >= NETWORK_BURST
        || evidence.premises_burst >= PREMISES_BURST
        || evidence.organization_burst >= ORGANIZATION_BURST;
    let too_fast = evidence.duration_ms > 0 && evidence.duration_ms < floor_ms(evidence.answers);
    [
        (Reason::Trapped, evidence.trapped),
        (Reason::TooFast, too_fast),
        (Reason::Repeated, evidence.repeats >= REPEATS || evidence.network_repeats >= NETWORK_REPEATS),
        (Reason::Burst, is_burst),
        (Reason::WithoutConfig, evidence.without_config),
        (Reason::Bot, evidence.bot),
    ]
    .into_iter()
    .filter_map(|(reason, holds)| holds.then_some(reason))
    .collect()
}

/// Words as they are compared: letters and digits in lower case, one space between them; `None` for less than `fewest`
/// characters.
pub fn compared(words: &str, fewest: usize) -> Option<String> {
    let spaced: String = words.chars().map(|letter| if letter.is_alphanumeric() { letter } else { ' ' }).collect();
    let compared = spaced.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    (compared.chars().count() >= fewest).then_some(compared)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn who_answered_in_the_mail_only_presses_a_button() {
        let is_too_fast = |duration_ms, answers, before| {
            let duration_ms = telling_ms(duration_ms, answers, before);
            reasons(&Evidence { duration_ms, answers, ..Evidence::default() }) == [Reason::TooFast]
        };
        for (duration_ms, answers, before, expected) in [
            (300, 1, 0, true),
            (300, 1, 1, false),
            (149, 1, 1, true),
            (300, 4, 4, false),
            // One more question on the next page.
            (399, 5, 4, true),
            (400, 5, 4, false),
            (500, 5, 0, true),
        ] {
            assert_eq!(is_too_fast(duration_ms, answers, before), expected, "{duration_ms} {answers} {before}");
        }
        assert_eq!(telling_ms(9_000, 2, 1), 9_000, "how long it took is kept where it tells something");
    }

    #[test]
    fn each_reason_has_its_threshold() {
        let calm = Evidence { duration_ms: 9_000, answers: 2, ..Evidence::default() };
        for (evidence, expected) in [
            (calm, &[][..]),
            (Evidence { trapped: true, ..calm }, &[Reason::Trapped]),
            (Evidence { duration_ms: 649, ..calm }, &[Reason::TooFast]),
            (Evidence { duration_ms: 650, ..calm }, &[]),
            (Evidence { duration_ms: 399, answers: 1, ..calm }, &[Reason::TooFast]),
            (Evidence { duration_ms: 400, answers: 1, ..calm }, &[]),
            (Evidence { duration_ms: 0, ..calm }, &[]),
            (Evidence { repeats: 1, ..calm }, &[]),
            (Evidence { repeats: 2, ..calm }, &[Reason::Repeated]),
            (Evidence { burst: 9, ..calm }, &[]),
            (Evidence { burst: 10, ..calm }, &[Reason::Burst]),
            (Evidence { network_repeats: 19, network_burst: 59, ..calm }, &[]),
            (Evidence { network_repeats: 20, ..calm }, &[Reason::Repeated]),
            (Evidence { network_burst: 60, ..calm }, &[Reason::Burst]),
            (Evidence { premises_burst: 59, organization_burst: 74, ..calm }, &[]),
            (Evidence { premises_burst: 60, ..calm }, &[Reason::Burst]),
            (Evidence { organization_burst: 75, ..calm }, &[Reason::Burst]),
            (Evidence { without_config: true, ..calm }, &[Reason::WithoutConfig]),
            (Evidence { bot: true, trapped: true, ..calm }, &[Reason::Trapped, Reason::Bot]),
        ] {
            assert_eq!(reasons(&evidence), expected, "{evidence:?}");
        }
    }

    #[test]
    fn words_are_the_same_whatever_their_dress() {
        let compared_words = compared("Buy CHEAP watches at evil.example!!", COMPARED_CHARACTERS).unwrap();
        assert_eq!(compared_words, "buy cheap watches at evil example");
        assert_eq!(compared("  buy\ncheap — watches at Evil example", COMPARED_CHARACTERS), Some(compared_words));
        assert_eq!(compared("Too slow!", COMPARED_CHARACTERS), None);
        assert_eq!(compared("Too slow!", NETWORK_COMPARED_CHARACTERS).as_deref(), Some("too slow"));
        assert_eq!(compared("ééééé ééééé ééééé éé", COMPARED_CHARACTERS), Some("ééééé ééééé ééééé éé".into()));
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for reason in Reason::EACH {
            assert_eq!(Reason::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(Reason::parse("unknown"), None);
    }

    proptest! {
        #[test]
        fn more_time_never_raises_suspicion(duration_ms in 1_u32..u32::MAX, answers in 0_usize..60) {
            let evidence = Evidence { duration_ms, answers, ..Evidence::default() };
            if reasons(&evidence).is_empty() {
                let slower = Evidence { duration_ms: duration_ms.saturating_add(1_000), ..evidence };
                prop_assert_eq!(reasons(&slower), []);
            }
        }
    }
}
