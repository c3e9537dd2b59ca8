//! Who comes to the shop, what its pages are like, and what people say: the data behind the simulated month.

/// One page of the shop as visitors live through it.
pub struct Page {
    /// Its path.
    pub path: &'static str,
    /// How likely a visit begins here, relative to the others.
    pub entry: f64,
    /// Median time in the foreground, in milliseconds.
    pub stay_ms: f64,
    /// Median Largest Contentful Paint on a desktop, in milliseconds.
    pub lcp_ms: f64,
    /// Median Interaction to Next Paint on a desktop, in milliseconds.
    pub inp_ms: f64,
    /// Median layout shift times 10,000.
    pub cls_e4: f64,
    /// Share of views that meet the dead button of the page.
    pub dead: f64,
    /// Where people go next: place in [`PAGES`] and weight; what is left to 1 is leaving.
    pub next: &'static [(usize, f64)],
    /// Whether it is one of the pieces.
    pub piece: bool,
}

const fn piece(path: &'static str, entry: f64) -> Page {
    Page {
        path,
        entry,
        stay_ms: 31_000.0,
        lcp_ms: 1_350.0,
        inp_ms: 70.0,
        cls_e4: 90.0,
        dead: 0.035,
        next: &[(1, 0.34), (8, 0.16)],
        piece: true,
    }
}

/// The pages; their order is what [`Page::next`] refers to.
pub const PAGES: [Page; 12] = [
    Page {
        path: "/",
        entry: 0.46,
        stay_ms: 14_000.0,
        lcp_ms: 1_150.0,
        inp_ms: 55.0,
        cls_e4: 40.0,
        dead: 0.0,
        next: &[(1, 0.44), (2, 0.08), (4, 0.07), (11, 0.03)],
        piece: false,
    },
    Page {
        path: "/tableware/",
        entry: 0.17,
        stay_ms: 22_000.0,
        lcp_ms: 1_500.0,
        inp_ms: 240.0,
        cls_e4: 120.0,
        dead: 0.0,
        next: &[(2, 0.15), (3, 0.11), (4, 0.12), (5, 0.08), (6, 0.09), (7, 0.07)],
        piece: false,
    },
    piece("/tableware/harbour-mug/", 0.07),
    piece("/tableware/moss-mug/", 0.04),
    // Its picture comes late into a box of no height; people hate it, and click on nothing wrongly.
    Page { lcp_ms: 3_300.0, cls_e4: 2_300.0, dead: 0.0, ..piece("/tableware/field-vase/", 0.08) },
    piece("/tableware/ember-bowl/", 0.03),
    piece("/tableware/speckled-bowl/", 0.03),
    piece("/tableware/morning-plate/", 0.03),
    Page {
        path: "/cart/",
        entry: 0.01,
        stay_ms: 17_000.0,
        lcp_ms: 1_000.0,
        inp_ms: 80.0,
        cls_e4: 30.0,
        dead: 0.0,
        next: &[(9, 0.55), (1, 0.12)],
        piece: false,
    },
    Page {
        path: "/checkout/",
        entry: 0.01,
        stay_ms: 58_000.0,
        lcp_ms: 1_100.0,
        inp_ms: 95.0,
        cls_e4: 30.0,
        dead: 0.0,
        next: &[(10, 0.62), (8, 0.06)],
        piece: false,
    },
    Page {
        path: "/checkout/thanks/",
        entry: 0.0,
        stay_ms: 9_000.0,
        lcp_ms: 900.0,
        inp_ms: 40.0,
        cls_e4: 10.0,
        dead: 0.0,
        next: &[(0, 0.08)],
        piece: false,
    },
    Page {
        path: "/delivery/",
        entry: 0.07,
        stay_ms: 36_000.0,
        lcp_ms: 850.0,
        inp_ms: 35.0,
        cls_e4: 10.0,
        dead: 0.0,
        next: &[(1, 0.18), (0, 0.1)],
        piece: false,
    },
];

/// Place of the cart in [`PAGES`].
pub const CART: usize = 8;
/// Place of the checkout in [`PAGES`].
pub const CHECKOUT: usize = 9;
/// Place of the thank-you page of the checkout in [`PAGES`].
pub const THANKS: usize = 10;

/// Days before today on which the checkout was broken on phones. The fix came on the day after them, a week of whole days ago: that is how
/// long before and after are compared at the least.
pub const BROKEN_DAYS: std::ops::Range<i64> = 9..14;
/// How much slower than a desktop a browser is that runs on a phone, at the least.
pub const PHONE_SLOWNESS: f64 = 1.2;
/// The button of the checkout that did nothing on phones.
pub const BROKEN_BUTTON: &str = "button#place-order";
/// The release that mended it.
pub const FIX_RELEASE: &str = "4.2.1";

/// Visits of a day by weekday, Monday first, relative to the mean.
pub const WEEKDAYS: [f64; 7] = [0.92, 0.88, 0.9, 0.94, 0.97, 1.12, 1.27];

/// Visits of an hour of the day, relative to the others.
pub const HOURS: [f64; 24] = [
    2.0, 1.0, 0.6, 0.4, 0.4, 0.8, 2.0, 4.0, 5.5, 6.0, 6.2, 6.3, 6.8, 6.2, 5.8, 5.6, 5.8, 6.4, 7.2, 8.4, 9.2, 8.6, 6.0,
    3.6,
];

/// What browsers call themselves, with their share and how much slower they are than a desktop.
pub const BROWSERS: [(&str, f64, f64); 7] = [
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
        0.31,
        1.35,
    ),
    (
        "Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
        0.26,
        1.75,
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
        0.22,
        1.0,
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
        0.09,
        0.9,
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", 0.05, 1.05),
    (
        "Mozilla/5.0 (Linux; Android 15; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
        0.05,
        1.4,
    ),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 0.02, 1.0),
];

/// Languages with their share.
pub const LANGUAGES: [(&str, f64); 6] =
    [("en-GB", 0.46), ("de-DE", 0.24), ("fr-FR", 0.13), ("es-ES", 0.08), ("pt-BR", 0.05), ("ar", 0.04)];

/// Where visits come from, with their share.
pub const REFERRERS: [(&str, &str, f64); 5] = [
    ("", "", 0.34),
    ("https://www.google.com/", "", 0.36),
    ("https://www.pinterest.com/", "", 0.12),
    ("https://duckduckgo.com/", "", 0.07),
    ("", "newsletter", 0.11),
];

/// What a person went through before they answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Nothing went wrong.
    Fine,
    /// The checkout threw an error.
    BrokenCheckout,
    /// The discount code threw an error.
    BrokenCode,
    /// The wishlist button did nothing.
    DeadButton,
    /// The page was slow or jumped.
    Slow,
}

/// What people write, by what they went through. Languages mix as they do in a shop.
pub const fn words(mood: Mood) -> &'static [&'static str] {
    match mood {
        Mood::Fine => &[
            "Lovely pictures, and I found the mug right away.",
            "Clear and calm. I wish every shop were like this.",
            "Beautiful pieces! How heavy is the vase?",
            "Alles da, was ich wissen wollte.",
            "Très joli, merci.",
            "Please show the size next to a hand or a cup.",
            "Would buy again, the bowl from spring is still my favourite.",
            "Muy bonito y fácil de usar.",
            "شكراً، التصفح سهل والصور جميلة.",
            "Could you ship to Norway?",
            "Nice, but the text is a bit small on my phone.",
            "Adorei as peças!",
        ],
        Mood::BrokenCheckout => &[
            "Tried to pay three times, the button does nothing.",
            "Checkout is broken!! It just stays there when I press Place order.",
            "Die Bestellung geht nicht durch, habe es zweimal versucht.",
            "Impossible de payer, rien ne se passe.",
            "I give up, buying elsewhere.",
            "Order button dead on my phone. Is my order placed or not?",
            "No puedo terminar la compra.",
        ],
        Mood::BrokenCode => &[
            "My discount code from the newsletter makes the page hang.",
            "Der Gutschein wird nicht angenommen und danach geht nichts mehr.",
            "Code SPRING10 doesn't work and there is no message why.",
        ],
        Mood::DeadButton => &[
            "The wishlist button does nothing.",
            "I can't save pieces for later, I clicked it five times.",
            "Merkliste funktioniert nicht.",
            "Wishlist?",
        ],
        Mood::Slow => &[
            "The picture took ages and then everything jumped.",
            "Very slow on the train.",
            "Die Seite springt beim Laden, ich habe das Falsche angetippt.",
            "Page moves while I read it.",
        ],
    }
}
