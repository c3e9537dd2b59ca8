//! How the types of reports read on pages: what brings their methods into the scope of a page and its template.

pub(crate) use crate::http::query::slice::SliceQuery;
pub(crate) use crate::member::format::{
    ComparisonText, FigureText, MeasuredText, MomentText, PageLineText, TimeText, TotalText,
};
pub(crate) use crate::member::response::{AnswerViewWords, ResponseSummaryWords};
