//! The raw rows of an hour. Each rollup says which it is made of; what several are made of is read once.

use super::narrow::Narrow;
use super::words::Word;
use crate::engine::value::{placeholders, read_all};
use crate::site::directory::SiteContext;
use crate::visitor::{IDS, values};
use crate::{Row, Statement, Store, StoreError, Value, params, text};
use rapport_shared::id::Id;
use rapport_shared::limit;
use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Debug;
use std::marker::PhantomData;

/// An hour of a site, or the part of it before an instant.
#[derive(Clone, Copy, Debug)]
pub struct Hour {
    /// The site.
    pub site_id: Id,
    /// Its start in the site's zone.
    pub hour_ms: i64,
    /// Start of the hour before it.
    pub previous_hour_ms: i64,
    /// Start of the hour after it.
    pub next_hour_ms: i64,
    /// Only what happened before this instant counts.
    pub until_ms: i64,
}

/// The hours of a site in `[from_ms, to_ms)`, of which the last may be cut short, and what must hold of their rows.
#[derive(Clone, Copy, Debug)]
pub struct Span<'a> {
    /// The site.
    pub site_id: Id,
    /// Start of the first hour.
    pub from_ms: i64,
    /// Only what happened before this instant counts.
    pub to_ms: i64,
    /// End of the hour after the last one.
    pub after_ms: i64,
    /// What must hold.
    pub narrow: &'a Narrow,
}

impl Span<'_> {
    /// Its ends, in epoch milliseconds.
    pub fn ends(&self) -> (i64, i64) {
        (self.from_ms, self.to_ms)
    }

    /// The values of `$1` to `$3` in a statement of [`RawRow::narrowed`].
    pub fn params(&self) -> Vec<Value> {
        params![self.site_id, self.from_ms, self.to_ms]
    }
}

/// Ids of some items of an hour, by the table they are in.
pub type HourItems = BTreeMap<&'static str, Vec<Id>>;

/// A raw row of an hour, as far as rollups count it.
pub trait RawRow: Clone + Debug + Send + Sync + 'static {
    /// The statements that read the rows of an hour: bots, suspicious responses and what is older than its sender could tell
    /// (`clamped`) left out.
    fn selects(hour: &Hour) -> Vec<Select>;

    /// The statements that read the rows of many hours which meet a condition, each with its `hour_ms`; none where the table
    /// cannot tell.
    fn narrowed(span: &Span<'_>) -> Vec<Statement>;

    /// Reads a row of any of them.
    fn read(row: &mut Row) -> Result<Self, StoreError>;

    /// Reads a row of [`RawRow::narrowed`], and in which hour it counts.
    fn read_of_span(row: &mut Row, _site: &SiteContext) -> Result<(i64, Self), StoreError> {
        Ok((row.int("hour_ms")?, Self::read(row)?))
    }

    /// What of it may be somebody's words. A row of nobody shares none.
    fn words(&self) -> Vec<Word> {
        Vec::new()
    }
}

/// A statement that reads raw rows.
#[derive(Debug)]
pub struct Select {
    statement: Statement,
    items: Items,
}

/// Which rows remain where those of some items alone are wanted.
#[derive(Debug)]
enum Items {
    /// Those whose column is one of the ids of this table.
    Of { table: &'static str, column: &'static str },
    /// None: they are of nobody.
    OfNobody,
    /// All: what the others came to hangs on them.
    All,
}

impl Select {
    /// Of rows that belong to an item of `table`, whose id is in `column`. The statement ends in a condition.
    pub fn of_items(table: &'static str, column: &'static str, sql: impl Into<String>, params: Vec<Value>) -> Self {
        Self { statement: Statement::new(sql.into(), params), items: Items::Of { table, column } }
    }

    /// Of rows that belong to no visitor.
    pub fn of_nobody(sql: impl Into<String>, params: Vec<Value>) -> Self {
        Self { statement: Statement::new(sql.into(), params), items: Items::OfNobody }
    }

    /// Of rows that are read whole, whichever items are wanted.
    pub fn whole(sql: impl Into<String>, params: Vec<Value>) -> Self {
        Self { statement: Statement::new(sql.into(), params), items: Items::All }
    }
}

/// The raw rows of one hour, table by table.
#[derive(Debug, Default)]
pub struct HourRows {
    /// Start of the hour in the site's zone.
    pub hour_ms: i64,
    tables: HashMap<TypeId, Box<dyn RawRows>>,
}

impl HourRows {
    /// No rows yet of the hour that begins at `hour_ms`.
    pub fn new(hour_ms: i64) -> Self {
        Self { hour_ms, tables: HashMap::new() }
    }

    /// With these rows of a table.
    pub fn with<T: RawRow>(mut self, rows: impl Into<Vec<T>>) -> Self {
        self.tables.insert(TypeId::of::<T>(), Box::new(rows.into()));
        self
    }

    /// The rows of a table; none of one that was not read.
    pub fn of<T: RawRow>(&self) -> &[T] {
        let rows = self.tables.get(&TypeId::of::<T>()).map(|rows| &**rows as &dyn Any);
        rows.and_then(|rows| rows.downcast_ref::<Vec<T>>()).map_or(&[], Vec::as_slice)
    }

    /// Adds a row of a table.
    fn push<T: RawRow>(&mut self, row: T) {
        let rows = self.tables.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(Vec::<T>::new()));
        if let Some(rows) = (&mut **rows as &mut dyn Any).downcast_mut::<Vec<T>>() {
            rows.push(row);
        }
    }

    /// What of all rows may be somebody's words.
    pub(crate) fn words(&self) -> impl Iterator<Item = Word> {
        self.tables.values().flat_map(|rows| rows.words())
    }
}

/// The rows of one table, whatever they are.
pub trait RawRows: Any + Debug + Send + Sync {
    /// What of them may be somebody's words.
    fn words(&self) -> Vec<Word>;
}

impl<T: RawRow> RawRows for Vec<T> {
    fn words(&self) -> Vec<Word> {
        self.iter().flat_map(T::words).collect()
    }
}

/// A raw table, whatever its rows are.
pub trait RawTable: Sync {
    /// What tells it from other tables.
    fn row_type(&self) -> TypeId;
    /// See [`RawRow::selects`].
    fn selects(&self, hour: &Hour) -> Vec<Select>;
    /// The rows that they gave.
    fn read(&self, rows: Vec<Row>) -> Result<Box<dyn RawRows>, StoreError>;
    /// See [`RawRow::narrowed`].
    fn narrowed(&self, span: &Span<'_>) -> Vec<Statement>;
    /// Adds the rows that they gave to their hours.
    fn read_of_span(&self, rows: Vec<Row>, site: &SiteContext, hours: &mut Hours) -> Result<(), StoreError>;
}

/// The rows of some hours, by their start.
pub type Hours = BTreeMap<i64, HourRows>;

struct TableOf<T>(PhantomData<fn() -> T>);

impl<T: RawRow> RawTable for TableOf<T> {
    fn row_type(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn selects(&self, hour: &Hour) -> Vec<Select> {
        T::selects(hour)
    }

    fn read(&self, rows: Vec<Row>) -> Result<Box<dyn RawRows>, StoreError> {
        Ok(Box::new(read_all(rows, T::read)?))
    }

    fn narrowed(&self, span: &Span<'_>) -> Vec<Statement> {
        T::narrowed(span)
    }

    fn read_of_span(&self, rows: Vec<Row>, site: &SiteContext, hours: &mut Hours) -> Result<(), StoreError> {
        for mut row in rows {
            let (hour_ms, row) = T::read_of_span(&mut row, site)?;
            hours.entry(hour_ms).or_insert_with(|| HourRows::new(hour_ms)).push(row);
        }
        Ok(())
    }
}

/// The raw rows that a rollup is made of: those of one table, or of several as a tuple.
pub trait RawSet {
    /// The rows themselves.
    type Rows<'a>;
    /// The tables that they are in.
    fn tables() -> Vec<&'static dyn RawTable>;
    /// Those of an hour.
    fn of(rows: &HourRows) -> Self::Rows<'_>;
}

impl<T: RawRow> RawSet for T {
    type Rows<'a> = &'a [T];

    fn tables() -> Vec<&'static dyn RawTable> {
        vec![&TableOf::<T>(PhantomData)]
    }

    fn of(rows: &HourRows) -> &[T] {
        rows.of()
    }
}

impl<A: RawSet, B: RawSet> RawSet for (A, B) {
    type Rows<'a> = (A::Rows<'a>, B::Rows<'a>);

    fn tables() -> Vec<&'static dyn RawTable> {
        [A::tables(), B::tables()].concat()
    }

    fn of(rows: &HourRows) -> Self::Rows<'_> {
        (A::of(rows), B::of(rows))
    }
}

impl Store {
    /// The raw rows of an hour that the rollups of this store are made of; of these items alone where some are named.
    pub(crate) async fn hour_rows(&self, hour: &Hour, only: Option<&HourItems>) -> Result<HourRows, StoreError> {
        let mut rows = HourRows::new(hour.hour_ms);
        for table in self.rollups().raw_tables() {
            if rows.tables.contains_key(&table.row_type()) {
                continue;
            }
            let mut found = Vec::new();
            for select in table.selects(hour) {
                found.extend(self.select(select, only).await?);
            }
            rows.tables.insert(table.row_type(), table.read(found)?);
        }
        Ok(rows)
    }

    /// The raw rows of the hours of a span that meet its condition, by hour, as [`Store::hour_rows`] has those of one.
    pub(crate) async fn narrowed_rows(&self, site: &SiteContext, span: &Span<'_>) -> Result<Vec<HourRows>, StoreError> {
        let (mut hours, mut read) = (Hours::new(), HashSet::new());
        for table in self.rollups().raw_tables().filter(|table| read.insert(table.row_type())) {
            for Statement { sql, params } in table.narrowed(span) {
                table.read_of_span(self.read(sql, params).await?, site, &mut hours)?;
            }
        }
        Ok(hours.into_values().filter(|rows| (span.from_ms..span.to_ms).contains(&rows.hour_ms)).collect())
    }

    async fn select(&self, select: Select, only: Option<&HourItems>) -> Result<Vec<Row>, StoreError> {
        let Select { statement: Statement { sql, params }, items } = select;
        let (column, ids) = match (items, only) {
            (Items::Of { table, column }, Some(only)) => (column, only.get(table).map_or(&[][..], Vec::as_slice)),
            (Items::OfNobody, Some(_)) => return Ok(Vec::new()),
            _ => return self.read(sql, params).await,
        };
        let mut rows = Vec::new();
        for ids in ids.chunks(IDS) {
            let sql = format!("{sql} AND {column} IN ({})", placeholders(params.len() + 1, ids.len()));
            let mut params = params.clone();
            params.extend(values(ids));
            rows.extend(self.read(sql, params).await?);
        }
        Ok(rows)
    }
}

/// The path of a row as rollups have it: rows from before paths were bounded in bytes may be too long for an index.
pub(super) fn path(row: &mut Row) -> Result<String, StoreError> {
    Ok(text::cut(row.take_text("path")?, limit::PATH_BYTES))
}
