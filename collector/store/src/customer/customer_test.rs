//! Customers as both engines keep, find and list them.

use super::list::{CustomerFilter, Order, Place};
use super::{Change, Saved, note_seen};
use crate::interaction::Channel;
use crate::response::Cursor;
use crate::test_store::{each_engine, number};
use crate::{Statement, Store, params};
use rapport_shared::id::Id;

const SITE: Id = Id([7; 16]);

fn id(number: u8) -> Id {
    Id([number; 16])
}

fn saved(number: u8, name: &str, traits: &[(&str, &str)]) -> Saved {
    Saved {
        customer_id: id(number),
        external_id: format!("C-{number}"),
        change: Change {
            name: Some(name.into()),
            mail: Some(format!("c{number}@example.com")),
            traits: traits.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect(),
            ..Change::default()
        },
    }
}

async fn found(store: &Store, filter: CustomerFilter, order: Order) -> Vec<u8> {
    let page = store.customers(SITE, (&filter, order), None, 50).await.unwrap();
    assert_eq!(page.next, None);
    page.customers.iter().map(|customer| customer.customer_id.0[0]).collect()
}

fn search(words: &str) -> CustomerFilter {
    CustomerFilter { search: words.into(), ..CustomerFilter::default() }
}

fn of_trait(name: &str, value: &str) -> CustomerFilter {
    CustomerFilter { traits: vec![(name.into(), value.into())], ..CustomerFilter::default() }
}

async fn merge(store: &Store, from: u8, into: u8) {
    let sql = "UPDATE customer SET merged_into = $3 WHERE site_id = $1 AND customer_id = $2";
    store.write(vec![Statement::new(sql, params![SITE, id(from), id(into)])]).await.unwrap();
}

#[tokio::test]
async fn a_customer_who_was_changed_was_still_found_by_what_they_were_called() {
    each_engine(async |store| {
        let new = store
            .save_customers(SITE, &[saved(1, "Ada Lovelace", &[("plan", "gold"), ("since", "1843")])], 5, vec![])
            .await;
        assert_eq!(new, Ok(vec![true]));
        assert_eq!(found(&store, search("lovel ada"), Order::Contact).await, [1]);
        let change = Change {
            name: Some("Ada King".into()),
            mail: Some("king@example.com".into()),
            traits: vec![("plan".into(), None), ("city".into(), Some("London".into()))],
            ..Change::default()
        };
        let again = Saved { customer_id: id(1), external_id: "other".into(), change };
        assert_eq!(store.save_customers(SITE, &[again], 9, vec![]).await, Ok(vec![false]));
        for (words, is) in [
            ("lovelace", false),
            ("gold", false),
            ("c1@example.com", false),
            ("king", true),
            ("lond", true),
            ("1843", true),
            ("c-1", true),
        ] {
            assert_eq!(found(&store, search(words), Order::Contact).await == [1], is, "{words}");
        }
        assert_eq!(found(&store, of_trait("plan", "gold"), Order::Contact).await, [0; 0]);
        assert_eq!(found(&store, of_trait("city", "London"), Order::Contact).await, [1]);
        assert_eq!(found(&store, of_trait("city", "Lond"), Order::Contact).await, [0; 0], "a trait is met whole");
        assert_eq!(store.trait_names(SITE).await.unwrap(), ["city", "since"]);
        assert_eq!(store.trait_names(id(8)).await.unwrap(), [""; 0]);
        let customer = store.customer_now(SITE, id(1)).await.unwrap().unwrap();
        assert_eq!(
            (customer.external_id.as_str(), customer.mail.as_str(), customer.created_at_ms),
            ("C-1", "king@example.com", 5)
        );
        let traits = store.traits_of(SITE, &[id(1), id(2)]).await.unwrap();
        assert_eq!(traits[&id(1)], [("city".into(), "London".into()), ("since".into(), "1843".into())]);
        let emptied = Change { name: Some(String::new()), ..Change::default() };
        store
            .save_customers(
                SITE,
                &[Saved { customer_id: id(1), external_id: String::new(), change: emptied }],
                9,
                vec![],
            )
            .await
            .unwrap();
        assert_eq!(store.customer_now(SITE, id(1)).await.unwrap().unwrap().called(), "king@example.com");
    })
    .await;
}

#[tokio::test]
async fn a_customer_whom_a_page_wrote_down_is_found_at_once_and_named_by_the_server_later() {
    each_engine(async |store| {
        store.write(vec![note_seen(SITE, id(1), "shop-4711", 5)]).await.unwrap();
        assert_eq!(found(&store, search("4711"), Order::Name).await, [1]);
        assert_eq!(store.save_customers(SITE, &[saved(1, "Ada", &[])], 9, vec![]).await, Ok(vec![false]));
        assert_eq!(found(&store, search("shop-4711 ada"), Order::Name).await, [1]);
        store.write(vec![note_seen(SITE, id(2), "old-2", 5), note_seen(id(8), id(2), "old-2", 5)]).await.unwrap();
        assert_eq!(store.index_customers().await, Ok(2), "at a start, of every site");
        assert_eq!(store.index_customers().await, Ok(0));
    })
    .await;
}

#[tokio::test]
async fn the_same_customer_twice_in_one_batch_is_changed_twice() {
    each_engine(async |store| {
        let mut second = saved(1, "Second", &[("b", "2")]);
        second.change.mail = None;
        let new = store.save_customers(SITE, &[saved(1, "First", &[("a", "1")]), second], 5, vec![]).await;
        assert_eq!(new, Ok(vec![true, false]));
        let customer = store.customer_now(SITE, id(1)).await.unwrap().unwrap();
        assert_eq!((customer.name.as_str(), customer.mail.as_str()), ("Second", "c1@example.com"));
        for (filter, is) in
            [(search("first"), false), (search("second"), true), (of_trait("a", "1"), true), (of_trait("b", "2"), true)]
        {
            assert_eq!(found(&store, filter.clone(), Order::Name).await == [1], is, "{filter:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_of_each_order_hold_everybody_once() {
    each_engine(async |store| {
        let all: Vec<_> = (1..=9)
            .map(|number| saved(number, ["Ben", "ada", "Çem"][usize::from(number) % 3], &[("plan", "gold")]))
            .collect();
        store.save_customers(SITE, &all, 5, vec![]).await.unwrap();
        let seen = (1..=9).map(|number| note_seen(SITE, id(number), "", i64::from(number / 2)));
        store.write(seen.collect()).await.unwrap();
        for (order, expected) in [
            (Order::Contact, [9, 8, 7, 6, 5, 4, 3, 2, 1]),
            (Order::Created, [9, 8, 7, 6, 5, 4, 3, 2, 1]),
            (Order::Name, [1, 4, 7, 3, 6, 9, 2, 5, 8]),
        ] {
            for filter in [CustomerFilter::default(), of_trait("plan", "gold"), search("c")] {
                let (mut seen, mut place) = (Vec::new(), None);
                loop {
                    let page = store.customers(SITE, (&filter, order), place.as_ref(), 2).await.unwrap();
                    seen.extend(page.customers.iter().map(|customer| customer.customer_id.0[0]));
                    let Some(next) = page.next else { break };
                    assert_eq!(Place::parse(&next.text(), order), Some(next.clone()));
                    place = Some(next);
                }
                assert_eq!(seen, expected, "{order:?} {filter:?}");
            }
        }
        for text in ["", "5", "x.00000000-0000-0000-0000-000000000000", "5.x"] {
            assert_eq!(Place::parse(text, Order::Contact), None, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_many_meet_is_found_along_the_order_without_looking_through_everybody() {
    each_engine(async |store| {
        let postgres = store.engine_name() == "postgres";
        let made = match postgres {
            true => "decode(lpad(to_hex(n), 32, '0'), 'hex')",
            false => "unhex(printf('%032x', n))",
        };
        let numbers = "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 6000)";
        let sql = format!(
            "{numbers} INSERT INTO customer (site_id, customer_id, external_id, created_at_ms, seen_at_ms, name_key, version)
             SELECT $1, {made}, CAST(n AS TEXT), n, n, {made}, 1 FROM numbers"
        );
        store.write(vec![Statement::new(sql, params![SITE])]).await.unwrap();
        // Everybody is called alike; one in four has another word, and the oldest alone a third.
        for (word, condition) in [("all", "n > 0"), ("some", "n % 2 = 0"), ("rare", "n = 3")] {
            let sql = format!(
                "{numbers} INSERT INTO customer_word (site_id, customer_id, word) SELECT $1, {made}, $2 FROM numbers WHERE {condition}"
            );
            store.write(vec![Statement::new(sql, params![SITE, word.as_bytes().to_vec()])]).await.unwrap();
        }
        let page = |words: &str, limit| {
            let (store, filter) = (store.clone(), search(words));
            async move { store.customers(SITE, (&filter, Order::Contact), None, limit).await.unwrap() }
        };
        let times = |page: &super::list::CustomerPage| page.customers.iter().map(|of| of.seen_at_ms).collect::<Vec<_>>();
        assert_eq!(times(&page("all some", 3).await), [6000, 5998, 5996]);
        assert_eq!(times(&page("rare all", 3).await), [3]);
        let every = page("some all", 5_000).await;
        assert_eq!((every.customers.len(), every.next), (3_000, None));
    })
    .await;
}

#[tokio::test]
async fn one_who_turned_out_to_be_another_is_found_as_that_one_by_every_name_they_had() {
    each_engine(async |store| {
        store
            .save_customers(SITE, &[saved(1, "Ada", &[]), saved(2, "Augusta", &[]), saved(3, "Ben", &[])], 5, vec![])
            .await
            .unwrap();
        merge(&store, 2, 1).await;
        for (words, expected) in
            [("augusta", vec![1]), ("augusta ada", vec![1]), ("c2@example.com", vec![1]), ("", vec![1, 3])]
        {
            assert_eq!(found(&store, search(words), Order::Name).await, expected, "{words}");
        }
        assert_eq!(store.ids_of_customer(SITE, id(1)).await, Ok(vec![id(1), id(2)]));
        merge(&store, 1, 3).await;
        assert_eq!(store.ids_of_customer(SITE, id(3)).await, Ok(vec![id(3), id(1), id(2)]));
        assert_eq!(store.customer_now(SITE, id(2)).await.unwrap().unwrap().customer_id, id(3));
        let of_mail = store.customers_of_mail(SITE, " C2@Example.com").await.unwrap();
        assert_eq!(of_mail.iter().map(|of| of.customer_id).collect::<Vec<_>>(), [id(3)]);
        store.write(vec![super::link_mail(SITE, id(2), "c3@example.com", 5)]).await.unwrap();
        assert_eq!(store.customers_of_mail(SITE, "c3@example.com").await.unwrap().len(), 1, "both are one by now");
        let mails = store.mails_of_customer(SITE, &[id(3), id(2)]).await.unwrap();
        assert_eq!(mails, ["c2@example.com", "c3@example.com"]);
        assert_eq!(store.customers_of_mail(SITE, "nobody@example.com").await, Ok(vec![]));
        merge(&store, 3, 2).await;
        assert_eq!(store.customer_now(SITE, id(2)).await, Ok(None), "a circle ends");
        assert_eq!(store.ids_of_customer(SITE, id(3)).await.unwrap().len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_customers_tickets_views_and_what_is_ahead_are_read_by_their_time() {
    each_engine(async |store| {
        store.save_customers(SITE, &[saved(1, "Ada", &[]), saved(2, "Ben", &[])], 5, vec![]).await.unwrap();
        let sql = "INSERT INTO ticket (site_id, ticket_id, code, kind, subject, path, standing, words, state, priority, reopened, version, change_id,
               customer_id, opened_at_ms, changed_at_ms) VALUES ($1, $2, $3, 'problem', '', '', '', 0, $4, 'normal', 0, 1, $2, $5, $6, 400)";
        for (number, state, customer, at_ms) in [(50, "resolved", 1, 10_i64), (51, "new", 1, 20), (52, "new", 2, 30)] {
            let params = params![SITE, id(number), format!("T-{number}"), state, id(customer), at_ms];
            store.write(vec![Statement::new(sql, params)]).await.unwrap();
        }
        let tickets = store.tickets_of_customer(SITE, &[id(1)], None, 9).await.unwrap();
        assert_eq!(tickets.iter().map(|ticket| ticket.ticket_id).collect::<Vec<_>>(), [id(51), id(50)]);
        let place = Cursor { occurred_at_ms: 20, item_id: id(51) };
        assert_eq!(store.tickets_of_customer(SITE, &[id(1)], Some(place), 9).await.unwrap().len(), 1);
        assert_eq!(store.open_tickets_of(SITE, &[id(1), id(2)]).await, Ok(2));
        let open = CustomerFilter { open_ticket: true, ..CustomerFilter::default() };
        assert_eq!(found(&store, open, Order::Name).await, [1, 2]);
        let called = CustomerFilter { channel: Some(Channel::Call), ..CustomerFilter::default() };
        assert_eq!(found(&store, called, Order::Name).await, [0; 0]);
        assert_eq!(store.views_of_visitors(SITE, &[], None, 9).await, Ok(vec![]));
        assert_eq!(store.views_of_visitors(SITE, &[id(1)], Some(place), 9).await, Ok(vec![]));
        assert_eq!(store.responses_of_customer(SITE, &[id(1)], None, 9).await, Ok(vec![]));
        assert_eq!(store.reviews_with(SITE, &[id(1)]).await, Ok(vec![]));
        assert_eq!(store.scores_of_customer(SITE, &[id(1)], 9).await, Ok(vec![]));
        assert_eq!(store.ahead_of_customer(SITE, &[id(1)], 9).await, Ok(vec![]));
        assert_eq!(number(&store, "SELECT COUNT(*) FROM identity WHERE kind = 'mail'").await, 2);
    })
    .await;
}
