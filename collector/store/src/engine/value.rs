//! Values that travel between the application and either engine, and rows that come back.

use crate::StoreError;
use rapport_shared::id::Id;

/// The four column types that both engines share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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
    /// SQL NULL of a column of this kind.
    Null(Kind),
    /// BIGINT.
    Int(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// TEXT.
    Text(String),
    /// BYTEA.
    Blob(Vec<u8>),
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
    Option<i64> => |value| value.map_or(Value::Null(Kind::Int), Value::Int),
    Option<String> => |value| value.map_or(Value::Null(Kind::Text), text),
    Option<Vec<u8>> => |value| value.map_or(Value::Null(Kind::Blob), Value::Blob),
    Option<Id> => |value| value.map_or(Value::Null(Kind::Blob), |id| Value::Blob(id.0.to_vec())),
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

/// One row of a result, read by position.
#[derive(Clone, Debug, PartialEq)]
pub struct Row(pub Vec<Value>);

impl Row {
    fn wrong(&self, column: usize, expected: &str) -> StoreError {
        StoreError::Inconsistent(format!(
            "column {column} of a result should be {expected}, is {:?}",
            self.0.get(column)
        ))
    }

    /// The integer in `column`; NULL is an error.
    pub fn int(&self, column: usize) -> Result<i64, StoreError> {
        match self.0.get(column) {
            Some(Value::Int(value)) => Ok(*value),
            _ => Err(self.wrong(column, "an integer")),
        }
    }

    /// The integer in `column`, or `None` for NULL.
    pub fn int_or_null(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(column) {
            Some(Value::Null(_)) => Ok(None),
            _ => self.int(column).map(Some),
        }
    }

    /// The text in `column`, or `None` for NULL.
    pub fn text_or_null(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(column) {
            Some(Value::Null(_)) => Ok(None),
            _ => self.text(column).map(Some),
        }
    }

    /// The count in `column`: an integer that is not negative; NULL (a sum of nothing) is 0.
    pub fn count(&self, column: usize) -> Result<u64, StoreError> {
        Ok(self.int_or_null(column)?.unwrap_or(0).max(0) as u64)
    }

    /// The text in `column`.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        match self.0.get(column) {
            Some(Value::Text(value)) => Ok(value),
            _ => Err(self.wrong(column, "text")),
        }
    }

    /// The bytes in `column`; empty for NULL.
    pub fn blob(&self, column: usize) -> Result<&[u8], StoreError> {
        match self.0.get(column) {
            Some(Value::Blob(value)) => Ok(value),
            Some(Value::Null(_)) => Ok(&[]),
            _ => Err(self.wrong(column, "bytes")),
        }
    }

    /// The bytes in `column`, taken out of the row; empty for NULL.
    pub fn take_blob(&mut self, column: usize) -> Result<Vec<u8>, StoreError> {
        match self.0.get_mut(column) {
            Some(Value::Blob(value)) => Ok(std::mem::take(value)),
            Some(Value::Null(_)) => Ok(Vec::new()),
            _ => Err(self.wrong(column, "bytes")),
        }
    }

    /// The text in `column`, taken out of the row.
    pub fn take_text(&mut self, column: usize) -> Result<String, StoreError> {
        match self.0.get_mut(column) {
            Some(Value::Text(value)) => Ok(std::mem::take(value)),
            _ => Err(self.wrong(column, "text")),
        }
    }

    /// The id in `column`, or `None` for NULL.
    pub fn id_or_null(&self, column: usize) -> Result<Option<Id>, StoreError> {
        match self.blob(column)? {
            [] => Ok(None),
            bytes => bytes.try_into().map(|bytes| Some(Id(bytes))).map_err(|_| self.wrong(column, "an id of 16 bytes")),
        }
    }

    /// The id in `column`; NULL is an error.
    pub fn id(&self, column: usize) -> Result<Id, StoreError> {
        self.id_or_null(column)?.ok_or_else(|| self.wrong(column, "an id"))
    }
}

/// Every row as something else.
pub fn read_all<T>(rows: Vec<Row>, read: impl Fn(&mut Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::with_capacity(rows.len());
    for mut row in rows {
        all.push(read(&mut row)?);
    }
    Ok(all)
}

/// A field of a typed row: its kind, and how it is borrowed.
pub trait Cell {
    /// The column type.
    const KIND: Kind;
    /// The value, borrowed.
    fn cell(&self) -> CellRef<'_>;
}

macro_rules! cell {
    ($($type:ty, $kind:ident, $value:ident => $borrow:expr);* $(;)?) => {$(
        impl Cell for $type {
            const KIND: Kind = Kind::$kind;
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
    const COLUMNS: &'static [(&'static str, Kind)];
    /// Visits every value in column order.
    fn each<'a>(&'a self, visit: &mut dyn FnMut(CellRef<'a>));
}

/// Declares a struct and its [`TableRow`]: the fields are the columns.
macro_rules! table_row {
    ($(#[$meta:meta])* $name:ident = $table:literal { $($field:ident: $type:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[allow(missing_docs, reason = "the migrations describe the columns")]
        pub struct $name { $(pub $field: $type),* }
        impl $crate::engine::value::TableRow for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [(&'static str, $crate::engine::value::Kind)] =
                &[$((stringify!($field), <$type as $crate::engine::value::Cell>::KIND)),*];
            fn each<'a>(&'a self, visit: &mut dyn FnMut($crate::engine::value::CellRef<'a>)) {
                $(visit($crate::engine::value::Cell::cell(&self.$field));)*
            }
        }
    };
}
pub(crate) use table_row;
