//! Which of the precompressed forms a client takes.

use axum::http::{HeaderMap, header};

/// A form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Smallest.
    Brotli,
    /// Understood by everything.
    Gzip,
    /// As it is.
    Identity,
}

impl Encoding {
    /// The smallest form that the client's `Accept-Encoding` allows (RFC 9110 §12.5.3). Among those it takes at all we
    /// choose by size: all are made already, so its weights would only cost it bytes.
    pub fn choose(request: &HeaderMap) -> Self {
        let lines = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        let (mut brotli, mut gzip, mut any) = (None, None, None);
        for entry in lines.flat_map(|line| line.split(',')) {
            let mut parts = entry.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            let taken = weight.is_none_or(|weight| weight.parse::<f32>().is_ok_and(|weight| weight > 0.0));
            match name.as_str() {
                "br" => brotli = Some(taken),
                "gzip" | "x-gzip" => gzip = Some(taken),
                "*" => any = Some(taken),
                _ => {}
            }
        }
        if brotli.or(any).unwrap_or(false) {
            Self::Brotli
        } else if gzip.or(any).unwrap_or(false) {
            Self::Gzip
        } else {
            Self::Identity
        }
    }

    /// The name in `Content-Encoding`, if it has one.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }

    /// The entity tag of this form: strong tags differ between encodings (RFC 9110 §8.8.3.3).
    pub fn etag(self, identity: &str) -> String {
        match self.name() {
            Some(name) => format!("{}-{name}\"", identity.trim_end_matches('"')),
            None => identity.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_form_that_is_accepted_is_chosen() {
        for (accepted, expected) in [
            ("", Encoding::Identity),
            ("gzip, deflate, br, zstd", Encoding::Brotli),
            ("GZIP", Encoding::Gzip),
            ("br;q=0.1, gzip;q=1.0", Encoding::Brotli),
            ("br;q=0, gzip", Encoding::Gzip),
            ("br;q=0, *", Encoding::Gzip),
            ("*", Encoding::Brotli),
            ("*;q=0", Encoding::Identity),
            ("br;q=nonsense", Encoding::Identity),
            ("deflate", Encoding::Identity),
        ] {
            let headers: HeaderMap = [(header::ACCEPT_ENCODING, accepted.parse().unwrap())].into_iter().collect();
            assert_eq!(Encoding::choose(&headers), expected, "{accepted}");
        }
        assert_eq!(Encoding::choose(&HeaderMap::new()), Encoding::Identity);
    }

    #[test]
    fn each_form_has_its_own_tag() {
        assert_eq!(Encoding::Brotli.etag("\"abc\""), "\"abc-br\"");
        assert_eq!(Encoding::Identity.etag("\"abc\""), "\"abc\"");
    }
}
