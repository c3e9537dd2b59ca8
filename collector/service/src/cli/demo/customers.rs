//! The shop's customers: written down as its server does, recognised on its pages by their signature, and in contact by telephone, on paper
//! and at the counter. The same every time.

use super::super::{Failure, Session};
use super::month::DAY_MS;
use super::random::Random;
use super::{day_before, refused, unlimited};
use crate::customer::{Contact, Customers, Whom};
use rapport_ingest::{BatchRequest, Client, Ingest, signature};
use rapport_shared::id::Id;
use rapport_shared::survey::Fault;
use rapport_store::clock::Clock;
use rapport_store::customer::rule::Told;
use rapport_store::interaction::rule::Told as ToldContact;
use rapport_store::site::Site;
use rapport_store::site::directory::SiteDirectory;
use rapport_store::site::secrets::Purpose;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Chance has a source of its own here, so that the month is the same without it.
const SEED: u64 = 0x4375_7374_6f6d_6572;
/// Whose work it is.
const STAFF: &str = "counter@fernhill.example";
const USER_AGENT: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

/// Name, language and zone.
#[rustfmt::skip]
const PEOPLE: [(&str, &str, &str); 36] = [
    ("Maren Vogt", "de", "Europe/Berlin"), ("Jide Okafor", "en", "Europe/London"), ("Katrin Huber", "de", "Europe/Vienna"),
    ("Thomas Brandt", "de", "Europe/Berlin"), ("Hélène Garnier", "fr", "Europe/Paris"), ("Ada Lindqvist", "en", "Europe/Stockholm"),
    ("Sam Whitlock", "en", "Europe/London"), ("ليلى حداد", "ar", "Asia/Beirut"), ("Priya Raman", "en", "Asia/Kolkata"),
    ("Jörg Petersen", "de", "Europe/Berlin"), ("Nils Aas", "en", "Europe/Oslo"), ("Wren Halloway", "en", "America/New_York"),
    ("Inês Duarte", "pt", "Europe/Lisbon"), ("Thea Kraus", "de", "Europe/Zurich"), ("Marcus Bell", "en", "America/Chicago"),
    ("Olu Adeyemi", "en", "Africa/Lagos"), ("Paul Lefèvre", "fr", "Europe/Brussels"), ("Gwen Parry", "en", "Europe/London"),
    ("Lucía Romero", "es", "Europe/Madrid"), ("Karin Lind", "en", "Europe/Stockholm"), ("Yara Haddad", "en", "Asia/Dubai"),
    ("Uwe Sommer", "de", "Europe/Berlin"), ("Dana Novak", "en", "Europe/Prague"), ("Elif Yıldız", "en", "Europe/Istanbul"),
    ("Hugo Marchetti", "en", "Europe/Rome"), ("Agnès Roux", "fr", "Europe/Paris"), ("Rui Tavares", "pt", "Europe/Lisbon"),
    ("Cleo Andersson", "en", "Europe/Copenhagen"), ("Walter Stein", "de", "Europe/Berlin"), ("Silke Baumann", "de", "Europe/Berlin"),
    ("Noor de Wit", "en", "Europe/Amsterdam"), ("Ben Archer", "en", "Europe/Dublin"), ("王小明", "zh", "Asia/Shanghai"),
    ("佐藤 結衣", "ja", "Asia/Tokyo"), ("Łukasz Zieliński", "en", "Europe/Warsaw"), ("Bo Nyström", "en", "Europe/Stockholm"),
];

/// Pieces with what they cost, in cents.
const PIECES: [(&str, i64); 6] = [
    ("Harbour mug", 2_900),
    ("Moss mug", 2_700),
    ("Speckled bowl", 3_400),
    ("Ember bowl", 3_600),
    ("Morning plate", 3_100),
    ("Field vase", 4_900),
];

/// What people called, wrote or came for: channel, who began, subject, and what staff noted.
const TALKS: [(&str, &str, &str, &str); 10] = [
    ("call", "in", "Where is the parcel?", "It left on the day before; read the number out to them."),
    ("call", "in", "Cannot pay on the phone", "The button does nothing. Took the order by telephone."),
    ("call", "out", "Called back about the crack in the glaze", "Wants another one, no money back."),
    ("visit", "in", "Looked at the moss glaze in the workshop", "Comes again with her sister in two weeks."),
    ("visit", "in", "Picked an order up", ""),
    ("letter", "in", "Sent a picture of the laid table", "Would like it on the wall. Asked whether we may."),
    ("letter", "out", "Sent the care instructions", ""),
    ("mail", "in", "Is the plate safe in the oven?", "Up to 200 degrees, and not from cold to hot."),
    ("mail", "out", "Told when the next firing is", ""),
    ("chat", "in", "Asked whether the mug keeps tea warm", "Half an hour with a lid."),
];

struct Filling<'a> {
    site: &'a Site,
    random: Random,
    time: Arc<AtomicI64>,
    customers: Customers,
    ingest: Ingest,
    sites: SiteDirectory,
    secret: Vec<u8>,
}

/// Writes the customers down with their month.
pub async fn fill(session: &Session, site: &Site) -> Result<(), Failure> {
    let now_ms = session.clock.now_ms();
    let sites = SiteDirectory::new(session.store.clone(), session.clock.clone());
    let time = Arc::new(AtomicI64::new(now_ms));
    let clock = Clock::Manual(time.clone());
    let secret =
        session.store.site_secret(site.site_id, Purpose::Identity, rapport_store::random::fresh(), now_ms).await?;
    let filling = Filling {
        site,
        random: Random::new(SEED),
        customers: Customers { store: session.store.clone(), clock: clock.clone() },
        ingest: Ingest::new(session.store.clone(), clock, sites.clone(), unlimited()),
        time,
        sites,
        secret,
    };
    filling.run(now_ms).await
}

fn of_faults(faults: Vec<Fault>) -> Failure {
    Failure(format!("the demo's customers: {faults:?}"))
}

/// What the shop calls a customer.
fn name_of(number: usize) -> String {
    format!("F-{}", 1_001 + number * 7)
}

impl Filling<'_> {
    async fn run(mut self, now_ms: i64) -> Result<(), Failure> {
        let context = self.sites.by_key(&self.site.key).await?.ok_or_else(|| Failure("the demo has no site".into()))?;
        let begin_ms = day_before(&self.site.time_zone, now_ms, 29)?.start_ms;
        self.time.store(begin_ms, Ordering::Relaxed);
        let told = (0..PEOPLE.len()).map(|number| Ok((name_of(number), self.person(number)))).collect();
        for outcome in self.customers.save(&context, "key:the shop's server", told).await? {
            outcome.map_err(of_faults)?;
        }
        let (mut contacts, mut bought) = (Vec::new(), Vec::new());
        for number in 0..PEOPLE.len() {
            for order in 0..self.random.between(0, 4) {
                bought.extend(self.purchase(number, order, now_ms));
            }
            for talk in 0..self.random.between(0, 4) {
                contacts.push(self.talk((number, talk), now_ms));
            }
            for _ in 0..self.random.between(1, 4) {
                self.visit(number, now_ms).await?;
            }
        }
        self.time.store(now_ms, Ordering::Relaxed);
        for (actor, contacts) in [("key:the shop's server", bought), (STAFF, contacts)] {
            let contacts = contacts.into_iter().map(Ok).collect();
            for outcome in self.customers.write(&context, actor, contacts).await? {
                outcome.map_err(of_faults)?;
            }
        }
        println!("{} customers are written down with what they bought, asked and looked at.", PEOPLE.len());
        Ok(())
    }

    fn person(&mut self, number: usize) -> Told {
        let (name, language, zone) = PEOPLE[number];
        let plan = ["none", "none", "friend of the workshop", "wholesale"][self.random.weighted(&[5.0, 3.0, 3.0, 1.0])];
        let since = 2_019 + self.random.between(0, 7);
        let trait_of = |name: &str, value: String| (name.to_owned(), Some(value));
        Told {
            name: Some(name.to_owned()),
            mail: Some(format!("customer{}@mail.example", number + 1)),
            phone: self.random.chance(0.6).then(|| format!("+49 30 5550{:03}", number * 3)),
            language: Some(language.to_owned()),
            time_zone: Some(zone.to_owned()),
            traits: vec![trait_of("club", plan.to_owned()), trait_of("since", since.to_string())],
        }
    }

    /// An instant of the month when the shop is awake.
    fn instant(&mut self, now_ms: i64) -> i64 {
        let days_ago = self.random.between(0, 28) as i64;
        let at_ms = now_ms - now_ms.rem_euclid(DAY_MS) - days_ago * DAY_MS;
        (at_ms + self.random.between(8 * 3_600_000, 16 * 3_600_000) as i64).min(now_ms - 60_000)
    }

    /// A purchase, and the refund of it that some ask for.
    fn purchase(&mut self, number: usize, order: u64, now_ms: i64) -> Vec<Contact> {
        let (thing, price) = PIECES[self.random.bits() as usize % PIECES.len()];
        let pieces = 1 + self.random.between(0, 3) as i64;
        let at_ms = self.instant(now_ms);
        let told = |channel: &str, subject: String, occurred_at_ms: i64| ToldContact {
            sender_key: Some(format!("{channel}-{}-{order}", name_of(number))),
            channel: channel.to_owned(),
            subject,
            thing: thing.to_owned(),
            amount_minor: Some(price * pieces),
            currency: "EUR".to_owned(),
            occurred_at_ms: Some(occurred_at_ms),
            ..ToldContact::default()
        };
        let whom = || Whom::Called(name_of(number));
        let mut all = vec![Contact { whom: whom(), told: told("purchase", format!("{pieces} pieces"), at_ms) }];
        let back_ms = at_ms + 4 * DAY_MS;
        if self.random.chance(0.12) && back_ms < now_ms {
            all.push(Contact { whom: whom(), told: told("refund", "Arrived broken".to_owned(), back_ms) });
        }
        all
    }

    fn talk(&mut self, (number, talk): (usize, u64), now_ms: i64) -> Contact {
        let (channel, direction, subject, body) = TALKS[self.random.bits() as usize % TALKS.len()];
        let told = ToldContact {
            sender_key: Some(format!("talk-{}-{talk}", name_of(number))),
            channel: channel.to_owned(),
            direction: direction.to_owned(),
            subject: subject.to_owned(),
            body: body.to_owned(),
            occurred_at_ms: Some(self.instant(now_ms)),
            ..ToldContact::default()
        };
        Contact { whom: Whom::Called(name_of(number)), told }
    }

    /// A visit of the shop by a customer who is signed in, with a rating of a page now and then.
    async fn visit(&mut self, number: usize, now_ms: i64) -> Result<(), Failure> {
        let at_ms = self.instant(now_ms);
        let id = |random: &mut Random| Id::version_7(at_ms.max(0) as u64, random.ten_bytes());
        let session = id(&mut self.random);
        let (mut items, mut age_ms): (Vec<Value>, u64) = (Vec::new(), 600_000);
        let paths = ["/", "/tableware/", "/tableware/harbour-mug/", "/tableware/field-vase/", "/delivery/", "/cart/"];
        let mut view = Id::default();
        for index in 1..=self.random.between(2, 6) {
            view = id(&mut self.random);
            let path = paths[self.random.bits() as usize % paths.len()];
            let stay_ms = self.random.between(4_000, 90_000);
            items.push(json!({ "type": "page_view", "id": view, "age_ms": age_ms, "path": path, "view_index": index,
                               "duration_ms": stay_ms, "engaged_ms": stay_ms / 2, "scroll_percent": 80, "clicks": 2 }));
            age_ms = age_ms.saturating_sub(stay_ms);
        }
        if self.random.chance(0.4) {
            for event in ["shown", "started", "answered"] {
                items.push(
                    json!({ "type": "delivery", "id": id(&mut self.random), "age_ms": age_ms, "survey": "page-rating",
                                   "survey_version": 1, "event": event, "path": "/delivery/" }),
                );
            }
            let score = [1, 2, 4, 5, 5][self.random.weighted(&[1.0, 2.0, 3.0, 3.0, 2.0])];
            items.push(json!({ "type": "response", "id": id(&mut self.random), "age_ms": age_ms, "survey": "page-rating", "survey_version": 1,
                               "revision": 1, "view": view, "finished": true, "path": "/delivery/", "language": "en", "duration_ms": 9_000, "trail": [],
                               "answers": [{ "question": "rating", "score": score }] }));
        }
        let customer = name_of(number);
        let signed = signature::sign(signature::readable(&self.secret).as_bytes(), &customer);
        let visitor = Id::version_7(at_ms.max(0) as u64 - DAY_MS as u64, [number as u8; 10]);
        let body = json!({ "site": self.site.key, "session": session, "visitor": visitor, "consent": "granted", "customer": customer,
                           "customer_signature": signed, "items": items }).to_string();
        self.time.store(at_ms, Ordering::Relaxed);
        let language = PEOPLE[number].1;
        let request = BatchRequest {
            body: body.as_bytes(),
            origin: None,
            address: IpAddr::V4(Ipv4Addr::new(198, 51, 100, number as u8)),
            client: Client::new(USER_AGENT, language, "", ""),
            trapped: false,
            recipient: None,
        };
        let prepared = self.ingest.prepare(request).await.map_err(refused)?;
        let rejected = self.ingest.keep(prepared).await.map_err(refused)?.rejected;
        match rejected.first() {
            None => Ok(()),
            Some(first) => Err(Failure(format!("a customer's visit: {} {}", first.field, first.reason))),
        }
    }
}
