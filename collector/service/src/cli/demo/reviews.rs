//! What customers of the demo's shop wrote about its pieces: through the same door as every answer, then moderated, replied
//! to and found helpful, as staff and visitors would have done.

use super::month::Visit;
use super::random::Random;
use super::{EMAIL, Failure, Session, refused, request};
use rapport_ingest::{Ingest, public_id, signature};
use rapport_shared::id::Id;
use rapport_store::audit::AuditEntry;
use rapport_store::review::Thing;
use rapport_store::review::rule::{Moderation, purchase_message};
use rapport_store::site::Site;
use rapport_store::site::secrets::Purpose;
use serde_json::{Value, json};

/// Another source of randomness than the month's, so that neither depends on the other.
const SEED: u64 = 0x5265_7669_6577_7321;
const DAY_MS: i64 = 86_400_000;
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0";

/// Pieces with their names.
const THINGS: [(&str, &str); 6] = [
    ("moss-mug", "Moss mug"),
    ("harbour-mug", "Harbour mug"),
    ("speckled-bowl", "Speckled bowl"),
    ("ember-bowl", "Ember bowl"),
    ("morning-plate", "Morning plate"),
    ("field-vase", "Field vase"),
];

/// One review as it was written, and what became of it.
struct Written {
    thing: usize,
    stars: u8,
    days_ago: i64,
    language: &'static str,
    author: &'static str,
    title: &'static str,
    text: &'static str,
    /// Whether it came by the link of an order.
    bought: bool,
    state: Moderation,
    /// How many found it helpful, and how many did not.
    votes: (u32, u32),
    reply: &'static str,
}

const PLAIN: Written = Written {
    thing: 0,
    stars: 5,
    days_ago: 1,
    language: "en",
    author: "",
    title: "",
    text: "",
    bought: false,
    state: Moderation::Published,
    votes: (0, 0),
    reply: "",
};

#[rustfmt::skip]
const WRITTEN: [Written; 36] = [
    Written { thing: 1, stars: 5, days_ago: 27, author: "Maren", title: "My morning mug", text: "Sits well in the hand and keeps tea warm for as long as I need to find my glasses. The blue is deeper than in the picture.", bought: true, votes: (14, 1), ..PLAIN },
    Written { thing: 1, stars: 4, days_ago: 24, author: "J. Okafor", title: "Lovely, a little heavy", text: "Beautiful glaze. It weighs more than I thought, which my wrist notices when it is full.", bought: true, votes: (9, 0), reply: "Thank you. It weighs 390 g; we have put that on the page now.", ..PLAIN },
    Written { thing: 1, stars: 5, days_ago: 21, language: "de", author: "Katrin", title: "Genau wie gehofft", text: "Schwer, ruhig, schön. Die Spülmaschine macht ihr nichts.", bought: true, votes: (5, 0), ..PLAIN },
    Written { thing: 1, stars: 2, days_ago: 18, author: "T.", title: "Arrived with a crack", text: "The box was fine but the foot of the mug had a hairline crack.", bought: true, votes: (7, 2), reply: "We are sorry. A new one is on its way, and we pack the foot in felt from now on.", ..PLAIN },
    Written { thing: 1, stars: 5, days_ago: 14, language: "fr", author: "Hélène", title: "Très belle", text: "Le bleu change avec la lumière. Emballage soigné, sans plastique.", bought: true, votes: (3, 0), ..PLAIN },
    Written { thing: 1, stars: 5, days_ago: 9, author: "Ada", text: "A gift for my brother, who now asks for a second one.", votes: (1, 0), ..PLAIN },
    Written { thing: 1, stars: 3, days_ago: 6, author: "Sam", title: "Smaller than expected", text: "350 ml is what it says, and still I had pictured more.", votes: (4, 1), ..PLAIN },
    Written { thing: 1, stars: 5, days_ago: 4, language: "ar", author: "ليلى", title: "جميل جدًا", text: "لون هادئ وصناعة متقنة، وصل في ثلاثة أيام.", bought: true, votes: (2, 0), ..PLAIN },
    Written { thing: 1, stars: 4, days_ago: 3, author: "Priya", text: "Good. The handle fits three fingers.", bought: true, ..PLAIN },
    Written { thing: 1, stars: 5, days_ago: 2, language: "de", author: "Jörg", title: "Zweite Bestellung", text: "Die erste steht im Büro, die zweite bleibt zu Hause.", bought: true, ..PLAIN },
    Written { thing: 1, stars: 5, days_ago: 2, author: "Nils", ..PLAIN },
    Written { thing: 1, stars: 4, days_ago: 1, author: "Wren", title: "Nice shape", text: "I would love it in the moss glaze, too.", ..PLAIN },
    Written { thing: 1, stars: 1, days_ago: 1, title: "Cheap mugs at mugs.example", text: "Same thing for half the price, only this week.", state: Moderation::Rejected, ..PLAIN },
    Written { thing: 1, stars: 5, days_ago: 0, author: "Bo", title: "Just unpacked", text: "It is as quiet as the picture.", state: Moderation::Pending, bought: true, ..PLAIN },
    Written { thing: 0, stars: 5, days_ago: 25, author: "Ines", title: "Green as promised", text: "The glaze runs a little differently on each, which is why I bought four.", bought: true, votes: (11, 0), ..PLAIN },
    Written { thing: 0, stars: 4, days_ago: 17, language: "de", author: "Thea", text: "Sehr schön, der Henkel könnte größer sein.", bought: true, votes: (2, 1), ..PLAIN },
    Written { thing: 0, stars: 5, days_ago: 8, author: "Marcus", title: "Daily use for a month", text: "Not a scratch. The inside has no stains from tea, either.", bought: true, votes: (6, 0), ..PLAIN },
    Written { thing: 0, stars: 3, days_ago: 3, author: "R.", text: "Pretty, but the saucer in the picture is not included.", votes: (5, 0), reply: "You are right, and the picture is without it now.", ..PLAIN },
    Written { thing: 2, stars: 5, days_ago: 26, author: "Olu", title: "Soup, salad, cereal", text: "The one bowl we reach for. It stacks with the Ember bowl.", bought: true, votes: (8, 0), ..PLAIN },
    Written { thing: 2, stars: 5, days_ago: 19, language: "fr", author: "Paul", text: "Parfait pour les nouilles, et il garde bien la chaleur.", bought: true, votes: (1, 0), ..PLAIN },
    Written { thing: 2, stars: 4, days_ago: 11, author: "Gwen", title: "Good size", text: "Fits a proper portion. Wish there were a lid.", bought: true, ..PLAIN },
    Written { thing: 2, stars: 5, days_ago: 5, language: "es", author: "Lucía", title: "Preciosa", text: "Las motas del hierro se ven mejor al sol.", votes: (2, 0), ..PLAIN },
    Written { thing: 2, stars: 2, days_ago: 1, author: "K. Lind", title: "Late", text: "Took twelve days instead of five. The bowl itself is fine.", bought: true, state: Moderation::Pending, ..PLAIN },
    Written { thing: 3, stars: 5, days_ago: 23, author: "Yara", title: "Glows", text: "Put a lamp near it in the evening.", bought: true, votes: (4, 0), ..PLAIN },
    Written { thing: 3, stars: 4, days_ago: 13, language: "de", author: "Uwe", text: "Schöne Farbe. Innen sieht man Besteckspuren nach einer Weile.", bought: true, votes: (6, 1), reply: "Die gehen mit etwas Natron weg; eine Anleitung liegt jetzt bei.", ..PLAIN },
    Written { thing: 3, stars: 5, days_ago: 7, author: "Dana", ..PLAIN },
    Written { thing: 3, stars: 1, days_ago: 2, author: "P.", title: "Could not order", text: "The button did nothing for days. Gave it up.", state: Moderation::Pending, ..PLAIN },
    Written { thing: 4, stars: 5, days_ago: 22, author: "Elif", title: "Toast has never looked better", text: "Flat enough to cut on, with a rim that keeps the crumbs.", bought: true, votes: (10, 1), ..PLAIN },
    Written { thing: 4, stars: 4, days_ago: 15, author: "Hugo", text: "One of six had a pinhole in the glaze. Exchanged without a word.", bought: true, votes: (5, 0), ..PLAIN },
    Written { thing: 4, stars: 5, days_ago: 10, language: "fr", author: "Agnès", title: "Simple et juste", text: "On en a pris huit.", bought: true, ..PLAIN },
    Written { thing: 4, stars: 5, days_ago: 0, language: "pt", author: "Rui", text: "Muito bonito, chegou bem embalado.", state: Moderation::Pending, bought: true, ..PLAIN },
    Written { thing: 5, stars: 3, days_ago: 20, author: "Cleo", title: "Nice vase, strange page", text: "The picture jumped while I read, and I had tapped the wrong thing. The vase is good.", bought: true, votes: (8, 0), reply: "We have heard that of the page from several of you and are mending it.", ..PLAIN },
    Written { thing: 5, stars: 5, days_ago: 12, author: "Walt", title: "For field flowers", text: "Narrow neck, so even five stems stand.", bought: true, votes: (3, 0), ..PLAIN },
    Written { thing: 5, stars: 2, days_ago: 9, language: "de", author: "Silke", title: "Undicht", text: "Unter der Vase war am nächsten Morgen ein Ring aus Wasser.", bought: true, votes: (9, 1), reply: "Das darf nicht sein. Wir haben Ihnen geschrieben und tauschen sie um.", ..PLAIN },
    Written { thing: 5, stars: 4, days_ago: 4, author: "Noor", text: "Heavier at the foot than it looks, so it does not tip.", bought: true, ..PLAIN },
    Written { thing: 5, stars: 5, days_ago: 1, author: "Ben", title: "Beautiful", text: "Twice the size I had in mind, and I am glad of it.", state: Moderation::Pending, ..PLAIN },
];

/// A piece's page, on which somebody opened the review survey.
struct OnPage<'a> {
    site: &'a Site,
    thing: &'a str,
    now_ms: i64,
    age_ms: i64,
}

impl OnPage<'_> {
    /// The batch of a visit, with the review that was written in it; without one the panel was closed.
    fn visit(&self, random: &mut Random, review: Option<Value>) -> Value {
        let (path, age_ms) = (format!("/tableware/{}/", self.thing), self.age_ms);
        let mut id = || Id::version_7((self.now_ms - age_ms).max(0) as u64, random.ten_bytes());
        let (session, view) = (id(), id());
        let events: &[&str] = if review.is_some() { &["shown", "started", "answered"] } else { &["shown", "closed"] };
        let mut items: Vec<_> = events
            .iter()
            .map(|event| {
                json!({ "type": "delivery", "id": id(), "age_ms": age_ms, "survey": "review", "survey_version": 1,
                        "event": event, "path": path })
            })
            .collect();
        items.push(json!({ "type": "page_view", "id": view, "age_ms": age_ms + 60_000, "path": path, "view_index": 1,
                           "duration_ms": 90_000, "engaged_ms": 60_000, "scroll_percent": 100, "clicks": 2 }));
        items.extend(review.map(|mut review| {
            review["view"] = json!(view);
            review
        }));
        json!({ "site": self.site.key, "session": session, "items": items })
    }
}

/// Sends the reviews and does with them what the shop's people and visitors did.
pub async fn fill(session: &Session, site: &Site, ingest: &Ingest) -> Result<(), Failure> {
    let now_ms = session.clock.now_ms();
    let secret =
        session.store.site_secret(site.site_id, Purpose::Order, rapport_store::random::fresh(), now_ms).await?;
    let filling = Filling { session, site, ingest, now_ms, secret };
    filling.describe_things().await?;
    let mut random = Random::new(SEED);
    for (number, written) in (0_u32..).zip(&WRITTEN) {
        let age_ms = written.days_ago * DAY_MS + random.between(600_000, DAY_MS as u64 / 2) as i64;
        let review_id = filling.send(&mut random, number, written, age_ms).await?;
        if filling.moderate(&mut random, number, written, (review_id, age_ms)).await? {
            filling.answer_and_vote(&mut random, written, (review_id, age_ms)).await?;
        }
    }
    Ok(())
}

/// The shop that is filled with reviews.
struct Filling<'a> {
    session: &'a Session,
    site: &'a Site,
    ingest: &'a Ingest,
    now_ms: i64,
    /// That of the shop's orders.
    secret: Vec<u8>,
}

impl Filling<'_> {
    fn entry(&self, action: &str, subject: String, occurred_at_ms: i64) -> AuditEntry {
        AuditEntry {
            entry_id: self.session.clock.new_id(),
            actor: EMAIL.to_owned(),
            action: action.to_owned(),
            subject,
            occurred_at_ms,
        }
    }

    async fn describe_things(&self) -> Result<(), Failure> {
        for (thing, name) in THINGS {
            let described = Thing {
                thing: thing.to_owned(),
                name: name.to_owned(),
                thing_type: "Product".to_owned(),
                url: String::new(),
            };
            let entry = self.entry("thing.describe", format!("thing {thing}"), self.now_ms - 29 * DAY_MS);
            self.session.store.describe_thing(self.site.site_id, &described, &entry).await?;
        }
        Ok(())
    }

    /// Sends one as its writer did; the id that it is stored under.
    async fn send(&self, random: &mut Random, number: u32, written: &Written, age_ms: i64) -> Result<Id, Failure> {
        let (site, now_ms, site_id) = (self.site, self.now_ms, self.site.site_id);
        let (thing, _) = THINGS[written.thing];
        let response_id = Id::version_7((now_ms - age_ms).max(0) as u64, random.ten_bytes());
        let order = format!("F-{}", 4_200 + number);
        let item = self.item(random, written, (response_id, &order), age_ms);
        // Whoever bought comes by the link of the order, to a form that reports no delivery; the others by the button of
        // the list of reviews, where some look at the panel and close it.
        let visits = if written.bought {
            vec![json!({ "site": site.key, "items": [item] })]
        } else {
            let page = OnPage { site, thing, now_ms, age_ms };
            vec![page.visit(random, Some(item)), page.visit(random, None), page.visit(random, None)]
        };
        for (place, body) in (0_u32..).zip(visits) {
            let visitor = (1 << 21) + number * 4 + place;
            let body = body.to_string();
            let visit =
                Visit { sent_ms: now_ms, body, user_agent: BROWSER, language: written.language, visitor, views: 1 };
            if !self.ingest.accept(request(&visit)).await.map_err(refused)?.rejected.is_empty() {
                return Err(format!("review {number} of the demo was rejected").into());
            }
        }
        Ok(if written.bought {
            rapport_ingest::derived::derived(&[&site_id.0, order.as_bytes(), thing.as_bytes()])
        } else {
            rapport_ingest::derived::derived(&[&site_id.0, &public_id::of_response(site_id, response_id).0, b"stars"])
        })
    }

    /// The response that a review is made of.
    fn item(&self, random: &mut Random, written: &Written, (id, order): (Id, &str), age_ms: i64) -> Value {
        let (thing, _) = THINGS[written.thing];
        let mut facts = json!({ "thing": thing });
        if written.bought {
            let signed = signature::sign(signature::readable(&self.secret).as_bytes(), &purchase_message(order, thing));
            facts["order"] = json!(order);
            facts["order_signature"] = json!(signed);
        }
        let words = [("title", written.title), ("text", written.text)].into_iter().filter(|(_, text)| !text.is_empty());
        let parts: Vec<_> = words.map(|(part, text)| json!({ "part": part, "text": text })).collect();
        let mut answers = vec![json!({ "question": "stars", "score": written.stars, "parts": parts })];
        if !written.author.is_empty() {
            answers.push(json!({ "question": "author", "text": written.author }));
        }
        json!({
            "type": "response", "id": id, "age_ms": age_ms, "revision": 1, "survey": "review",
            "survey_version": 1, "path": format!("/tableware/{thing}/"), "language": written.language,
            "duration_ms": 20_000 + random.between(0, 90_000), "finished": true, "facts": facts, "answers": answers,
        })
    }

    /// Publishes or rejects it, within some hours; whether anybody has.
    async fn moderate(
        &self,
        random: &mut Random,
        number: u32,
        written: &Written,
        (review_id, age_ms): (Id, i64),
    ) -> Result<bool, Failure> {
        let action = match written.state {
            Moderation::Pending => return Ok(false),
            Moderation::Published => "review.publish",
            Moderation::Rejected => "review.reject",
        };
        let at_ms = (self.now_ms - age_ms + random.between(600_000, DAY_MS as u64 / 4) as i64).min(self.now_ms);
        let entry = self.entry(action, format!("review {review_id}"), at_ms);
        if !self.session.store.moderate_review(self.site.site_id, review_id, written.state, &entry).await? {
            return Err(format!("review {number} of the demo is not there").into());
        }
        Ok(true)
    }

    /// The shop's reply, within a day, and whom it helped.
    async fn answer_and_vote(
        &self,
        random: &mut Random,
        written: &Written,
        (review_id, age_ms): (Id, i64),
    ) -> Result<(), Failure> {
        let (store, site_id, now_ms) = (&self.session.store, self.site.site_id, self.now_ms);
        if !written.reply.is_empty() {
            let at_ms = (now_ms - age_ms + random.between(DAY_MS as u64 / 4, DAY_MS as u64) as i64).min(now_ms);
            let entry = self.entry("review.reply", format!("review {review_id}"), at_ms);
            store.reply_to_review(site_id, review_id, written.reply, &entry).await?;
        }
        for vote in 0..written.votes.0 + written.votes.1 {
            let voter = Id::version_7(0, random.ten_bytes());
            store.vote_for_review(site_id, review_id, voter, vote < written.votes.0, now_ms).await?;
        }
        Ok(())
    }
}
