//! The command line as an operator meets it: the real binary, a folder of its own, what it prints and how it ends.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A folder in which commands run.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rapport"));
        command.current_dir(self.path()).args(arguments).stdin(Stdio::null());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("RAPPORT_")) {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// What it printed; it must succeed.
    fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// What it complained of; it must fail.
    fn bad(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?} should fail: {}", text(&output.stdout));
        text(&output.stderr)
    }

    /// Begins a database, adds a site and gives its key.
    fn site(&self) -> String {
        self.good(&["migrate"]);
        let printed = self.good(&["site", "add", "Shop", "--origin", "https://shop.example.com"]);
        between(&printed, "data-site=\"", "\"").to_owned()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split_once(end).unwrap_or_else(|| panic!("no {end} in {rest}")).0
}

const SURVEY: &str = r#"{ "id": "checkout", "name": "Checkout", "title": "How was it?",
    "questions": [{ "id": "easy", "kind": "ces", "text": "It was easy to buy." }] }"#;

#[test]
fn a_site_comes_with_a_tag_and_a_survey() {
    let folder = Folder::new();
    folder.good(&["migrate"]);
    let printed = folder.good(&[
        "site",
        "add",
        "Shop",
        "--origin",
        "https://Shop.example.com/",
        "--origin",
        "http://127.0.0.1:8081",
        "--origin",
        "https://shop.example.com",
        "--time-zone",
        "Europe/Berlin",
        "--public-url",
        "https://feedback.example.com",
    ]);
    let key = between(&printed, "data-site=\"", "\"");
    let tag = format!(r#"<script async src="https://feedback.example.com/rapport.js" data-site="{key}"></script>"#);
    assert!(printed.contains(&tag), "{printed}");
    let listed = folder.good(&["site", "list"]);
    assert!(listed.contains(key) && listed.contains("Europe/Berlin"), "{listed}");
    assert!(listed.contains("https://shop.example.com http://127.0.0.1:8081\n"), "each once: {listed}");
    assert!(folder.good(&["survey", "list", key]).contains("feedback  version 1  active"));

    for (arguments, named) in [
        (["site", "add", "Shop", "--origin", "shop.example.com"], "not an origin"),
        (["site", "add", "Shop", "--time-zone", "Europe/Berlin"], "--origin"),
        (["site", "add", "", "--origin", "https://shop.example.com"], "1 to 120 characters"),
    ] {
        let complaint = folder.bad(&arguments);
        assert!(complaint.contains(named), "{complaint}");
    }
    let zone = folder.bad(&["site", "add", "Shop", "--origin", "https://a.example", "--time-zone", "Mars/Olympus"]);
    assert!(zone.contains("Mars/Olympus"), "{zone}");
}

#[test]
fn a_survey_is_created_versioned_and_refused_by_the_field_at_fault() {
    let folder = Folder::new();
    let key = folder.site();
    let file = folder.path().join("survey.json");
    let apply = ["survey", "apply", &key, "survey.json"];
    std::fs::write(&file, SURVEY).unwrap();
    let created = folder.good(&apply);
    // The time that the configuration's caches take, as the documents say.
    assert!(created.contains("Created checkout") && created.contains("within a minute"), "{created}");
    assert!(folder.good(&apply).contains("says this already (version 1)"));
    std::fs::write(&file, SURVEY.replace("How was it?", "Tell us")).unwrap();
    assert!(folder.good(&["survey", "apply", "shop", "survey.json"]).contains("version 2"));
    let listed = folder.good(&["survey", "list", &key]);
    assert!(listed.contains("feedback  version 1") && listed.contains("checkout  version 2"), "{listed}");
    folder.good(&["survey", "deactivate", &key, "checkout"]);
    assert!(folder.good(&["survey", "list", &key]).contains("checkout  version 2  inactive"));

    for (definition, named) in [
        (SURVEY.replace("ces", "slider"), "questions[0].kind: must be one of nps"),
        (SURVEY.replace("\"title\"", "\"heading\""), "heading"),
        (SURVEY.replace("\"easy\"", "\"Easy!\""), "questions[0].id"),
        ("{".into(), "line 1"),
    ] {
        std::fs::write(&file, definition).unwrap();
        let complaint = folder.bad(&apply);
        assert!(complaint.contains(named) && complaint.contains("survey.json"), "{complaint}");
    }
    assert!(folder.bad(&["survey", "apply", &key, "missing.json"]).contains("missing.json"));
    assert!(folder.bad(&["survey", "apply", "nowhere", "survey.json"]).contains("no site nowhere"));
    assert!(folder.bad(&["survey", "activate", &key, "none"]).contains("no survey none"));
}

/// The documents that show what may be written, from the root of the repository.
const DOCUMENTS: [&str; 7] = [
    "README.md",
    "docs/surveys.md",
    "docs/targeting.md",
    "docs/themes.md",
    "docs/pictures.md",
    "examples/README.md",
    "widget/README.md",
];

#[test]
fn every_json_of_the_documents_can_be_applied_to_a_new_site() {
    let mut applied = Vec::new();
    for document in DOCUMENTS {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(document);
        let written = std::fs::read_to_string(path).expect(document);
        for json in written.split("```json\n").skip(1).filter_map(|rest| rest.split("\n```").next()) {
            let folder = Folder::new();
            let key = folder.site();
            std::fs::write(folder.path().join("written.json"), json).unwrap();
            let is_theme = document.ends_with("themes.md");
            let subject = if is_theme { ["site", "theme"] } else { ["survey", "apply"] };
            let output = folder.run(&[subject[0], subject[1], &key, "written.json"]);
            assert!(output.status.success(), "{document}: {json}\n{}", text(&output.stderr));
            assert_eq!(text(&output.stderr), "", "{document}: {json}");
            applied.push((document, subject[0]));
        }
    }
    let count = |subject| applied.iter().filter(|(_, applied)| *applied == subject).count();
    assert!(count("survey") >= 3 && count("site") >= 1, "{applied:?}");
}

#[test]
fn a_popover_without_a_trigger_was_taken_in_silence_and_never_appeared() {
    let folder = Folder::new();
    let key = folder.site();
    let warned = |fields: &str| {
        let survey = SURVEY.replacen('{', &format!("{{ {fields} "), 1);
        std::fs::write(folder.path().join("survey.json"), survey).unwrap();
        let output = folder.run(&["survey", "apply", &key, "survey.json"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    for placement in ["popover", "banner"] {
        let said = warned(&format!(r#""placement": "{placement}","#));
        let expected = format!("warning: checkout is a {placement} without a trigger, so it never appears by itself");
        assert!(said.starts_with(&expected), "{said}");
    }
    for meant in [
        r#""placement": "modal","#,
        r#""placement": "popover", "trigger": { "on": "manual" },"#,
        r#""placement": "banner", "trigger": { "on": "exit_intent" },"#,
    ] {
        assert_eq!(warned(meant), "", "{meant}");
    }
}

#[test]
fn the_faults_of_all_files_of_a_command_are_told_at_once() {
    let folder = Folder::new();
    let key = folder.site();
    std::fs::write(folder.path().join("one.json"), SURVEY.replace("ces", "slider")).unwrap();
    std::fs::write(folder.path().join("two.json"), SURVEY.replace("\"easy\"", "\"Easy!\"")).unwrap();
    let said = folder.bad(&["survey", "apply", &key, "one.json", "two.json"]);
    for expected in ["one.json cannot be used", "questions[0].kind", "two.json cannot be used", "questions[0].id"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_second_site_of_one_name_made_the_name_useless() {
    let folder = Folder::new();
    let key = folder.site();
    for name in ["Shop", " shop "] {
        let said = folder.bad(&["site", "add", name, "--origin", "https://other.example.com"]);
        assert!(said.contains(&format!("with the key {key}: `rapport site tag {key}`")), "{said}");
    }
    assert!(folder.good(&["site", "tag", "Shop"]).contains(&key));
    folder.good(&["site", "add", "Shop 2", "--origin", "https://other.example.com"]);
}

#[test]
fn a_command_in_another_folder_says_which_database_it_asked() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let key = folder.site();
    let said = elsewhere.bad(&["site", "secret", &key, "recipient"]);
    for expected in ["sqlite://rapport.db", "folder where the collector runs", "--config", "--database-url"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let url = format!("sqlite://{}", folder.path().join("rapport.db").display());
    let there = folder.good(&["site", "secret", &key, "recipient"]);
    assert_eq!(elsewhere.good(&["site", "secret", &key, "recipient", "--database-url", &url]), there);
}

#[test]
fn a_command_in_a_folder_without_a_database_made_an_empty_one() {
    let folder = Folder::new();
    for command in [
        &["site", "add", "Shop", "--origin", "https://shop.example.com"][..],
        &["site", "list"],
        &["member", "list", "Shop"],
        &["key", "list", "Shop"],
        &["survey", "list", "Shop"],
        &["doctor"],
    ] {
        let output = folder.run(command);
        let said = text(&output.stdout) + &text(&output.stderr);
        assert!(!output.status.success() && said.contains("there is no database sqlite://rapport.db in"), "{said}");
        assert!(said.contains("`rapport migrate` begins a new one"), "{said}");
        assert!(!folder.path().join("rapport.db").exists(), "{command:?}");
    }
    folder.good(&["migrate"]);
    assert!(folder.good(&["site", "list"]).contains("There is no site yet"));
}

#[test]
fn the_tag_of_a_new_site_led_to_this_machine_alone_and_nobody_said_so() {
    let folder = Folder::new();
    folder.good(&["migrate"]);
    let add = |name: &str, flags: &[&str]| {
        let command = [&["site", "add", name, "--origin", "https://shop.example.com"], flags].concat();
        let output = folder.run(&command);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stderr)
    };
    let said = add("Shop", &[]);
    assert!(said.contains("http://127.0.0.1:8080 is reached from this machine alone"), "{said}");
    assert!(said.contains("public_url = \"https://feedback.example.com\""), "{said}");
    assert_eq!(add("Told", &["--public-url", "https://feedback.example.com"]), "");
    // The tag is all that is printed, so that it can be piped.
    let output = folder.run(&["site", "tag", "Shop"]);
    assert_eq!(text(&output.stdout).lines().count(), 1);
    assert!(text(&output.stderr).contains("this machine alone"));
}

#[test]
fn links_and_addresses_led_to_this_machine_alone_and_nobody_said_so() {
    let folder = Folder::new();
    let key = folder.site();
    let warnings = |arguments: &[&str], flags: &[(&str, &str)]| {
        let mut command = folder.command(arguments);
        let output = command.envs(flags.iter().copied()).output().expect("the binary runs");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stderr).lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let public = ("RAPPORT_PUBLIC_URL", "https://feedback.example.com");
    let script = ("RAPPORT_SCRIPT_URL", "https://www.example.com/v.js");
    let of_collector = [
        &["member", "add", &key, "ada@example.com", "--role", "owner"][..],
        &["member", "reset", "ada@example.com"],
        &["key", "add", &key, "--name", "warehouse", "--scope", "reports:read"],
    ];
    for arguments in of_collector {
        for flags in [&[][..], &[script]] {
            let said = warnings(arguments, flags);
            assert!(
                said.len() == 1 && said[0].contains("http://127.0.0.1:8080 is reached from this machine alone"),
                "{said:?}"
            );
            assert!(said[0].contains("`public_url = "), "{said:?}");
        }
        assert_eq!(warnings(arguments, &[public]), [""; 0], "{arguments:?}");
    }
    // A new site prints two addresses; the setting that is named is that of the address.
    for (number, (flags, named)) in [
        (&[script][..], &["public_url"][..]),
        (&[public, ("RAPPORT_SCRIPT_URL", "http://localhost:8080/v.js")], &["script_url"]),
        (&[("RAPPORT_SCRIPT_URL", "http://[::]:8080/v.js")], &["script_url", "public_url"]),
        (&[("RAPPORT_PUBLIC_URL", "https://127.example.com")], &[]),
    ]
    .into_iter()
    .enumerate()
    {
        let said = warnings(&["site", "add", &format!("Site {number}"), "--origin", "https://a.example"], flags);
        assert_eq!(said.len(), named.len(), "{flags:?}: {said:?}");
        for (line, setting) in said.iter().zip(named) {
            assert!(line.contains(&format!("`{setting} = ")), "{line}");
        }
    }
    let mut doctor = folder.command(&["doctor"]);
    let said = text(&doctor.envs([script]).output().unwrap().stdout);
    assert!(!said.contains("only this machine can use the script tag"), "{said}");
    assert!(said.contains("doubtful  http://127.0.0.1:8080 is reached from this machine alone"), "{said}");
}

#[test]
fn a_backup_where_there_is_no_database_said_neither_the_folder_nor_a_way_on() {
    let folder = Folder::new();
    let said = folder.bad(&["backup", "copy.db"]);
    for expected in ["there is no database sqlite://rapport.db in", "--config", "--database-url"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made");
}

#[test]
fn an_address_that_is_taken_is_told_before_anything_is_made() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (command, flag) in [
        (&["serve", "--listen", &address][..], "--listen"),
        (&["demo", "--listen", &address, "--shop-listen", free], "--listen"),
        (&["demo", "--listen", free, "--shop-listen", &address], "--shop-listen"),
    ] {
        let folder = Folder::new();
        let said = folder.bad(command);
        assert!(said.contains(&format!("cannot listen on {address}: another program does")), "{said}");
        assert!(said.contains(&format!("choose another address with {flag}")), "{said}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{command:?}");
    }
}

#[test]
fn a_demo_whose_ports_were_taken_filled_a_month_and_failed() {
    use std::io::{BufRead, BufReader};
    // Whoever has them: they are taken.
    let _taken = ["127.0.0.1:8080", "127.0.0.1:8081"].map(std::net::TcpListener::bind);
    let folder = Folder::new();
    let command = folder.command(&["demo", "--visits-per-day", "1"]).stdout(Stdio::piped()).spawn();
    let mut child = command.expect("the binary runs");
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let printed: Vec<String> = lines.take_while(|line| !line.starts_with("Rapport listens on")).collect();
    let link = |name: &str| {
        let line = printed.iter().find(|line| line.contains(name) && line.contains("http")).expect("a link");
        let address = line.split("http://").nth(1).expect("an address");
        address.split('/').next().unwrap_or_default().to_owned()
    };
    let (shop, dashboard) = (link("Shop with the widget"), link("Overview"));
    assert!(shop != dashboard && shop != "127.0.0.1:8081" && dashboard != "127.0.0.1:8080", "{printed:?}");
    for address in [shop, dashboard] {
        assert!(std::net::TcpStream::connect(&address).is_ok(), "{address} answers");
    }
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_member_gets_a_link_and_can_be_taken_off() {
    let folder = Folder::new();
    let key = folder.site();
    let printed = folder.good(&["member", "add", &key, "Ada@Example.com", "--role", "owner"]);
    let link = printed.split_whitespace().find(|word| word.starts_with("http")).expect("a link");
    assert!(link.starts_with("http://127.0.0.1:8080/sign-in/link/") && link.len() > 90, "{link}");
    assert!(folder.good(&["member", "list", &key]).contains("ada@example.com  owner"));
    folder.good(&["member", "add", &key, "ada@example.com", "--role", "viewer"]);
    assert_eq!(folder.good(&["member", "list", &key]).trim(), "ada@example.com  viewer");
    let reset = folder.good(&["member", "reset", "ada@example.com"]);
    assert!(reset.contains("/sign-in/link/") && !reset.contains(link), "{reset}");
    folder.good(&["member", "remove", &key, "ada@example.com"]);
    assert!(folder.good(&["member", "list", &key]).contains("no members"));

    assert!(folder.bad(&["member", "add", &key, "ada", "--role", "owner"]).contains("not a mail address"));
    assert!(folder.bad(&["member", "add", &key, "a@b.c", "--role", "king"]).contains("king"));
    assert!(folder.bad(&["member", "reset", "who@example.com"]).contains("nobody is known"));
    assert!(folder.bad(&["member", "remove", &key, "ada@example.com"]).contains("no member"));
}

#[test]
fn a_key_is_shown_once_listed_without_its_secret_and_revoked() {
    let folder = Folder::new();
    let site = folder.site();
    let printed = folder.good(&["key", "add", &site, "--name", "warehouse", "--scope", "reports:read"]);
    let secret = printed.split_whitespace().find(|word| word.starts_with("rapport_")).expect("a key");
    let listed = folder.good(&["key", "list", &site]);
    assert!(listed.contains("warehouse  reports:read") && !listed.contains(secret), "{listed}");
    let id = listed.split_whitespace().next().expect("an id");
    folder.good(&["key", "revoke", &site, id]);
    assert!(folder.good(&["key", "list", &site]).contains("revoked"));
    assert!(folder.bad(&["key", "revoke", &site, id]).contains("no key"));
    let scope = folder.bad(&["key", "add", &site, "--name", "x", "--scope", "everything"]);
    assert!(scope.contains("everything") && scope.contains("responses:read"), "{scope}");

    let database = std::fs::read(folder.path().join("rapport.db")).unwrap();
    assert!(!database.windows(secret.len()).any(|window| window == secret.as_bytes()), "only the hash is kept");
}

#[test]
fn a_mail_server_pipes_a_mail_in_and_learns_what_became_of_it() {
    use std::io::Write;
    let folder = Folder::new();
    let key = folder.site();
    let set = folder.good(&["mail", "address", &key, "help@shop.example.com"]);
    assert!(set.contains("Customers of Shop write to help@shop.example.com."), "{set}");
    let pipe = |mail: &[u8]| {
        let mut command = folder.command(&["mail", "receive"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(mail).expect("it is heard to its end");
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let mail = |to: &str, body: &str| {
        format!(
            "From: Ada <ada@example.org>\r\nTo: {to}\r\nSubject: The cart\r\nMessage-ID: <1@example.org>\r\n\r\n{body}\r\n"
        )
    };
    let first = mail("help@shop.example.com", "My cart is empty.");
    let (good, said, complained) = pipe(first.as_bytes());
    assert!(good && said.contains(": opened "), "{said} {complained}");
    let (good, said, _) = pipe(first.as_bytes());
    assert!(good && said.contains("it was taken before"), "a mail that is handed over twice opens one ticket: {said}");
    // The mail server keeps what fails, and tells its sender.
    for stray in [mail("nobody@elsewhere.example", "Hello").into_bytes(), Vec::new(), vec![0xff; 4_096]] {
        let (good, said, complained) = pipe(&stray);
        assert!(!good && complained.contains("to no address of any site"), "{said} {complained}");
    }
    // One that is too large is heard to its end, and ends in a defined way.
    let large = mail("help@shop.example.com", &"x".repeat(60_000_000)).replace("<1@", "<2@");
    let (_, said, complained) = pipe(large.as_bytes());
    assert!(!said.contains("panicked") && !complained.contains("panicked"), "{said} {complained}");
}

#[test]
fn the_doctor_says_what_is_wrong_and_how_it_ends() {
    let folder = Folder::new();
    let site = folder.site();
    folder.good(&["member", "add", &site, "ada@example.com", "--role", "owner"]);
    let healthy = folder.good(&["doctor", "--public-url", "https://feedback.example.com", "--trusted-proxy", "::1"]);
    for expected in ["can be written", "synchronous is 2", "journal_mode is wal", "widget is complete", "1 site, each"]
    {
        assert!(healthy.contains(expected), "{expected}: {healthy}");
    }
    assert!(!healthy.lines().any(|line| line.starts_with("bad")), "{healthy}");
    let forgetful = folder.good(&["doctor", "--public-url", "https://feedback.example.com"]);
    assert!(forgetful.contains("trusted_proxies is empty"), "{forgetful}");

    let away = folder.run(&["doctor", "--database-url", "postgres://me:secret@127.0.0.1:1/none"]);
    assert!(!away.status.success());
    let said = text(&away.stdout) + &text(&away.stderr);
    assert!(said.contains("bad") && said.contains("cannot be opened") && !said.contains("secret"), "{said}");

    std::fs::write(folder.path().join("broken.db"), "this is no database").unwrap();
    let broken = folder.run(&["doctor", "--database-url", "sqlite://broken.db"]);
    assert!(!broken.status.success(), "{}", text(&broken.stdout));
}

#[test]
fn settings_that_do_not_exist_are_refused_by_name() {
    let folder = Folder::new();
    std::fs::write(folder.path().join("rapport.toml"), "listne = \"127.0.0.1:8080\"").unwrap();
    assert!(folder.bad(&["site", "list"]).contains("listne"));
    std::fs::remove_file(folder.path().join("rapport.toml")).unwrap();
    let output = folder.command(&["site", "list"]).env("RAPPORT_LISTNE", "x").output().unwrap();
    assert!(!output.status.success() && text(&output.stderr).to_lowercase().contains("listne"));
    assert!(folder.bad(&["site", "list", "--config", "none.toml"]).contains("none.toml"));
}

#[test]
fn serving_ends_well_when_it_is_asked_to() {
    use std::io::{BufRead, BufReader, Read, Write};
    let folder = Folder::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let log = std::fs::File::create(folder.path().join("log")).unwrap();
    let mut child =
        folder.command(&["serve", "--listen", &address]).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains(&address), "{line}");
    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    // Sockets that say nothing, or half of something, hold nothing up.
    let silent: Vec<_> = (0..100)
        .map(|number| {
            let mut socket = std::net::TcpStream::connect(&address).unwrap();
            let begun: &[u8] =
                if number % 2 == 0 { b"" } else { b"POST /v1/batch HTTP/1.1\r\ncontent-length: 9\r\n\r\n{" };
            socket.write_all(begun).unwrap();
            socket
        })
        .collect();
    let process = rustix::process::Pid::from_child(&child);
    let asked = std::time::Instant::now();
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains(&format!("http://{address} is reached from this machine alone")), "{log}");
    assert!(asked.elapsed() < std::time::Duration::from_secs(5), "{:?}", asked.elapsed());
    drop(silent);
}

#[test]
fn a_reader_that_is_gone_ends_a_command_quietly() {
    let folder = Folder::new();
    let key = folder.site();
    // A pipe whose other end is closed before anything is printed.
    let unread = |arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = folder.command(arguments).stdout(writer).output().expect("the binary runs");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "", "{arguments:?}");
    };
    let public = ["--public-url", "https://feedback.example.com"];
    unread(&[&["key", "add", &key, "--name", "warehouse", "--scope", "reports:read"], &public[..]].concat());
    assert!(folder.good(&["key", "list", &key]).contains("warehouse"), "what was asked for is done");
    unread(&["site", "list"]);
    unread(&["survey", "pool"]);
    unread(&["survey", "pool", "nps"]);
    unread(&["doctor"]);
}

#[test]
fn a_forgotten_origin_is_added_and_an_old_one_removed() {
    let folder = Folder::new();
    let key = folder.site();
    let add = |origin| ["site", "origin", "add", &key, origin];
    let remove = |origin| ["site", "origin", "remove", &key, origin];
    let said = folder.good(&add("https://Staging.example.com/"));
    assert!(said.contains("https://staging.example.com may send to Shop within 5 seconds"), "{said}");
    let list = || folder.good(&["site", "origin", "list", "shop"]);
    assert_eq!(list(), "https://shop.example.com\nhttps://staging.example.com\n");
    for (arguments, named) in [
        (add("https://staging.example.com"), "an origin of Shop already"),
        (add("staging.example.com"), "not an origin"),
        (add("https://staging.example.com/path"), "leave out the path"),
        (remove("https://www.example.com"), "no origin of Shop"),
    ] {
        let complaint = folder.bad(&arguments);
        assert!(complaint.contains(named), "{complaint}");
    }
    folder.good(&remove("https://shop.example.com"));
    let last = folder.bad(&remove("https://staging.example.com"));
    assert!(last.contains("last origin of Shop") && last.contains("add another one first"), "{last}");
    assert_eq!(list(), "https://staging.example.com\n");
}

#[tokio::test]
async fn who_changed_what_by_the_command_line_is_noted() {
    let folder = Folder::new();
    let key = folder.site();
    std::fs::write(folder.path().join("survey.json"), SURVEY).unwrap();
    std::fs::write(folder.path().join("theme.json"), r##"{ "accent": "#005500" }"##).unwrap();
    let mut expected = vec!["survey.create survey feedback".to_owned()];
    let mut note = |arguments: &[&str], entry: &str| {
        folder.good(arguments);
        expected.extend((!entry.is_empty()).then(|| entry.to_owned()));
    };
    note(&["survey", "apply", &key, "survey.json"], "survey.create survey checkout");
    note(&["survey", "apply", &key, "survey.json"], "");
    std::fs::write(folder.path().join("survey.json"), SURVEY.replace("How was it?", "Tell us")).unwrap();
    note(&["survey", "apply", &key, "survey.json"], "survey.change survey checkout");
    note(&["survey", "add-from", "nps", &key], "survey.create survey nps");
    note(&["survey", "deactivate", &key, "nps"], "survey.deactivate survey nps");
    note(&["survey", "deactivate", &key, "nps"], "");
    note(&["survey", "activate", &key, "nps"], "survey.activate survey nps");
    note(&["member", "add", &key, "ada@example.com", "--role", "owner"], "member.add member ada@example.com as owner");
    let fewer = "member.change member ada@example.com from owner to viewer";
    note(&["member", "add", &key, "ada@example.com", "--role", "viewer"], fewer);
    note(&["member", "reset", "ada@example.com"], "member.reset member ada@example.com");
    note(&["member", "remove", &key, "ada@example.com"], "member.remove member ada@example.com");
    note(&["site", "cooldown", &key, "14"], "cooldown.change cooldown to 14 days");
    let zone = "time_zone.change time zone from UTC to America/New_York";
    note(&["site", "time-zone", &key, "America/New_York"], zone);
    note(&["site", "theme", &key, "theme.json"], "theme.change theme");
    note(&["site", "theme", &key], "");
    note(&["site", "secret", &key, "identity"], "secret.show secret identity");
    let origin = "https://staging.example.com";
    note(&["site", "origin", "add", &key, origin], "origin.add origin https://staging.example.com");
    note(&["site", "origin", "remove", &key, origin], "origin.remove origin https://staging.example.com");
    folder.good(&["key", "add", &key, "--name", "warehouse", "--scope", "reports:read"]);
    let listed = folder.good(&["key", "list", &key]);
    let id = listed.split_whitespace().next().expect("an id");
    folder.good(&["key", "revoke", &key, id]);
    expected.extend([format!("key.create key {id}"), format!("key.revoke key {id}")]);
    for refused in [
        &["survey", "activate", &key, "none"][..],
        &["key", "revoke", &key, id],
        &["site", "time-zone", &key, "America/New_York"],
        &["site", "time-zone", &key, "Mars/Olympus"],
        &["member", "remove", &key, "ada@example.com"],
    ] {
        folder.bad(refused);
    }

    let url = format!("sqlite://{}", folder.path().join("rapport.db").display());
    let store = rapport_store::Store::open(&url, rapport_store::clock::Clock::System).await.unwrap();
    let site = store.site_by_key(&key).await.unwrap().unwrap();
    let mut entries = store.audit_entries(site.site_id, None, 100).await.unwrap();
    entries.sort_by_key(|entry| (entry.occurred_at_ms, entry.entry_id));
    let noted: Vec<_> = entries.iter().map(|entry| format!("{} {}", entry.action, entry.subject)).collect();
    assert_eq!(noted, expected);
    assert!(entries.iter().all(|entry| entry.actor == "command line"));
    store.shut_down().await;
}

#[test]
fn a_site_was_removed_by_a_slip_or_left_its_name_taken() {
    let folder = Folder::new();
    let key = folder.site();
    assert!(folder.bad(&["site", "rename", &key, " "]).contains("the name must be 1 to 120 characters"));
    assert!(folder.good(&["site", "rename", &key, "Store"]).contains("Shop is called Store from now on"));
    let complaint = folder.bad(&["site", "remove", "store"]);
    assert!(complaint.contains("with Store go no data") && complaint.contains("--confirm \"Store\""), "{complaint}");
    assert!(folder.bad(&["site", "remove", "store", "--confirm", "Shop"]).contains("--confirm"));
    assert!(folder.good(&["site", "list"]).contains("Store"));
    assert!(folder.good(&["site", "remove", "store", "--confirm", "Store"]).contains("Store is gone"));
    assert!(folder.good(&["site", "list"]).contains("no site yet"));
    folder.good(&["site", "add", "Store", "--origin", "https://store.example.com"]);
}

#[test]
fn a_secret_and_a_key_have_their_time() {
    let folder = Folder::new();
    let site = folder.site();
    let secret = |arguments: &[&str]| folder.good(&[&["site", "secret", &site, "identity"], arguments].concat());
    let first = secret(&[]);
    assert_eq!(secret(&[]), first);
    let second = secret(&["--rotate", "7"]);
    assert!(second != first && second.trim().len() == 64, "{second}");
    assert_eq!(secret(&[]), second);
    assert!(folder.bad(&["site", "secret", &site, "identity", "--rotate", "366"]).contains("365"));
    let add = |days| ["key", "add", &site, "--name", "till", "--scope", "reports:read", "--days", days];
    assert!(folder.bad(&add("0")).contains("the days must be a whole number from 1 to 3650"));
    folder.good(&add("30"));
    let listed = folder.good(&["key", "list", &site]);
    assert!(listed.contains("never used  until 20"), "{listed}");
}
