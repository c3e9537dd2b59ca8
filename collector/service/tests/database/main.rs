//! The database file as an operator meets it: whole after a stop, backed up and restored, watched while it is used,
//! private, and told of when nothing can be stored in it.

mod folder;
mod harm;

use folder::{Collector, Folder, eventually, length, said};
use rapport_shared::limit::BATCH_ITEMS;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;

/// A user without rights of any kind.
const NOBODY: u32 = 65_534;

#[test]
fn after_a_clean_stop_a_copy_of_the_file_alone_had_lost_every_view() {
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    for _ in 0..50 {
        assert_eq!(collector.send_view(&site), 202);
    }
    folder.good(&["site", "list"]);
    collector.stop();
    for suffix in ["-wal", "-shm"] {
        assert_eq!(length(&folder.path(&format!("rapport.db{suffix}"))), 0, "rapport.db{suffix}");
    }
    fs::copy(folder.path("rapport.db"), folder.path("copy.db")).unwrap();
    assert_eq!(folder.views("copy.db"), 50);
}

#[test]
fn a_backup_is_taken_while_a_collector_runs_and_restored_when_none_does() {
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    assert_eq!(collector.send_views(&site, 20), 202);
    let printed = folder.good(&["backup", "kept.db"]);
    assert!(printed.contains("verified") && printed.contains("20 page views"), "{printed}");
    assert!(!folder.path("kept.db-wal").exists(), "a backup is one file");
    assert_eq!(fs::metadata(folder.path("kept.db")).unwrap().permissions().mode() & 0o777, 0o600);
    for (file, told) in [
        ("kept.db", "exists already"),
        ("rapport.db", "belongs to the database itself"),
        ("rapport.db-wal", "belongs to the database itself"),
        (".", "is a folder"),
        ("none/kept.db", "none"),
        ("none/", "is a folder"),
    ] {
        let refused = folder.bad(&["backup", file]);
        assert!(refused.contains(told), "{file}: {refused}");
    }
    assert_eq!(collector.send_views(&site, 5), 202);
    folder.good(&["backup", "--force", "kept.db"]);
    assert_eq!(collector.send_views(&site, 7), 202);

    let refused = folder.bad(&["restore", "kept.db"]);
    assert!(refused.contains("another collector"), "{refused}");
    collector.stop();
    let printed = folder.good(&["restore", "kept.db"]);
    assert!(printed.contains("25 page views") && printed.contains("is kept as"), "{printed}");
    assert_eq!(folder.views("rapport.db"), 25);
    let aside = fs::read_dir(folder.path(".")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let left: Vec<_> = aside.filter(|name| name.contains("replaced") || name.ends_with(".part")).collect();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(folder.views(&left[0]), 32);
    let collector = Collector::start(&folder);
    assert_eq!((collector.ready().0, collector.send_view(&site)), (200, 202));
}

#[test]
fn what_is_no_sound_backup_is_refused_and_changes_nothing() {
    let folder = Folder::new();
    folder.site();
    folder.good(&["backup", "kept.db"]);
    let whole = fs::read(folder.path("kept.db")).unwrap();
    fs::write(folder.path("short.db"), &whole[..whole.len() / 2]).unwrap();
    let mut torn = whole.clone();
    torn[4_096..8_192].fill(0xff);
    fs::write(folder.path("torn.db"), torn).unwrap();
    fs::write(folder.path("text.db"), "a text").unwrap();
    rusqlite::Connection::open(folder.path("other.db")).unwrap().execute_batch("CREATE TABLE other (x)").unwrap();
    fs::write(folder.path("used.db"), &whole).unwrap();
    fs::write(folder.path("used.db-wal"), "a log").unwrap();
    fs::write(folder.path("newer.db"), &whole).unwrap();
    let newer = rusqlite::Connection::open(folder.path("newer.db")).unwrap();
    newer.execute_batch("INSERT INTO schema_migration VALUES (9999, 'later', '', 0)").unwrap();
    drop(newer);
    let before = fs::read(folder.path("rapport.db")).unwrap();
    for (file, told) in [
        ("short.db", "short.db"),
        ("torn.db", "torn.db"),
        ("text.db", "cannot be read as a database"),
        ("other.db", "no database of rapport"),
        ("used.db", "has a log beside it"),
        ("newer.db", "newer than this program"),
        ("none.db", "there is no backup"),
        ("rapport.db", "is the database itself"),
    ] {
        let refused = folder.bad(&["restore", file]);
        assert!(refused.contains(told), "{file}: {refused}");
        assert_eq!(fs::read(folder.path("rapport.db")).unwrap(), before, "{file}");
    }
    for command in ["backup", "restore"] {
        let refused = folder.bad(&[command, "kept.db", "--database-url", "postgres://me@127.0.0.1:1/none"]);
        assert!(refused.contains("PostgreSQL") && refused.contains("pg_"), "{refused}");
    }
    let elsewhere = Folder::new();
    assert!(elsewhere.bad(&["backup", "kept.db"]).contains("there is no database"));
    assert!(!elsewhere.path("rapport.db").exists());
}

#[test]
fn a_copy_restored_beside_an_old_log_was_undone_in_silence() {
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    assert_eq!(collector.send_views(&site, 3), 202);
    folder.good(&["backup", "kept.db"]);
    assert_eq!(collector.send_views(&site, 4), 202);
    collector.kill();
    let (file, log) = (folder.path("rapport.db"), folder.path("rapport.db-wal"));
    assert!(length(&log) > 0);
    let refused = folder.bad(&["restore", "kept.db"]);
    assert!(refused.contains("did not end properly"), "{refused}");
    fs::copy(&file, folder.path("own.db")).unwrap();
    // By hand, over it and in its place.
    for replace in [|from, to| fs::copy(from, to).map(|_| ()), |from, to| fs::rename(from, to)] {
        fs::copy(folder.path("kept.db"), folder.path("kept-2.db")).unwrap();
        replace(folder.path("kept-2.db"), file.clone()).unwrap();
        for command in [&["serve"][..], &["site", "list"], &["backup", "other.db"]] {
            let refused = folder.bad(command);
            assert!(refused.contains("is not of the file that lies beside it"), "{command:?}: {refused}");
        }
    }
    // The file that it belongs to is taken up with it.
    fs::copy(folder.path("own.db"), &file).unwrap();
    folder.good(&["site", "list"]);
    assert_eq!(folder.views("rapport.db"), 7);
    folder.good(&["restore", "kept.db"]);
    assert_eq!(folder.views("rapport.db"), 3);
}

#[test]
fn a_log_without_its_file_is_not_thrown_away() {
    let folder = Folder::new();
    folder.site();
    let collector = Collector::start(&folder);
    collector.kill();
    fs::rename(folder.path("rapport.db"), folder.path("elsewhere.db")).unwrap();
    for make in [false, true] {
        if make {
            fs::write(folder.path("rapport.db"), "").unwrap();
        }
        let refused = folder.bad(&["site", "list"]);
        assert!(refused.contains("its log is there"), "{refused}");
    }
    assert!(length(&folder.path("rapport.db-wal")) > 0);
}

/// What is done to the file under the collector, and what it says of that.
type Harm = (&'static str, fn(&Folder), &'static str);

#[test]
fn a_file_deleted_replaced_or_cut_short_was_acknowledged_into_nothing() {
    let harms: [Harm; 7] = [
        ("deleted", |folder| fs::remove_file(folder.path("rapport.db")).unwrap(), "was deleted or moved away"),
        (
            "moved",
            |folder| fs::rename(folder.path("rapport.db"), folder.path("moved.db")).unwrap(),
            "was deleted or moved away",
        ),
        (
            "replaced",
            |folder| fs::rename(folder.path("kept.db"), folder.path("rapport.db")).unwrap(),
            "was replaced by another file",
        ),
        (
            "overwritten",
            |folder| assert!(fs::copy(folder.path("kept.db"), folder.path("rapport.db")).is_ok()),
            "overwritten with another database",
        ),
        ("emptied", |folder| fs::write(folder.path("rapport.db"), "").unwrap(), "was cut short"),
        (
            "cut",
            |folder| {
                fs::OpenOptions::new().write(true).open(folder.path("rapport.db")).unwrap().set_len(8_192).unwrap()
            },
            "was cut short",
        ),
        ("log deleted", |folder| fs::remove_file(folder.path("rapport.db-wal")).unwrap(), "the log"),
    ];
    for (name, harm, told) in harms {
        let folder = Folder::new();
        let site = folder.site();
        let collector = Collector::start(&folder);
        assert_eq!((collector.send_view(&site), collector.ready().0), (202, 200), "{name}");
        folder.good(&["backup", "kept.db"]);
        harm(&folder);
        assert_eq!(collector.send_view(&site), 503, "{name}");
        let (status, document) = collector.ready();
        assert_eq!(status, 503, "{name}: {document}");
        assert!(collector.log().contains(told), "{name}: {}", collector.log());
        assert!(!document.contains(folder.path(".").to_str().unwrap()), "outsiders learn no path: {document}");
        if name == "moved" {
            fs::rename(folder.path("moved.db"), folder.path("rapport.db")).unwrap();
            assert_eq!((collector.send_view(&site), collector.ready().0), (202, 200), "it is back");
        } else {
            assert_eq!(collector.send_view(&site), 503, "{name}: it stays so");
        }
        collector.stop();
    }
}

#[test]
fn compacting_the_file_beside_a_collector_is_no_harm() {
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    for _ in 0..20 {
        assert_eq!(collector.send_views(&site, BATCH_ITEMS as u32), 202);
    }
    let connection = rusqlite::Connection::open(folder.path("rapport.db")).unwrap();
    connection.execute_batch("DELETE FROM page_view; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    let before = length(&folder.path("rapport.db"));
    assert_eq!(collector.send_view(&site), 202);
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    assert!(length(&folder.path("rapport.db")) < before);
    for _ in 0..3 {
        assert_eq!((collector.send_view(&site), collector.ready().0), (202, 200), "{}", collector.log());
    }
}

#[test]
fn a_second_collector_on_one_file_says_what_that_means() {
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    let refused = folder.bad(&["serve", "--listen", "127.0.0.1:0"]);
    for told in ["another collector", &format!("process {}", collector.id()), "rapport.db", "PostgreSQL"] {
        assert!(refused.contains(told), "{told}: {refused}");
    }
    let added = folder.good(&["site", "add", "Second", "--origin", "https://second.example.com"]);
    assert!(added.contains("data-site"), "commands go on working");
    assert_eq!(collector.send_view(&site), 202);
    collector.kill();
    Collector::start(&folder).stop();
}

#[test]
fn the_files_of_a_database_were_readable_by_all_though_they_hold_secrets() {
    let folder = Folder::new();
    for (umask, name) in [("000", "open.db"), ("777", "closed.db")] {
        let script = format!("umask {umask}; exec \"$@\"");
        let collector = Collector::start_by(&folder, &["sh", "-c", &script, "sh"], name);
        let mut seen = 0;
        for suffix in ["", "-wal", "-shm", "-lock"] {
            let found = fs::metadata(folder.path(&format!("{name}{suffix}"))).unwrap();
            assert_eq!(found.permissions().mode() & 0o777, 0o600, "{name}{suffix} with umask {umask}");
            seen += 1;
        }
        assert_eq!(seen, 4);
        collector.stop();
    }
    let file = folder.path("open.db");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let found = folder.good(&["doctor", "--database-url", "sqlite://open.db"]);
    assert!(found.contains("others on this machine could read") && found.contains("open.db"), "{found}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let mended = folder.good(&["doctor", "--database-url", "sqlite://open.db"]);
    assert!(mended.contains("nobody else on this machine can read the database"), "{mended}");
}

#[test]
fn a_read_only_file_started_and_then_refused_everything() {
    if !rustix::process::geteuid().is_root() {
        println!("left out: only the administrator can run it as another user");
        return;
    }
    let folder = Folder::new();
    folder.site();
    let (whole, file) = (folder.path("."), folder.path("rapport.db"));
    chown(&whole, Some(NOBODY), Some(NOBODY)).unwrap();
    let refused = |owner: u32, mode: u32| {
        chown(&file, Some(owner), Some(owner)).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let output = folder.command(&["serve", "--listen", "127.0.0.1:0"]).uid(NOBODY).gid(NOBODY).output().unwrap();
        assert!(!output.status.success(), "{}", said(&output));
        said(&output)
    };
    assert!(refused(NOBODY, 0o444).contains("can only be read: nothing could be stored"));
    assert!(refused(0, 0o644).contains("can only be read: nothing could be stored"));
    assert!(refused(0, 0o600).contains("cannot be used"));
}

#[test]
fn a_limit_on_the_size_of_files_killed_without_a_word() {
    let folder = Folder::new();
    let site = folder.site();
    // In blocks of 512 bytes: 2 MiB.
    let collector = Collector::start_by(&folder, &["sh", "-c", "ulimit -f 4096; exec \"$@\"", "sh"], "rapport.db");
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(collector.send_views(&site, BATCH_ITEMS as u32));
    }
    assert!(statuses.starts_with(&[202]) && statuses.ends_with(&[503]), "{statuses:?}");
    assert_eq!(collector.ready().0, 503);
    eventually("a word in the log", || collector.log().contains("ulimit -f").then_some(()));
    let stored = statuses.iter().filter(|status| **status == 202).count() * BATCH_ITEMS;
    collector.stop();
    assert_eq!(folder.views("rapport.db"), stored as i64, "what was acknowledged is there, and nothing else");
}

#[test]
fn with_a_full_disk_a_collector_called_itself_ready() {
    if !rustix::process::geteuid().is_root() {
        println!("left out: only the administrator can mount a small disk");
        return;
    }
    let folder = Folder::new();
    fs::create_dir(folder.path("disk")).unwrap();
    let script = format!("mount -t tmpfs -o size=16m none {} && exec \"$@\"", folder.path("disk").display());
    let starter = ["unshare", "-m", "sh", "-c", &script, "sh"];
    let collector = Collector::start_by(&folder, &starter, "disk/rapport.db");
    // As the collector sees it.
    let disk = format!("/proc/{}/root{}", collector.id(), folder.path("disk").display());
    let inside = ["nsenter", "-m", "-t", &collector.id().to_string()];
    let url = format!("sqlite://{}", folder.path("disk/rapport.db").display());
    let arguments = ["site", "add", "Shop", "--origin", "https://a.example", "--database-url", &url];
    let added = said(&folder.command_by(&inside, &arguments).output().unwrap());
    let site = added.split_once("data-site=\"").expect(&added).1.split('"').next().unwrap().to_owned();
    eventually("the site", || (collector.send_view(&site) == 202).then_some(()));
    assert_eq!(collector.ready().0, 200, "{}", collector.log());
    let filler = format!("{disk}/filler");
    assert!(fs::write(&filler, vec![1; 32 << 20]).is_err(), "the disk is full");
    let (status, document) = collector.ready();
    assert!(status == 503 && document.contains("full"), "{document}");
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(collector.send_views(&site, BATCH_ITEMS as u32));
    }
    assert!(statuses.ends_with(&[503]), "{statuses:?}");
    let tried = folder.command_by(&inside, &["doctor", "--database-url", &url]).output().unwrap();
    assert!(said(&tried).contains("bad       0 MiB are free for the database"), "{}", said(&tried));
    fs::remove_file(filler).unwrap();
    eventually("being ready", || (collector.ready().0 == 200).then_some(()));
    assert_eq!(collector.send_view(&site), 202);
}

#[test]
fn the_doctor_missed_a_malformed_page_and_rollups_that_stand_still() {
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    for _ in 0..10 {
        assert_eq!(collector.send_views(&site, BATCH_ITEMS as u32), 202);
    }
    collector.stop();
    let healthy = folder.good(&["doctor"]);
    for told in ["no page, index or constraint of the database is damaged", "the rollups are up to date"] {
        assert!(healthy.contains(told), "{told}: {healthy}");
    }
    let connection = rusqlite::Connection::open(folder.path("rapport.db")).unwrap();
    // 2026-01-02 08:00 UTC, marked in 2026-01.
    let mark = "INSERT INTO rollup_dirty (site_id, hour_ms, collector_id, mark)
         SELECT site_id, 1767340800000, site_id, x'019b7e5800007000800000000000000a' FROM site";
    connection.execute_batch(mark).unwrap();
    let stopped = folder.good(&["doctor"]);
    assert!(stopped.contains("No collector runs") && stopped.contains("2026-01-02 08:00"), "{stopped}");
    let root: i64 = connection
        .query_row("SELECT rootpage FROM sqlite_master WHERE name = 'page_view'", [], |row| row.get(0))
        .unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(connection);
    let mut bytes = fs::read(folder.path("rapport.db")).unwrap();
    let leaf = u32::from_be_bytes(bytes[(root as usize) * 4_096 - 4_096 + 8..][..4].try_into().unwrap()) as usize;
    bytes[(leaf - 1) * 4_096..][..64].fill(0xff);
    fs::write(folder.path("rapport.db"), bytes).unwrap();
    let damaged = folder.bad(&["doctor"]);
    assert!(damaged.contains("bad       the database is damaged"), "{damaged}");
}

#[test]
fn the_doctor_missed_jobs_that_nobody_does_and_those_that_were_given_up() {
    let folder = Folder::new();
    folder.site();
    for told in ["no background job is overdue", "no background job failed for good"] {
        let healthy = folder.good(&["doctor"]);
        assert!(healthy.contains(told), "{told}: {healthy}");
    }
    let connection = rusqlite::Connection::open(folder.path("rapport.db")).unwrap();
    let insert = |id: &str, key: &str, state: &str, error: &str| {
        let sql = "INSERT INTO job (job_id, kind, idempotency_key, payload, state, due_at_ms, changed_at_ms, attempts,
                revision, lease_until_ms, last_error) VALUES (?1, 'mail', ?2, '{}', ?3, 1, 1, 8, 0, 0, ?4)";
        connection.execute(sql, (id.as_bytes(), key, state, error)).unwrap();
    };
    insert("one", "ticket 7", "waiting", "");
    let overdue = folder.good(&["doctor"]);
    assert!(overdue.contains("1, such as mail ticket 7") && overdue.contains("No collector runs"), "{overdue}");
    insert("two", "ticket 8", "failed", "the server said 550");
    let failed = folder.bad(&["doctor"]);
    assert!(
        failed.contains("failed for good: 1, such as mail ticket 8, begun 8 times: the server said 550"),
        "{failed}"
    );
    let listed = folder.good(&["job", "list"]);
    assert!(
        listed.contains("overdue  mail  \"ticket 7\"") && listed.contains("failed   mail  \"ticket 8\""),
        "{listed}"
    );
    let refused = folder.bad(&["job", "retry", "mail", "ticket 7"]);
    assert!(refused.contains("no job mail \"ticket 7\" failed for good"), "{refused}");
    folder.good(&["job", "retry", "mail", "ticket 8"]);
    folder.good(&["doctor"]);
}
