//! One review as the public and the company read it.

use super::Reader;
use crate::ReportError;
use crate::response::{PictureView, Suspicion, Time, suspicions};
use rapport_figures::standing::Ends;
use rapport_shared::id::Id;
use rapport_store::Store;
use rapport_store::attachment::Attachment;
use rapport_store::review::Review;
use rapport_store::site::directory::SiteContext;
use serde::Serialize;
use utoipa::ToSchema;

/// The company's answer to a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reply {
    /// The words.
    pub text: String,
    /// When.
    pub at: Time,
    /// Who; only the company reads that.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by: String,
}

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewView {
    /// Its id, a UUID.
    pub id: String,
    /// Key of the thing.
    pub thing: String,
    /// Name of the thing; its key where nobody named it.
    pub thing_name: String,
    /// 1 to 5.
    pub stars: u8,
    /// Title, or empty.
    pub title: String,
    /// The words, or empty.
    pub text: String,
    /// Name of the author, or empty.
    pub author: String,
    /// BCP 47 tag in lower case, or empty.
    pub language: String,
    /// Whether a signed order proves the purchase.
    pub verified_purchase: bool,
    /// `pending`, `published` or `rejected`.
    pub state: &'static str,
    /// How many visitors found it helpful.
    pub helpful: u64,
    /// How many did not.
    pub unhelpful: u64,
    /// When it was written.
    pub at: Time,
    /// The company's answer.
    pub reply: Option<Reply>,
    /// Its photo, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<PictureView>,
    /// The response it came with; only the company reads that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// Why that response is suspicious; only the company reads that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
}

impl ReviewView {
    /// `low`, `middle` or `high`: where its stars stand.
    pub fn standing(&self) -> &'static str {
        Ends::of_kind("review").map_or("", |ends| ends.standing(self.stars.into()).as_str())
    }

    /// The stars as people see them.
    pub fn stars_text(&self) -> String {
        let full = usize::from(self.stars.min(5));
        format!("{}{}", "★".repeat(full), "☆".repeat(5 - full))
    }

    /// The author as people read it.
    pub fn author_text(&self) -> &str {
        if self.author.is_empty() { "A customer" } else { &self.author }
    }
}

/// A stored review as `reader` may see it.
pub(super) fn view(
    review: Review,
    name: &str,
    photo: Option<&Attachment>,
    site: &SiteContext,
    reader: Reader,
) -> ReviewView {
    let zone = &site.site.time_zone;
    let Reader { of_company, photo_address } = reader;
    let written = review.written;
    let reply = review.replied_at_ms.map(|at_ms| Reply {
        text: review.reply,
        at: Time::new(at_ms, zone),
        by: if of_company { review.replied_by } else { String::new() },
    });
    let photo = photo.map(|photo| PictureView::new(photo_address(&site.site.key, written.review_id), photo));
    ReviewView {
        photo,
        id: written.review_id.to_text(),
        thing_name: name.to_owned(),
        thing: written.thing,
        stars: written.stars,
        title: written.title,
        text: written.text,
        author: written.author,
        language: written.language,
        verified_purchase: written.verified,
        state: review.state.as_str(),
        helpful: review.helpful,
        unhelpful: review.unhelpful,
        at: Time::new(written.created_at_ms, zone),
        reply,
        suspicions: if of_company { suspicions(&review.suspicion) } else { Vec::new() },
        response: written.response_id.filter(|_| of_company).map(|id| id.to_text()),
    }
}

/// One review.
///
/// # Errors
/// When the store cannot be read.
pub async fn one(store: &Store, site: &SiteContext, id: Id, reader: Reader) -> Result<Option<ReviewView>, ReportError> {
    let Some(review) = store.review(site.site.site_id, id).await? else { return Ok(None) };
    let thing = store.thing(site.site.site_id, &review.written.thing).await?;
    let name = thing.map_or_else(|| review.written.thing.clone(), |thing| thing.name);
    let photos = store.review_photos(site.site.site_id, &[id]).await?;
    Ok(Some(view(review, &name, photos.get(&id), site, reader)))
}
