//! Where pages find the script: its address may have another host, path and name than the collector's own.

use rapport_store::site::origin;

/// The name of the script unless the settings say another.
pub const NAME: &str = "rapport.js";

/// The parts of a script's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Scheme and host.
    pub origin: String,
    /// The path of the folder, as `/hello`; empty at the top.
    pub folder: String,
    /// The file's name.
    pub name: String,
}

impl Script {
    /// Takes an address apart, as `https://www.example.com/hello/voice.js`.
    ///
    /// # Errors
    /// What is wrong with it, in plain words.
    pub fn parse(address: &str) -> Result<Self, String> {
        let refuse =
            |reason: &str| Err(format!("\"{address}\" {reason}, as in https://www.example.com/hello/voice.js"));
        let after_scheme = address.find("://").map_or(0, |at| at + 3);
        let Some(at) = address[after_scheme..].find('/') else { return refuse("must name a file") };
        let (origin, path) = address.split_at(after_scheme + at);
        let Some(origin) = origin::normalize(origin).ok().filter(|origin| origin::is_of_web(origin)) else {
            return refuse("must begin with a scheme and a host");
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        // Nothing that a router or a proxy could read in another way.
        let plain = |part: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            !part.is_empty() && !part.starts_with('.') && part.bytes().all(known)
        };
        if !folder.split('/').skip(1).all(plain) {
            return refuse("must have a path of letters, digits, -, _ and .");
        }
        if !plain(name) || !name.ends_with(".js") || name == crate::member::files::SCRIPT_NAME {
            return refuse("must end with the name of a script");
        }
        Ok(Self { origin, folder: folder.to_owned(), name: name.to_owned() })
    }

    /// The whole address.
    pub fn url(&self) -> String {
        self.address(&format!("/{}", self.name))
    }

    /// The address of what is answered at `path` below its folder.
    pub fn address(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        for (address, folder, name) in [
            ("https://www.example.com/voice.js", "", "voice.js"),
            ("https://WWW.example.com/hello/voice.js", "/hello", "voice.js"),
            ("http://127.0.0.1:8080/a/b_c/d-1.2.js", "/a/b_c", "d-1.2.js"),
        ] {
            let script = Script::parse(address).unwrap();
            assert_eq!((&*script.folder, &*script.name), (folder, name));
            assert_eq!(script.url(), address.replace("WWW", "www"));
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for address in [
            "",
            "voice.js",
            "/hello/voice.js",
            "https://www.example.com",
            "https://www.example.com/",
            "https://www.example.com/hello/",
            "https://www.example.com/voice",
            "https://www.example.com/hello//voice.js",
            "https://www.example.com/../voice.js",
            "https://www.example.com/{site}/voice.js",
            "https://www.example.com/voice.js?v=1",
            "https://www.example.com/dashboard.js",
            "ftp://www.example.com/voice.js",
            "https://user@www.example.com/voice.js",
        ] {
            let reason = Script::parse(address).expect_err(address);
            assert!(reason.contains("voice.js") && reason.contains(address), "{reason}");
        }
    }
}
