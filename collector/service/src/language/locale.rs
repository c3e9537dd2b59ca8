//! Numbers and days as they read in a language and its region: the Unicode Consortium's rules, by which browsers go as well.

use icu_calendar::Date;
use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::YMD;
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;

/// How a language writes numbers and days.
pub struct Locale {
    numbers: Option<DecimalFormatter>,
    days: Option<DateTimeFormatter<YMD>>,
}

impl Locale {
    /// That of a language tag (BCP 47). What it does not say, or nobody knows, is as in English.
    pub fn new(language: &str) -> Self {
        let locale: icu_locale_core::Locale =
            language.parse().unwrap_or_else(|_| icu_locale_core::Locale::from(icu_locale_core::langid!("en")));
        Self {
            numbers: DecimalFormatter::try_new((&locale).into(), Default::default()).ok(),
            days: DateTimeFormatter::try_new((&locale).into(), YMD::long()).ok(),
        }
    }

    /// A number that is written as in `1234.5`; anything else stays as it is.
    pub fn number(&self, plain: &str) -> String {
        let number = plain.parse::<Decimal>().ok();
        let written = self.numbers.as_ref().zip(number).map(|(numbers, number)| numbers.format(&number).to_string());
        written.unwrap_or_else(|| plain.to_owned())
    }

    /// The day with which an instant in RFC 3339 begins.
    pub fn day(&self, instant: &str) -> String {
        let plain = instant.get(..10).unwrap_or(instant);
        let date = plain.parse::<jiff::civil::Date>().ok();
        let date = date.and_then(|day| Date::try_new_iso(day.year().into(), day.month() as u8, day.day() as u8).ok());
        let written = self.days.as_ref().zip(date).map(|(days, date)| days.format(&date).to_string());
        written.unwrap_or_else(|| plain.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_read_as_browsers_write_them() {
        for (language, number, day) in [
            ("en", "12,345.6", "March 9, 2026"),
            ("en-GB", "12,345.6", "9 March 2026"),
            ("de", "12.345,6", "9. März 2026"),
            ("fr", "12\u{202f}345,6", "9 mars 2026"),
            ("ar-EG", "١٢٬٣٤٥٫٦", "٩ مارس ٢٠٢٦"),
            ("ja", "12,345.6", "2026年3月9日"),
            ("not a tag", "12,345.6", "March 9, 2026"),
        ] {
            let locale = Locale::new(language);
            assert_eq!(
                (locale.number("12345.6").as_str(), locale.day("2026-03-09T10:00:00+01:00").as_str()),
                (number, day),
                "{language}"
            );
        }
        let locale = Locale::new("de");
        assert_eq!(
            (locale.number("4.0"), locale.number("–"), locale.day("soon")),
            ("4,0".into(), "–".into(), "soon".into())
        );
    }
}
