//! Values as PostgreSQL takes and gives them.

use crate::engine::value::{ColumnType, Columns};
use crate::{Row, StoreError, Value};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Column, Row as _, TypeInfo, ValueRef};

/// A statement of this engine.
pub(super) type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, PgArguments>;

/// Binds one more value.
pub(super) fn bind<'q>(query: Query<'q>, value: &'q Value) -> Query<'q> {
    match value {
        Value::Null(ColumnType::Int) => query.bind(None::<i64>),
        Value::Null(ColumnType::Real) => query.bind(None::<f64>),
        Value::Null(ColumnType::Text) => query.bind(None::<&str>),
        Value::Null(ColumnType::Blob) => query.bind(None::<&[u8]>),
        Value::Int(value) => query.bind(*value),
        Value::Real(value) => query.bind(*value),
        Value::Text(value) => query.bind(value.as_str()),
        Value::Blob(value) => query.bind(value.as_slice()),
    }
}

/// The names of its columns.
pub(super) fn columns_of(row: &PgRow) -> Columns {
    Columns::new(row.columns().iter().map(sqlx::Column::name))
}

/// Reads rows of one result.
pub(super) fn decode_all(rows: &[PgRow]) -> Result<Vec<Row>, StoreError> {
    let Some(first) = rows.first() else { return Ok(Vec::new()) };
    let columns = columns_of(first);
    rows.iter().map(|row| decode(row, &columns)).collect()
}

/// Reads a row of a result with those columns.
pub(super) fn decode(row: &PgRow, columns: &Columns) -> Result<Row, StoreError> {
    let value = |column: usize| -> Result<Value, StoreError> {
        let kind = match row.column(column).type_info().name() {
            "INT8" | "INT4" | "INT2" | "BOOL" => ColumnType::Int,
            "FLOAT8" => ColumnType::Real,
            "TEXT" | "VARCHAR" | "NAME" => ColumnType::Text,
            "BYTEA" => ColumnType::Blob,
            other => {
                let name = row.column(column).name();
                return Err(StoreError::Inconsistent(format!("column {name} has type {other}: cast it")));
            }
        };
        if row.try_get_raw(column)?.is_null() {
            return Ok(Value::Null(kind));
        }
        Ok(match (kind, row.column(column).type_info().name()) {
            (ColumnType::Int, "INT4") => Value::Int(row.try_get::<i32, _>(column)?.into()),
            (ColumnType::Int, "INT2") => Value::Int(row.try_get::<i16, _>(column)?.into()),
            (ColumnType::Int, "BOOL") => Value::Int(row.try_get::<bool, _>(column)?.into()),
            (ColumnType::Int, _) => Value::Int(row.try_get(column)?),
            (ColumnType::Real, _) => Value::Real(row.try_get(column)?),
            (ColumnType::Text, _) => Value::Text(row.try_get(column)?),
            (ColumnType::Blob, _) => Value::Blob(row.try_get(column)?),
        })
    };
    let values = (0..columns.len()).map(value).collect::<Result<_, _>>()?;
    Ok(Row::new(columns, values))
}
