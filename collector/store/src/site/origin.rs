//! Web origins as browsers send them: scheme, host and port, nothing else.

use http::Uri;

/// The form of `text` that a browser puts into its `Origin` header.
///
/// # Errors
/// What is wrong with it, in plain words.
pub fn normalize(text: &str) -> Result<String, String> {
    let refuse = |reason: &str| Err(format!("\"{text}\" is not an origin: {reason}, as in https://www.example.com"));
    let Ok(uri) = text.trim().parse::<Uri>() else {
        return refuse("write the scheme and the host");
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return refuse("write the scheme and the host");
    };
    let default_port = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return refuse("the scheme must be http or https"),
    };
    if authority.as_str().contains('@') || !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return refuse("leave out the path, the query and any user name");
    }
    // What browsers write, with names of other scripts in their ASCII form; a shell reads nothing else into it.
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if uri.host().is_none_or(|host| host.is_empty() || !host.bytes().all(is_usual)) {
        return refuse("the host must be one full name");
    }
    let host = authority.host().to_ascii_lowercase();
    Ok(match authority.port_u16() {
        Some(port) if port != default_port => format!("{scheme}://{host}:{port}"),
        None if authority.as_str().len() != host.len() => return refuse("the port must be a number"),
        _ => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::normalize;

    #[test]
    fn an_origin_takes_the_form_browsers_send() {
        for (text, expected) in [
            ("https://Shop.Example.com", "https://shop.example.com"),
            ("https://shop.example.com/", "https://shop.example.com"),
            (" https://shop.example.com:443 ", "https://shop.example.com"),
            ("http://shop.example.com:443", "http://shop.example.com:443"),
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
            ("http://[::1]:80", "http://[::1]"),
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
        ] {
            let reason = normalize(text).expect_err(text);
            assert!(reason.contains("is not an origin"), "{reason}");
        }
    }
}
