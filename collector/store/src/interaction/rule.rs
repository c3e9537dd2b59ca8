//! What may be said of a contact, and how an amount of money is written.

use super::{Channel, Direction, OWN_KEY};
use crate::text;
use rapport_shared::limit::KEY_CHARACTERS;
use rapport_shared::survey::Fault;

/// Most characters of what a contact is about.
pub const SUBJECT_CHARACTERS: usize = 200;
/// Longest words of a contact, in bytes of UTF-8.
pub const BODY_BYTES: usize = 20_000;
/// Most characters of the thing that was bought.
pub const THING_CHARACTERS: usize = 200;
/// Largest amount, in the smallest unit of its currency: a hundred thousand million of most.
pub const AMOUNT_MINOR: i64 = 10_000_000_000_000;
/// Oldest contact, in milliseconds: fifty years.
pub const AGE_MS: i64 = 50 * 366 * 86_400_000;
/// How far the clock of whoever tells it may be ahead, in milliseconds.
pub const AHEAD_MS: i64 = 300_000;

/// Currencies whose smallest unit is not a hundredth, with the digits behind the point (ISO 4217, list one of 2024).
const DIGITS: [(&str, u32); 24] = [
    ("BHD", 3),
    ("BIF", 0),
    ("CLF", 4),
    ("CLP", 0),
    ("DJF", 0),
    ("GNF", 0),
    ("IQD", 3),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KMF", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("LYD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("RWF", 0),
    ("TND", 3),
    ("UGX", 0),
    ("UYI", 0),
    ("UYW", 4),
    ("VND", 0),
    ("VUV", 0),
    ("XAF", 0),
];
/// The same, of codes that begin with X and stand for several countries.
const DIGITS_OF_SEVERAL: [(&str, u32); 2] = [("XOF", 0), ("XPF", 0)];
/// Codes of ISO 4217 that are in use.
const CURRENCIES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF \
    CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR \
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR \
    MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE \
    SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF \
    XPF YER ZAR ZMW ZWG";

/// Whether a code is one of ISO 4217, in capitals.
pub fn is_currency(code: &str) -> bool {
    code.len() == 3 && CURRENCIES.split_ascii_whitespace().any(|known| known == code)
}

/// How many digits stand behind the point in amounts of a currency.
pub fn digits(currency: &str) -> u32 {
    DIGITS.iter().chain(&DIGITS_OF_SEVERAL).find(|(code, _)| *code == currency).map_or(2, |(_, digits)| *digits)
}

/// An amount as people read it, with its currency: `1,234.50 EUR`.
pub fn money(amount_minor: i64, currency: &str) -> String {
    let (digits, sign) = (digits(currency), if amount_minor < 0 { "−" } else { "" });
    let unit = 10_u64.pow(digits);
    let (whole, rest) = (amount_minor.unsigned_abs() / unit, amount_minor.unsigned_abs() % unit);
    let whole = grouped(whole);
    match digits {
        0 => format!("{sign}{whole} {currency}"),
        _ => format!("{sign}{whole}.{rest:0width$} {currency}", width = digits as usize),
    }
}

/// A number with a comma before every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The amount that people typed, as `12`, `12.5`, `12,50` or `1,234.50`, in the smallest unit of its currency.
///
/// # Errors
/// The field, with what it has to be.
pub fn amount(typed: &str, currency: &str) -> Result<i64, Fault> {
    let digits = digits(currency) as usize;
    let fault = || {
        let example = if digits == 0 { "1234".to_owned() } else { format!("1234.{}", "0".repeat(digits)) };
        Fault::new(
            "amount",
            format!("must be an amount of {currency} as {example}, with at most {digits} digits behind the point"),
        )
    };
    let typed: String = typed.chars().filter(|letter| !letter.is_whitespace() && *letter != '\'').collect();
    // The last sign parts the fraction, unless three digits follow it and others stood before: then it groups.
    let (whole, fraction) = match typed.rfind(['.', ',']) {
        Some(at) if typed.len() - at - 1 <= digits && digits > 0 => (&typed[..at], &typed[at + 1..]),
        _ => (typed.as_str(), ""),
    };
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let is_grouped = groups.len() == 1 || groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    let whole = groups.concat();
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_grouped || !are_digits(&whole) || !are_digits(fraction) {
        return Err(fault());
    }
    let minor = format!("{whole}{fraction:0<digits$}").parse::<i64>().ok().filter(|minor| *minor <= AMOUNT_MINOR);
    minor.ok_or_else(fault)
}

/// A contact as somebody tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of interaction")]
pub struct Told {
    pub sender_key: Option<String>,
    pub channel: String,
    pub direction: String,
    pub subject: String,
    pub body: String,
    pub thing: String,
    pub amount_minor: Option<i64>,
    pub currency: String,
    pub occurred_at_ms: Option<i64>,
}

/// A contact that may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as the columns of interaction")]
pub struct Checked {
    pub sender_key: Option<String>,
    pub channel: Channel,
    pub direction: Direction,
    pub subject: String,
    pub body: String,
    pub thing: String,
    pub amount_minor: Option<i64>,
    pub currency: String,
    pub occurred_at_ms: i64,
}

fn key_fault(key: &str) -> Option<Fault> {
    let length = key.chars().count();
    if !(1..=KEY_CHARACTERS).contains(&length) || key.chars().any(char::is_control) {
        let reason = format!("must be 1 to {KEY_CHARACTERS} characters, without control characters, has {length}");
        return Some(Fault::new("id", reason));
    }
    key.starts_with(OWN_KEY).then(|| Fault::new("id", format!("must not begin with {OWN_KEY}")))
}

fn money_faults(told: &Told, channel: Channel) -> Vec<Fault> {
    let mut faults = Vec::new();
    match (told.amount_minor, channel.is_paid()) {
        (None, true) => faults.push(Fault::new("amount_minor", "is missing: a purchase or a refund has one")),
        (Some(_), false) => faults.push(Fault::new("amount_minor", "is only of a purchase or a refund")),
        (Some(amount), true) if !(0..=AMOUNT_MINOR).contains(&amount) => {
            faults.push(Fault::new(
                "amount_minor",
                format!("must be 0 to {AMOUNT_MINOR}, in the smallest unit of the currency"),
            ));
        }
        _ => {}
    }
    match channel.is_paid() {
        true if !is_currency(&told.currency) => {
            faults.push(Fault::new("currency", "must be a code of ISO 4217 in capitals, such as EUR"));
        }
        false if !told.currency.is_empty() => faults.push(Fault::new("currency", "is only of a purchase or a refund")),
        _ => {}
    }
    faults
}

impl Told {
    /// What is kept of it, told now.
    ///
    /// # Errors
    /// Every field at fault, with its limit.
    pub fn check(&self, now_ms: i64) -> Result<Checked, Vec<Fault>> {
        let mut faults: Vec<Fault> = self.sender_key.as_deref().and_then(key_fault).into_iter().collect();
        let channel = Channel::parse(&self.channel);
        if channel.is_none() {
            faults.push(Fault::new("channel", format!("must be one of {}", Channel::names())));
        }
        let direction = match (self.direction.as_str(), channel) {
            ("", Some(Channel::Note)) => Some(Direction::Neither),
            ("", Some(Channel::Refund | Channel::FollowUp)) => Some(Direction::Out),
            ("", _) => Some(Direction::In),
            (named, _) => Direction::parse(named),
        };
        if direction.is_none() {
            faults.push(Fault::new("direction", format!("must be one of {}", Direction::names())));
        }
        let (subject, body, thing) = (text::words(&self.subject), text::words(&self.body), text::words(&self.thing));
        for (field, value, most) in [("subject", &subject, SUBJECT_CHARACTERS), ("thing", &thing, THING_CHARACTERS)] {
            let length = value.chars().count();
            if length > most || value.contains(['\n', '\t']) {
                faults.push(Fault::new(field, format!("must be one line of at most {most} characters, has {length}")));
            }
        }
        if body.len() > BODY_BYTES {
            faults.push(Fault::new("body", format!("must be at most {BODY_BYTES} bytes of UTF-8, has {}", body.len())));
        }
        let occurred_at_ms = self.occurred_at_ms.unwrap_or(now_ms);
        if !(now_ms - AGE_MS..=now_ms + AHEAD_MS).contains(&occurred_at_ms) {
            faults.push(Fault::new(
                "occurred_at_ms",
                "must be epoch milliseconds of the last fifty years, and not in the future",
            ));
        }
        faults.extend(channel.map(|channel| money_faults(self, channel)).unwrap_or_default());
        let (Some(channel), Some(direction), true) = (channel, direction, faults.is_empty()) else {
            return Err(faults);
        };
        Ok(Checked {
            sender_key: self.sender_key.clone(),
            channel,
            direction,
            subject,
            body,
            thing,
            amount_minor: self.amount_minor,
            currency: self.currency.clone(),
            occurred_at_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_without_cents_were_shown_as_hundredths() {
        for (amount_minor, currency, shown) in [
            (1_234_550, "EUR", "12,345.50 EUR"),
            (-5, "EUR", "−0.05 EUR"),
            (1_234, "JPY", "1,234 JPY"),
            (1_234_005, "KWD", "1,234.005 KWD"),
            (500, "XOF", "500 XOF"),
            (0, "USD", "0.00 USD"),
        ] {
            assert_eq!(money(amount_minor, currency), shown);
        }
    }

    #[test]
    fn an_amount_is_read_as_people_of_either_comma_write_it() {
        for (typed, currency, minor) in [
            ("12", "EUR", Some(1_200)),
            ("12.5", "EUR", Some(1_250)),
            ("12,50", "EUR", Some(1_250)),
            ("1,234.50", "EUR", Some(123_450)),
            ("1.234,50", "EUR", Some(123_450)),
            ("1.234", "EUR", Some(123_400)),
            ("1'234.50", "CHF", Some(123_450)),
            ("1 234,5", "EUR", Some(123_450)),
            ("1234", "JPY", Some(1_234)),
            ("1,234", "JPY", Some(1_234)),
            ("12.5", "JPY", None),
            ("1.234", "KWD", Some(1_234)),
            ("12.345", "EUR", Some(1_234_500)),
            ("12.3456", "EUR", None),
            ("-5", "EUR", None),
            ("", "EUR", None),
            (".5", "EUR", None),
            ("five", "EUR", None),
            ("99999999999999999999", "EUR", None),
        ] {
            assert_eq!(amount(typed, currency).ok(), minor, "{typed} {currency}");
        }
    }

    #[test]
    fn a_contact_that_cannot_be_kept_names_every_field_and_its_limit() {
        let call = Told { channel: "call".into(), subject: "Asked for the invoice".into(), ..Told::default() };
        let checked = call.check(5_000).unwrap();
        assert_eq!((checked.direction, checked.occurred_at_ms), (Direction::In, 5_000));
        let bad = Told {
            sender_key: Some("rapport:follow-up:1".into()),
            channel: "fax".into(),
            direction: "up".into(),
            subject: "a\nb".into(),
            body: "x".repeat(BODY_BYTES + 1),
            thing: "x".repeat(THING_CHARACTERS + 1),
            occurred_at_ms: Some(AHEAD_MS + 5_001),
            ..Told::default()
        };
        let fields: Vec<_> = bad.check(5_000).unwrap_err().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["id", "channel", "direction", "subject", "thing", "body", "occurred_at_ms"]);
        for (channel, amount_minor, currency, fields) in [
            ("purchase", Some(1), "EUR", &[][..]),
            ("refund", Some(0), "JPY", &[]),
            ("purchase", None, "EUR", &["amount_minor"]),
            ("purchase", Some(-1), "eur", &["amount_minor", "currency"]),
            ("purchase", Some(AMOUNT_MINOR + 1), "XXQ", &["amount_minor", "currency"]),
            ("call", Some(1), "EUR", &["amount_minor", "currency"]),
        ] {
            let told = Told { channel: channel.into(), amount_minor, currency: currency.into(), ..Told::default() };
            let found: Vec<_> =
                told.check(5_000).err().unwrap_or_default().into_iter().map(|fault| fault.field).collect();
            assert_eq!(found, fields, "{channel} {amount_minor:?} {currency}");
        }
    }
}
