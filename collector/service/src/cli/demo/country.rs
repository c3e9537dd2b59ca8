//! Where the demo's visitors are: made-up addresses, and a small database that knows the countries of their networks.

use crate::cli::Failure;
use rapport_ingest::country::{Countries, sample};
use std::net::{IpAddr, Ipv4Addr};

/// 10.64.0.0/10: nobody's addresses on the public network, in eight networks of a country each.
const NETWORKS: [(&str, &str); 8] = [
    ("10.64.0.0/13", "DE"),
    ("10.72.0.0/13", "AT"),
    ("10.80.0.0/13", "CH"),
    ("10.88.0.0/13", "GB"),
    ("10.96.0.0/13", "US"),
    ("10.104.0.0/13", "FR"),
    ("10.112.0.0/13", "ES"),
    ("10.120.0.0/13", "NL"),
];

/// Networks of those who ask for a language, each as often as it stands there.
fn networks_of(language: &str) -> &'static [u32] {
    match language.split('-').next().unwrap_or_default() {
        "de" => &[0, 0, 0, 0, 0, 1, 2],
        "en" => &[3, 3, 4, 7],
        "fr" => &[5, 5, 5, 2],
        "es" => &[6],
        "nl" => &[7],
        _ => &[4],
    }
}

/// The address of a visitor by their number, in a country where their language is spoken.
pub fn address(visitor: u32, language: &str) -> IpAddr {
    let networks = networks_of(language);
    let network = networks[visitor as usize % networks.len()];
    IpAddr::from(Ipv4Addr::from(0x0a40_0000 | network << 19 | visitor & 0x7_ffff))
}

/// The database, read from a file as that of an operator is.
pub fn countries() -> Result<Countries, Failure> {
    let networks = NETWORKS.map(|(network, code)| network.parse().map(|network| (network, code)));
    let networks = networks.into_iter().collect::<Result<Vec<_>, String>>()?;
    let path = std::env::temp_dir().join(format!("rapport-demo-countries-{}.mmdb", std::process::id()));
    let failed = |error: std::io::Error| Failure(format!("{}: {error}", path.display()));
    std::fs::write(&path, sample::database(&networks)).map_err(failed)?;
    let countries = Countries::of_file(&path);
    let read = countries.refresh();
    std::fs::remove_file(&path).map_err(failed)?;
    read.map(|_| countries).map_err(Failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demos_visitors_are_where_their_language_is_spoken() {
        let countries = countries().unwrap();
        let of = |visitor, language| countries.of(address(visitor, language));
        assert_eq!([of(0, "de-DE"), of(5, "de"), of(6, "de"), of(3, "fr-FR")], ["DE", "AT", "CH", "CH"]);
        assert_ne!(address(1, "de"), address(8, "de"));
    }
}
