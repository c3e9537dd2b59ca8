//! What the load generator sends: requests made once, of which each sending only writes the ids anew.

use rapport_shared::id::Id;
use rapport_shared::wire::ItemType;

/// The site key that the service knows.
pub const SITE_KEY: &str = "bench";
/// A place for an id.
const PLACE: &str = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";

/// A kind of batch.
pub struct Mix {
    /// How it is called in the table.
    pub name: &'static str,
    /// Its items, in order.
    pub items: &'static [ItemType],
}

/// A request with the places of its items' ids.
#[derive(Clone)]
pub struct Request {
    /// The bytes to send.
    pub bytes: Vec<u8>,
    places: Vec<usize>,
}

impl Mix {
    /// The batch that connection `number` sends.
    pub fn request(&self, number: usize) -> Request {
        let body = self.body(number);
        let head = format!(
            "POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: https://shop.example.com\r\n\
             User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/15{}.0.0.0 \
             Safari/537.36\r\nAccept: */*\r\nAccept-Language: en-US,en;q=0.9\r\nContent-Type: text/plain;charset=UTF-8\r\n\
             Content-Length: {}\r\n\r\n",
            number % 8,
            body.len()
        );
        let text = format!("{head}{body}");
        let places = text.match_indices(&format!("\"id\":\"{PLACE}")).map(|(place, _)| place + 6).collect();
        Request { bytes: text.into_bytes(), places }
    }

    /// Size of a batch.
    pub fn body_bytes(&self) -> usize {
        self.body(0).len()
    }

    fn body(&self, number: usize) -> String {
        let items: Vec<String> =
            self.items.iter().enumerate().map(|(index, kind)| item(*kind, index + number)).collect();
        let session = Id::version_7(1_790_000_000_000 + number as u64, [number as u8; 10]);
        format!(r#"{{"site":"{SITE_KEY}","session":"{session}","items":[{}]}}"#, items.join(","))
    }
}

fn item(kind: ItemType, number: usize) -> String {
    let path = ["/", "/tableware", "/tableware/harbour-mug", "/cart", "/checkout"][number % 5];
    match kind {
        ItemType::PageView => format!(
            r#"{{"type":"page_view","id":"{PLACE}","age_ms":{},"path":"{path}","referrer":"https://www.example.com/",
"release":"2026-11-20","view_index":1,"duration_ms":48210,"engaged_ms":31870,"scroll_percent":82,"clicks":7,
"rage_clicks":1,"lcp_ms":{},"inp_ms":88,"cls_e4":412,"fcp_ms":910,"ttfb_ms":180,"viewport_width_px":1440,
"viewport_height_px":900}}"#,
            48_300 + number,
            1_200 + number * 10
        )
        .replace('\n', ""),
        _ => format!(
            r#"{{"type":"signal","id":"{PLACE}","age_ms":{},"view":"{}","kind":"rage_click","path":"{path}",
"element":"button#add-to-cart","count":4}}"#,
            20_000 + number * 100,
            Id([number as u8 + 1; 16]),
        )
        .replace('\n', ""),
    }
}

impl Request {
    /// Gives every item a new id, made at `now_ms`; `counter` is unique to the process.
    pub fn renew(&mut self, now_ms: u64, counter: &mut u64) {
        for place in &self.places {
            *counter += 1;
            // Spread the bits, so that ids of one millisecond come in no order, as those of many clients do.
            let random = u128::from(*counter).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            let mut tail = [0; 10];
            tail.copy_from_slice(&random.to_be_bytes()[..10]);
            let id = Id::version_7(now_ms, tail).to_text();
            self.bytes[*place..place + id.len()].copy_from_slice(id.as_bytes());
        }
    }
}
