//! Customers from a file: each line is checked by itself, and one at fault is told by its line and column and keeps no other out.
//!
//! What is in a file twice, or was imported before, changes nothing. So an import that broke off goes on when the file is sent again.
//! Nothing is kept of the file but what it says of customers.

pub mod column;
pub mod table;

use crate::customer::named;
use column::{Columns, Field};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::customer::profile::{Change, Customer, Saved, TOGETHER, Traits};
use rapport_store::customer::rule;
use rapport_store::site::directory::SiteContext;
use rapport_store::{Store, StoreError};
use std::collections::HashMap;
use table::{Broken, NOT_OF_ENCODING, Record, Table, Written};

/// Most lines of a file.
pub const LINES: u64 = 1_000_000;
/// Most faults that are told one by one.
pub const FAULTS: usize = 200;

/// How a file is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Nothing is changed: it is only said what would be.
    pub is_trial: bool,
    /// Its encoding.
    pub written: Written,
    /// What stands between its cells; found out where it is `None`.
    pub separator: Option<u8>,
    /// What columns mean, by their headers, where their names do not tell.
    pub columns: Vec<(String, Field)>,
}

/// A line that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// The line in the file, from 1.
    pub line: u64,
    /// The header of the column, or `line`.
    pub column: String,
    /// Why.
    pub reason: String,
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What each column was taken for, by its header.
    pub columns: Vec<(String, String)>,
    /// Lines with customers, those at fault among them.
    pub lines: u64,
    /// Customers who were new.
    pub added: u64,
    /// Customers who were known, and of whom something was new.
    pub changed: u64,
    /// Customers of whom everything was known.
    pub same: u64,
    /// Lines that were left out.
    pub bad: u64,
    /// Customers who are not written to, since their address unsubscribed or was refused.
    pub stopped: u64,
    /// Why lines were left out: the first [`FAULTS`].
    pub faults: Vec<LineFault>,
}

/// Why a file was not read to its end. Lines before are in.
#[derive(Debug)]
pub enum Ended {
    /// What is wrong with its first line, or with a line after which nothing can be read.
    Faults(Vec<Fault>),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Broken> for Ended {
    fn from(broken: Broken) -> Self {
        Self::Faults(vec![Fault::new("file", format!("line {} {}", broken.line, broken.reason))])
    }
}

/// An import that goes on.
pub struct Import<'a> {
    store: &'a Store,
    site: &'a SiteContext,
    now_ms: i64,
    is_trial: bool,
    told: Vec<(String, Field)>,
    table: Table,
    columns: Option<Columns>,
    /// In which line each customer stood.
    seen: HashMap<Id, u64>,
    waiting: Vec<Saved>,
    report: Report,
}

impl<'a> Import<'a> {
    /// One of a site's customers.
    pub fn new(store: &'a Store, site: &'a SiteContext, options: Options, now_ms: i64) -> Self {
        Self {
            store,
            site,
            now_ms,
            is_trial: options.is_trial,
            told: options.columns,
            table: Table::new(options.written, options.separator),
            columns: None,
            seen: HashMap::new(),
            waiting: Vec::new(),
            report: Report::default(),
        }
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// When it cannot be read on.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let records = self.table.push(bytes)?;
        self.take(records).await
    }

    /// Ends with the file.
    ///
    /// # Errors
    /// When it cannot be read to its end.
    pub async fn end(mut self) -> Result<Report, Ended> {
        let table = std::mem::replace(&mut self.table, Table::new(Written::Utf8, None));
        let records = table.end()?;
        self.take(records).await?;
        if self.columns.is_none() {
            return Err(Ended::Faults(vec![Fault::new("file", "has no line: the first says what its columns are")]));
        }
        self.write().await?;
        Ok(self.report)
    }

    async fn take(&mut self, records: Vec<Record>) -> Result<(), Ended> {
        for record in records {
            let Some(columns) = &self.columns else {
                let columns = Columns::of(&record.cells, &self.told).map_err(Ended::Faults)?;
                self.report.columns =
                    columns.meanings().map(|(header, meaning)| (header.to_owned(), meaning)).collect();
                self.columns = Some(columns);
                continue;
            };
            // Spreadsheets end with lines of nothing but separators.
            if record.cells.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            self.report.lines += 1;
            if self.report.lines > LINES {
                let reason = format!(
                    "has more than {LINES} lines with customers: those before were taken, import the rest apart"
                );
                return Err(Ended::Faults(vec![Fault::new("file", reason)]));
            }
            match checked(self.site, columns, &record, &self.seen) {
                Ok(saved) => {
                    self.seen.insert(saved.customer_id, record.line);
                    self.waiting.push(saved);
                }
                Err(faults) => self.leave_out(record.line, faults),
            }
            if self.waiting.len() >= TOGETHER {
                self.write().await?;
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, line: u64, faults: Vec<Fault>) {
        self.report.bad += 1;
        for Fault { field, reason } in faults {
            if self.report.faults.len() < FAULTS {
                let column = self.columns.as_ref().map_or(field.as_str(), |columns| columns.of_fault(&field));
                self.report.faults.push(LineFault { line, column: column.to_owned(), reason });
            }
        }
    }

    /// Writes down who waits, as far as something of them is new.
    async fn write(&mut self) -> Result<(), Ended> {
        let site_id = self.site.site.site_id;
        let waiting = std::mem::take(&mut self.waiting);
        let ids: Vec<Id> = waiting.iter().map(|saved| saved.customer_id).collect();
        let known = self.store.customers_by_id(site_id, &ids).await?;
        let traits = self.store.traits_of(site_id, &ids).await?;
        let mails: Vec<&str> = waiting.iter().filter_map(|saved| saved.change.mail.as_deref()).collect();
        self.report.stopped += self.store.stopped_among(site_id, &mails).await?;
        let mut new = Vec::new();
        for saved in waiting {
            match known.get(&saved.customer_id) {
                None => self.report.added += 1,
                Some(before) if is_known(before, &traits, &saved.change) => {
                    self.report.same += 1;
                    continue;
                }
                Some(_) => self.report.changed += 1,
            }
            new.push(saved);
        }
        if !self.is_trial && !new.is_empty() {
            self.store.save_customers(site_id, &new, self.now_ms, Vec::new()).await?;
        }
        Ok(())
    }
}

/// Whether everything that is told of a customer is known.
fn is_known(before: &Customer, traits: &Traits, change: &Change) -> bool {
    let is = |told: &Option<String>, known: &String| told.as_ref().is_none_or(|told| told == known);
    let of = traits.get(&before.customer_id).map_or(&[][..], Vec::as_slice);
    let has = |(name, value): &(String, Option<String>)| {
        of.iter().find(|(known, _)| known == name).map(|(_, known)| known) == value.as_ref()
    };
    is(&change.name, &before.name)
        && is(&change.mail, &before.mail)
        && is(&change.phone, &before.phone)
        && is(&change.language, &before.language)
        && is(&change.time_zone, &before.time_zone)
        && change.traits.iter().all(has)
}

/// What a line says, once it is known to be right.
fn checked(
    site: &SiteContext,
    columns: &Columns,
    record: &Record,
    seen: &HashMap<Id, u64>,
) -> Result<Saved, Vec<Fault>> {
    let (id, told) = columns.told(&record.cells).map_err(|fault| vec![fault])?;
    let mut faults = Vec::new();
    if record.cells.iter().any(|cell| cell.contains(NOT_OF_ENCODING)) {
        faults.push(Fault::new("line", "has bytes that are not of the file's encoding: say which it is"));
    }
    let external_id = if id.is_empty() {
        Err(Fault::new("id", "is empty: without it, it is not known whose line this is"))
    } else {
        rule::external_id("id", id)
    };
    let external_id = external_id.map_err(|fault| faults.push(fault)).ok();
    let change = told.check().map_err(|more| faults.extend(more)).ok();
    let (Some(external_id), Some(change), true) = (external_id, change, faults.is_empty()) else {
        return Err(faults);
    };
    let customer_id = named(site, &external_id).id;
    match seen.get(&customer_id) {
        Some(before) => Err(vec![Fault::new("id", format!("stands in line {before} already"))]),
        None => Ok(Saved { customer_id, external_id, change }),
    }
}
