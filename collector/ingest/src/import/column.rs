//! What the columns of a table of customers mean: told, or known by their names; every other is a trait.

use rapport_shared::survey::Fault;
use rapport_store::customer::rule::Told;

/// What a column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// What the company's systems call a customer.
    Id,
    /// Their name.
    Name,
    /// Their mail address.
    Mail,
    /// Their telephone number.
    Phone,
    /// Their language.
    Language,
    /// Their zone.
    TimeZone,
    /// A trait of that name.
    Trait(String),
    /// Nothing that is kept.
    Nothing,
}

/// What columns are called that need not be told, in small letters and without anything between them.
const KNOWN: [(Field, &[&str]); 6] = [
    (Field::Id, &["id", "externalid", "customer", "customerid", "customerno", "customernumber", "userid"]),
    (Field::Name, &["name", "fullname", "customername", "displayname"]),
    (Field::Mail, &["mail", "email", "emailaddress", "mailaddress"]),
    (Field::Phone, &["phone", "phonenumber", "telephone", "tel", "mobile"]),
    (Field::Language, &["language", "lang", "locale"]),
    (Field::TimeZone, &["timezone", "zone", "tz"]),
];

impl Field {
    /// That of a name: `id`, `name`, `mail`, `phone`, `language`, `time_zone`, `nothing`, or `trait:` and what the trait is called.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "id" => Self::Id,
            "name" => Self::Name,
            "mail" => Self::Mail,
            "phone" => Self::Phone,
            "language" => Self::Language,
            "time_zone" => Self::TimeZone,
            "nothing" => Self::Nothing,
            _ => Self::Trait(name.strip_prefix("trait:").filter(|name| !name.trim().is_empty())?.trim().to_owned()),
        })
    }

    /// How it is told.
    pub fn text(&self) -> String {
        match self {
            Self::Id => "id".to_owned(),
            Self::Name => "name".to_owned(),
            Self::Mail => "mail".to_owned(),
            Self::Phone => "phone".to_owned(),
            Self::Language => "language".to_owned(),
            Self::TimeZone => "time_zone".to_owned(),
            Self::Trait(name) => format!("trait:{name}"),
            Self::Nothing => "nothing".to_owned(),
        }
    }

    fn of_header(header: &str) -> Self {
        let folded: String =
            header.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        match KNOWN.into_iter().find(|(_, names)| names.contains(&folded.as_str())) {
            Some((field, _)) => field,
            None if header.trim().is_empty() => Self::Nothing,
            None => Self::Trait(header.trim().to_owned()),
        }
    }

    /// The field at fault where what a cell has of it is not taken.
    fn at_fault(&self) -> String {
        match self {
            Self::Trait(name) => format!("traits.{name}"),
            other => other.text(),
        }
    }
}

/// The columns of a table, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    headers: Vec<String>,
    fields: Vec<Field>,
}

impl Columns {
    /// Those of a first line. `told` says what some of them mean, by their headers.
    ///
    /// # Errors
    /// What is told of a column that is not there, a field that two columns have, and no column with the id.
    pub fn of(headers: &[String], told: &[(String, Field)]) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        for (header, _) in told.iter().filter(|(header, _)| !headers.iter().any(|other| other.trim() == header.trim()))
        {
            faults.push(Fault::new(
                "column",
                format!("{header} is not in the first line, which has {}", headers.join(", ")),
            ));
        }
        let field = |header: &String| {
            let told = told.iter().find(|(of, _)| of.trim() == header.trim());
            told.map_or_else(|| Field::of_header(header), |(_, field)| field.clone())
        };
        let fields: Vec<_> = headers.iter().map(field).collect();
        for (place, field) in fields.iter().enumerate().filter(|(_, field)| **field != Field::Nothing) {
            if let Some(before) = fields[..place].iter().position(|other| other == field) {
                let reason = format!("{} and {} would both be {}", headers[before], headers[place], field.text());
                faults.push(Fault::new("column", reason));
            }
        }
        if !fields.contains(&Field::Id) {
            let reason = format!("none of {} is the id: say which, as in column=Number=id", headers.join(", "));
            faults.push(Fault::new("column", reason));
        }
        match faults.is_empty() {
            true => Ok(Self { headers: headers.to_vec(), fields }),
            false => Err(faults),
        }
    }

    /// Each column with what it means.
    pub fn meanings(&self) -> impl Iterator<Item = (&str, String)> {
        self.headers.iter().map(String::as_str).zip(self.fields.iter().map(Field::text))
    }

    /// The column that has what is called so where it is at fault; the field itself where none has.
    pub fn of_fault<'a>(&'a self, field: &'a str) -> &'a str {
        let place = self.fields.iter().position(|of| of.at_fault() == field);
        place.map_or(field, |place| &self.headers[place])
    }

    /// What a record says of whom. An empty cell says nothing.
    ///
    /// # Errors
    /// More cells than columns.
    pub fn told<'a>(&self, cells: &'a [String]) -> Result<(&'a str, Told), Fault> {
        if cells.iter().skip(self.fields.len()).any(|cell| !cell.is_empty()) {
            let reason = format!("has {} cells, the first line has {}", cells.len(), self.fields.len());
            return Err(Fault::new("line", reason));
        }
        let (mut id, mut told) = ("", Told::default());
        for (field, cell) in self.fields.iter().zip(cells) {
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            let value = || Some(cell.to_owned());
            match field {
                Field::Id => id = cell,
                Field::Name => told.name = value(),
                Field::Mail => told.mail = value(),
                Field::Phone => told.phone = value(),
                Field::Language => told.language = value(),
                Field::TimeZone => told.time_zone = value(),
                Field::Trait(name) => told.traits.push((name.clone(), value())),
                Field::Nothing => {}
            }
        }
        Ok((id, told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_known_by_their_names_told_or_traits() {
        let told = [("Kundennummer".to_owned(), Field::Id), ("secret".to_owned(), Field::Nothing)];
        let columns = Columns::of(&texts("Kundennummer,E-Mail, Time Zone,plan,secret,"), &told).unwrap();
        let meanings: Vec<_> = columns.meanings().map(|(_, meaning)| meaning).collect();
        assert_eq!(meanings, ["id", "mail", "time_zone", "trait:plan", "nothing", "nothing"]);
        assert_eq!(
            (columns.of_fault("mail"), columns.of_fault("traits.plan"), columns.of_fault("x")),
            ("E-Mail", "plan", "x")
        );
        let cells = texts("4711,ada@example.com,, gold ,no,");
        let (id, told) = columns.told(&cells).unwrap();
        assert_eq!((id, told.mail.as_deref(), told.time_zone), ("4711", Some("ada@example.com"), None));
        assert_eq!(told.traits, [("plan".to_owned(), Some("gold".to_owned()))]);
        assert!(columns.told(&texts("1,2,3,4,5,6,7")).is_err_and(|fault| fault.reason.contains("7 cells")));
        assert!(columns.told(&texts("1,,,,,,,")).is_ok(), "spreadsheets end lines with separators");
    }

    #[test]
    fn what_cannot_be_known_is_asked_for_by_name() {
        let reasons = |line: &str, told: &[(String, Field)]| {
            let faults = Columns::of(&texts(line), told).unwrap_err();
            faults.into_iter().map(|fault| fault.reason).collect::<Vec<_>>().join("; ")
        };
        assert!(reasons("name,mail", &[]).contains("none of name, mail is the id"));
        assert!(reasons("id,customer id", &[]).contains("id and customer id would both be id"));
        assert!(reasons("id", &[("plan".to_owned(), Field::Nothing)]).contains("plan is not in the first line"));
        for (name, field) in [
            ("trait: plan", Some(Field::Trait("plan".into()))),
            ("trait:", None),
            ("e-mail", None),
            ("time_zone", Some(Field::TimeZone)),
        ] {
            assert_eq!(Field::named(name), field, "{name}");
        }
    }
}
