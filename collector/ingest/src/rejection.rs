//! Why one item was rejected, as the interface's description tells it.

use utoipa::ToSchema;

/// Why one item was rejected: documents `wire::Rejection`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only documents the fields")]
pub struct RejectedItem {
    /// Position of the item in the batch, from 0.
    index: u32,
    /// The field at fault, as a dotted path (`answers[0].score`); empty when the item itself is.
    field: String,
    /// What is wrong, naming the limit.
    reason: String,
}
