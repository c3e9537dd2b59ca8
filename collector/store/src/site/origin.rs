//! Origins as browsers send them: scheme, host and port, nothing else. Those of web pages, and of applications that show pages
//! of their own.

use url::Url;

/// Schemes of the pages of applications and extensions, whose hosts are no names in the network.
const OF_APPLICATIONS: [&str; 6] =
    ["capacitor", "chrome-extension", "ionic", "moz-extension", "safari-web-extension", "tauri"];

/// The form of `text` that a browser puts into its `Origin` header: a name in another script in its ASCII form (IDNA).
///
/// # Errors
/// What is wrong with it, in plain words.
pub fn normalize(text: &str) -> Result<String, String> {
    let refuse = |reason: &str| Err(format!("\"{text}\" is not an origin: {reason}, as in https://www.example.com"));
    let written = text.trim();
    // A browser's parser forgives what nobody means.
    if !written.split_once("://").is_some_and(|(_, rest)| !rest.is_empty() && !rest.contains('\\')) {
        return refuse("write the scheme and the host");
    }
    let url = match Url::parse(written) {
        Ok(url) => url,
        Err(url::ParseError::InvalidPort) => return refuse("the port must be a number up to 65535"),
        Err(url::ParseError::IdnaError) => return refuse("the host is no name that a browser finds"),
        Err(_) => return refuse("write the scheme and the host"),
    };
    let scheme = url.scheme();
    if !matches!(scheme, "http" | "https") && !OF_APPLICATIONS.contains(&scheme) {
        let known = OF_APPLICATIONS.join(", ");
        return refuse(&format!("the scheme must be http or https, or that of an application ({known})"));
    }
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !is_bare || !url.username().is_empty() || url.password().is_some() {
        return refuse("leave out the path, the query and any user name");
    }
    // What browsers write; a shell reads nothing else into it.
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    if host.is_empty() || !host.bytes().all(is_usual) {
        return refuse("the host must be one full name");
    }
    Ok(match url.port() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// Whether a normalized origin is of the web, where something can be served.
pub fn is_of_web(origin: &str) -> bool {
    origin.starts_with("http://") || origin.starts_with("https://")
}

/// What to say of an origin that browsers write otherwise than it was given; `None` where they write it so.
pub fn converted(text: &str, origin: &str) -> Option<String> {
    (!text.is_ascii()).then(|| format!("Browsers write {} as {origin}.", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::{converted, normalize};

    #[test]
    fn an_origin_takes_the_form_browsers_send() {
        for (text, expected) in [
            ("https://Shop.Example.com", "https://shop.example.com"),
            ("https://shop.example.com/", "https://shop.example.com"),
            (" https://shop.example.com:443 ", "https://shop.example.com"),
            ("http://shop.example.com:443", "http://shop.example.com:443"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("http://[::1]:80", "http://[::1]"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("https://BÜCHER.example:8443/", "https://xn--bcher-kva.example:8443"),
            ("https://пример.рф", "https://xn--e1afmkfd.xn--p1ai"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("tauri://localhost/", "tauri://localhost"),
            ("ionic://localhost", "ionic://localhost"),
            (
                "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
                "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
            ),
            (
                "moz-extension://0E2D7C4A-1b1b-4e0c-9b5c-8d1f2a3b4c5d",
                "moz-extension://0e2d7c4a-1b1b-4e0c-9b5c-8d1f2a3b4c5d",
            ),
        ] {
            assert_eq!(normalize(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        for text in [
            "",
            "*",
            "shop.example.com",
            "ftp://shop.example.com",
            "https://",
            "https://*.example.com",
            "https://$(id).example.com",
            "https://shop.example.com;id",
            "https://shop.example.com/path",
            "https://shop.example.com?x",
            "https://me:secret@shop.example.com",
            "https://shop.example.com:port",
            "https://shop.example.com:99999",
            "https:shop.example.com",
            "https://shop.example.com\\\\path",
            "https://shop.example.com/#part",
            "https://bücher .example",
            "capacitor://",
            "capacitor://localhost/index.html",
            "file:///page.html",
            "data://text",
        ] {
            let reason = normalize(text).expect_err(text);
            assert!(reason.contains("is not an origin"), "{reason}");
        }
        let reason = normalize("ftp://shop.example.com").unwrap_err();
        assert!(reason.contains("capacitor") && reason.contains("moz-extension"), "{reason}");
    }

    #[test]
    fn a_name_in_another_script_is_said_to_be_written_otherwise() {
        let origin = normalize("https://bücher.example").unwrap();
        let told = converted("https://bücher.example", &origin);
        assert_eq!(told.as_deref(), Some("Browsers write https://bücher.example as https://xn--bcher-kva.example."));
        assert_eq!(converted("https://Shop.example", "https://shop.example"), None);
    }
}
