//! What people read beside the parts of a question that have no label of their own, in English: what the panel says.

/// The label of a part by its id.
pub fn built_in(part_id: &str) -> &'static str {
    match part_id {
        "name" => "Your name",
        "email" => "Your e-mail address",
        "title" => "Title",
        "price" => "Price and availability are as I expect.",
        "service" => "The service is better than elsewhere.",
        "knowledge" => "I rely on their knowledge.",
        "values" => "We share the same values.",
        _ => "In your own words",
    }
}

/// A score with its sign where a scale has both.
pub fn signed(score: i64, has_both: bool) -> String {
    let sign = match score.signum() {
        -1 => "−",
        1 if has_both => "+",
        _ => "",
    };
    format!("{sign}{}", score.unsigned_abs())
}
