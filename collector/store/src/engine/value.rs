//! Values that travel between the application and either engine, and rows that come back.

use crate::StoreError;
use crate::device::{Device, Sender, rollup_name};
use crate::record::Consent;
use rapport_shared::id::Id;
use rapport_shared::signal::SignalKind;
use rapport_shared::survey::AnswerKind;
use rapport_shared::wire::DeliveryEvent;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The four column types that both engines share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// BIGINT.
    Int,
    /// DOUBLE PRECISION.
    Real,
    /// TEXT.
    Text,
    /// BYTEA.
    Blob,
}

/// One value bound to a statement, or read from a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// SQL NULL of a column of this type.
    Null(ColumnType),
    /// BIGINT.
    Int(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BYTEA.
    Blob(Vec<u8>),
}

// No number that is none is ever bound.
impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null(_) => {}
            Self::Int(number) => number.hash(state),
            // Both zeros are equal.
            Self::Real(number) => (number + 0.0).to_bits().hash(state),
            Self::Text(text) => text.hash(state),
            Self::Blob(bytes) => bytes.hash(state),
        }
    }
}

impl Value {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Null(_) => "NULL",
            Self::Int(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
            Self::Blob(_) => "bytes",
        }
    }
}

/// One value borrowed from a typed row.
#[derive(Clone, Copy, Debug)]
pub enum CellRef<'a> {
    /// SQL NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(&'a str),
    /// BYTEA.
    Blob(&'a [u8]),
}

macro_rules! into_value {
    ($($type:ty => $make:expr),* $(,)?) => {$(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                let make: fn($type) -> Value = $make;
                make(value)
            }
        }
    )*};
}

into_value! {
    i64 => Value::Int,
    i32 => |value| Value::Int(value.into()),
    u32 => |value| Value::Int(value.into()),
    bool => |value| Value::Int(value.into()),
    f64 => Value::Real,
    &str => |value| text(value.to_owned()),
    &String => |value| text(value.clone()),
    String => text,
    Vec<u8> => Value::Blob,
    Id => |id| Value::Blob(id.0.to_vec()),
    Option<Device> => |device| text(rollup_name(device).to_owned()),
    Option<i64> => |value| value.map_or(Value::Null(ColumnType::Int), Value::Int),
    Option<String> => |value| value.map_or(Value::Null(ColumnType::Text), text),
    Option<Vec<u8>> => |value| value.map_or(Value::Null(ColumnType::Blob), Value::Blob),
    Option<Id> => |value| value.map_or(Value::Null(ColumnType::Blob), |id| Value::Blob(id.0.to_vec())),
}

/// A text that both engines take: PostgreSQL's has no U+0000, so U+FFFD stands in its place. Whoever looks for something
/// with one finds nothing, and no request fails of it.
fn text(value: String) -> Value {
    Value::Text(if value.contains('\0') { value.replace('\0', "\u{fffd}") } else { value })
}

/// A list of bound values: `params![site_id, "text", 3_i64]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { vec![$($crate::Value::from($value)),*] };
}

/// The places of so many values in a statement, from the one of that number on: `$2, $3, $4`.
pub(crate) fn placeholders(first: usize, count: usize) -> String {
    let each: Vec<_> = (first..first + count).map(|number| format!("${number}")).collect();
    each.join(", ")
}

/// The names of a result's columns, shared by all its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns(Arc<[Box<str>]>);

impl Columns {
    /// The columns of a result, in order.
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let columns = Self(names.into_iter().map(Box::from).collect());
        debug_assert!(columns.are_distinct(), "a result has two columns of the same name: {columns:?}");
        columns
    }

    fn are_distinct(&self) -> bool {
        self.0.iter().enumerate().all(|(place, name)| !self.0[..place].contains(name))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// One row of a result, read by the names of its columns: those of the table, or those that `AS` gives.
#[derive(Debug)]
pub struct Row {
    columns: Columns,
    values: Vec<Value>,
    /// Most are read in the order of the statement, and reports read tens of thousands of rows: the column after the one that
    /// was read last is looked at first.
    next: AtomicUsize,
}

impl Clone for Row {
    fn clone(&self) -> Self {
        Self::new(&self.columns, self.values.clone())
    }
}

impl PartialEq for Row {
    fn eq(&self, other: &Self) -> bool {
        self.columns == other.columns && self.values == other.values
    }
}

impl Row {
    /// A row of as many values as there are columns.
    pub(crate) fn new(columns: &Columns, values: Vec<Value>) -> Self {
        debug_assert_eq!(columns.len(), values.len());
        Self { columns: columns.clone(), values, next: AtomicUsize::new(0) }
    }

    /// Every column with its value, in the order of the statement.
    pub fn columns(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.columns.0.iter().map(|name| &**name).zip(&self.values)
    }

    fn place(&self, column: &str) -> Option<usize> {
        let (names, next) = (&self.columns.0, self.next.load(Ordering::Relaxed));
        let place = match names.get(next) {
            Some(name) if **name == *column => next,
            _ => names.iter().position(|name| **name == *column)?,
        };
        self.next.store(place + 1, Ordering::Relaxed);
        Some(place)
    }

    fn value(&self, column: &str) -> Option<&Value> {
        self.values.get(self.place(column)?)
    }

    fn value_mut(&mut self, column: &str) -> Option<&mut Value> {
        let place = self.place(column)?;
        self.values.get_mut(place)
    }

    /// What is wrong with a column. Its value is not told: it may be what a visitor said.
    fn wrong(&self, column: &str, expected: &str) -> StoreError {
        StoreError::Inconsistent(match self.value(column) {
            Some(value) => format!("column {column} of a result should be {expected}, is {}", value.type_name()),
            None => {
                let names: Vec<_> = self.columns().map(|(name, _)| name).collect();
                format!("a result has no column {column}, only {}", names.join(", "))
            }
        })
    }

    /// The integer in `column`; NULL is an error.
    pub fn int(&self, column: &str) -> Result<i64, StoreError> {
        match self.value(column) {
            Some(Value::Int(value)) => Ok(*value),
            _ => Err(self.wrong(column, "an integer")),
        }
    }

    /// Whether the integer in `column` is not 0; NULL is an error.
    pub fn flag(&self, column: &str) -> Result<bool, StoreError> {
        self.int(column).map(|value| value != 0)
    }

    /// The integer in `column`, or `None` for NULL.
    pub fn int_or_null(&self, column: &str) -> Result<Option<i64>, StoreError> {
        match self.value(column) {
            Some(Value::Null(_)) => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    /// The text in `column`, or `None` for NULL.
    pub fn text_or_null(&self, column: &str) -> Result<Option<&str>, StoreError> {
        match self.value(column) {
            Some(Value::Null(_)) => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// The count in `column`: an integer that is not negative; NULL (a sum of nothing) is 0.
    pub fn count(&self, column: &str) -> Result<u64, StoreError> {
        Ok(self.int_or_null(column)?.unwrap_or(0).max(0) as u64)
    }

    /// The text in `column`.
    pub fn text(&self, column: &str) -> Result<&str, StoreError> {
        match self.value(column) {
            Some(Value::Text(value)) => Ok(value),
            _ => Err(self.wrong(column, "text")),
        }
    }

    /// The value of `column`, as `table.column`, that is kept by its name.
    ///
    /// # Errors
    /// When none has that name: it is told, since only programs write it.
    pub fn named<T>(&self, column: &'static str, of_name: impl FnOnce(&str) -> Option<T>) -> Result<T, StoreError> {
        let name = self.text(last_part(column))?;
        of_name(name).ok_or_else(|| StoreError::Inconsistent(format!("{column}: nothing is called {name:?}")))
    }

    /// The same where a newer collector beside this one may write names that are not known here: `None` for these, and
    /// they are counted, so that no report fails of them.
    pub fn named_if_known<T>(
        &self,
        column: &'static str,
        of_name: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let known = of_name(self.text(last_part(column))?);
        if known.is_none() {
            count_unknown(column);
        }
        Ok(known)
    }

    /// The bytes in `column`; empty for NULL.
    pub fn blob(&self, column: &str) -> Result<&[u8], StoreError> {
        match self.value(column) {
            Some(Value::Blob(value)) => Ok(value),
            Some(Value::Null(_)) => Ok(&[]),
            _ => Err(self.wrong(column, "bytes")),
        }
    }

    /// The bytes in `column`, taken out of the row; empty for NULL.
    pub fn take_blob(&mut self, column: &str) -> Result<Vec<u8>, StoreError> {
        match self.value_mut(column) {
            Some(Value::Blob(value)) => Ok(std::mem::take(value)),
            Some(Value::Null(_)) => Ok(Vec::new()),
            _ => Err(self.wrong(column, "bytes")),
        }
    }

    /// The text in `column`, taken out of the row.
    pub fn take_text(&mut self, column: &str) -> Result<String, StoreError> {
        match self.value_mut(column) {
            Some(Value::Text(value)) => Ok(std::mem::take(value)),
            _ => Err(self.wrong(column, "text")),
        }
    }

    /// The id in `column`, or `None` for NULL.
    pub fn id_or_null(&self, column: &str) -> Result<Option<Id>, StoreError> {
        match self.blob(column)? {
            [] => Ok(None),
            bytes => bytes.try_into().map(|bytes| Some(Id(bytes))).map_err(|_| self.wrong(column, "an id of 16 bytes")),
        }
    }

    /// The id in `column`; NULL is an error.
    pub fn id(&self, column: &str) -> Result<Id, StoreError> {
        self.id_or_null(column)?.ok_or_else(|| self.wrong(column, "an id"))
    }
}

/// Counts a name in `table.column` that only a newer collector can have written.
pub(crate) fn count_unknown(column: &'static str) {
    metrics::counter!("rapport_unknown_names_total", "column" => column).increment(1);
}

fn last_part(column: &str) -> &str {
    column.rsplit('.').next().unwrap_or(column)
}

/// Every row as something else.
pub fn read_all<T>(rows: Vec<Row>, read: impl Fn(&mut Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::with_capacity(rows.len());
    for mut row in rows {
        all.push(read(&mut row)?);
    }
    Ok(all)
}

/// A field of a typed row: its type, and how it is borrowed.
pub trait Cell {
    /// The column type.
    const TYPE: ColumnType;
    /// The value, borrowed.
    fn cell(&self) -> CellRef<'_>;
}

macro_rules! cell {
    ($($type:ty, $column_type:ident, $value:ident => $borrow:expr);* $(;)?) => {$(
        impl Cell for $type {
            const TYPE: ColumnType = ColumnType::$column_type;
            fn cell(&self) -> CellRef<'_> {
                let $value = self;
                $borrow
            }
        }
    )*};
}

cell! {
    i64, Int, value => CellRef::Int(*value);
    bool, Int, value => CellRef::Int((*value).into());
    Option<i64>, Int, value => value.map_or(CellRef::Null, CellRef::Int);
    String, Text, value => CellRef::Text(value);
    Option<String>, Text, value => value.as_deref().map_or(CellRef::Null, CellRef::Text);
    &'static str, Text, value => CellRef::Text(value);
    AnswerKind, Text, value => CellRef::Text(value.as_str());
    Consent, Text, value => CellRef::Text(value.as_str());
    DeliveryEvent, Text, value => CellRef::Text(value.as_str());
    Sender, Text, value => CellRef::Text(value.as_str());
    SignalKind, Text, value => CellRef::Text(value.as_str());
    Id, Blob, value => CellRef::Blob(&value.0);
    Option<Id>, Blob, value => value.as_ref().map_or(CellRef::Null, |id| CellRef::Blob(&id.0));
    Vec<u8>, Blob, value => CellRef::Blob(value);
    Option<Vec<u8>>, Blob, value => value.as_deref().map_or(CellRef::Null, CellRef::Blob);
}

/// A struct whose fields are the columns of one table, in order.
pub trait TableRow {
    /// Name of the table.
    const TABLE: &'static str;
    /// Columns in the order [`TableRow::each`] visits them.
    const COLUMNS: &'static [(&'static str, ColumnType)];
    /// Visits every value in column order.
    fn each<'a>(&'a self, visit: &mut dyn FnMut(CellRef<'a>));
}

/// Declares a struct and its [`TableRow`]: the fields are the columns.
macro_rules! table_row {
    ($(#[$meta:meta])* $name:ident = $table:literal { $($field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "the migrations describe the columns")]
        pub struct $name { $(pub $field: $type),* }
        impl $crate::engine::value::TableRow for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [(&'static str, $crate::engine::value::ColumnType)] =
                &[$((stringify!($field), <$type as $crate::engine::value::Cell>::TYPE)),*];
            fn each<'a>(&'a self, visit: &mut dyn FnMut($crate::engine::value::CellRef<'a>)) {
                $(visit($crate::engine::value::Cell::cell(&self.$field));)*
            }
        }
    };
}
pub(crate) use table_row;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_store::each_engine;

    #[tokio::test]
    async fn a_row_is_read_by_the_names_of_its_columns_whatever_their_order() {
        each_engine(async |store| {
            let sql = "SELECT 'b' AS second, CAST($1 AS BIGINT) AS first, CAST(NULL AS TEXT) AS none";
            let mut row = store.read(sql, crate::params![7_i64]).await.unwrap().remove(0);
            assert_eq!((row.int("first"), row.text("second"), row.text_or_null("none")), (Ok(7), Ok("b"), Ok(None)));
            assert_eq!(row.columns().map(|(name, _)| name).collect::<Vec<_>>(), ["second", "first", "none"]);
            assert_eq!(row.take_text("second").as_deref(), Ok("b"));
        })
        .await;
    }

    #[tokio::test]
    async fn a_column_that_cannot_be_read_is_named_and_its_value_is_not_told() {
        each_engine(async |store| {
            let row = store.read("SELECT CAST('my words' AS TEXT) AS said", vec![]).await.unwrap().remove(0);
            let wrong = |said: &str| Err(StoreError::Inconsistent(said.to_owned()));
            assert_eq!(row.int("said"), wrong("column said of a result should be an integer, is text"));
            assert_eq!(row.int("heard"), wrong("a result has no column heard, only said"));
        })
        .await;
    }

    /// Prints what reading the widest row of an hour by name costs beside reading it by position.
    #[test]
    fn reading_by_name_is_about_as_fast_as_by_position() {
        let names = [
            "path",
            "device",
            "session_id",
            "visitor_key",
            "view_index",
            "duration_ms",
            "hidden_ms",
            "engaged_ms",
            "scroll_percent",
            "clicks",
            "rage_clicks",
            "dead_clicks",
            "errors",
            "key_events",
            "lcp_ms",
            "inp_ms",
            "cls_e4",
            "fcp_ms",
            "ttfb_ms",
        ];
        let columns = Columns::new(names);
        let row = Row::new(&columns, vec![Value::Int(3); names.len()]);
        const ROWS: u32 = 20_000;
        let started = std::time::Instant::now();
        let by_name: i64 =
            (0..ROWS).flat_map(|_| names).map(|name| std::hint::black_box(&row).int(name).unwrap()).sum();
        let by_name_ns = started.elapsed() / ROWS;
        let started = std::time::Instant::now();
        let by_place: i64 = (0..ROWS)
            .flat_map(|_| 0..names.len())
            .map(|place| match std::hint::black_box(&row).values.get(place) {
                Some(Value::Int(value)) => *value,
                _ => 0,
            })
            .sum();
        let by_place_ns = started.elapsed() / ROWS;
        println!("a row of {} columns: {by_name_ns:?} by name, {by_place_ns:?} by position", names.len());
        assert_eq!(by_name, by_place);
    }
}
