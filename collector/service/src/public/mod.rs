//! Who calls from a page of a site, or is a visitor: with the public key of a site; no cookie is read here.

pub(crate) mod asked;
pub mod asset;
pub mod attachment;
pub mod batch;
pub mod config;
pub mod heatmap;
pub mod hosted_form;
pub(crate) mod hosted_reviews;
pub mod own_data;
pub mod reviews;
pub(crate) mod unsubscribe;
pub mod visitor_rate;
