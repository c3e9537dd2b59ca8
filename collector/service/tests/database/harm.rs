//! What befalls the file, its log, their index and the lock: noticed before more is acknowledged, refused at the next start,
//! and what is left of it is saved.

use super::NOBODY;
use super::folder::{Collector, Folder, length, said};
use rusqlite::Connection;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;

fn cut(folder: &Folder, name: &str, bytes: u64) {
    OpenOptions::new().write(true).open(folder.path(name)).unwrap().set_len(bytes).unwrap();
}

/// Has the log copied into the file and emptied, as any program may.
fn empty_log(folder: &Folder) {
    let connection = Connection::open(folder.path("rapport.db")).unwrap();
    connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
}

/// Nothing more is acknowledged, and `told` says why.
fn refuses(collector: &Collector, site: &str, told: &str) {
    for _ in 0..3 {
        assert_eq!(collector.send_views(site, 10), 503, "{told}");
    }
    assert_eq!(collector.ready().0, 503, "{told}");
    assert!(collector.log().contains(told), "{told}: {}", collector.log());
}

fn is_sound(folder: &Folder) {
    let connection = Connection::open(folder.path("rapport.db")).unwrap();
    let found: String = connection.query_row("PRAGMA integrity_check(3)", [], |row| row.get(0)).unwrap();
    assert_eq!(found, "ok");
}

#[test]
fn a_log_cut_under_a_collector_was_written_on_behind_a_hole() {
    for halves in [0, 1] {
        let folder = Folder::new();
        let site = folder.site();
        let collector = Collector::start(&folder);
        for _ in 0..10 {
            assert_eq!(collector.send_views(&site, 50), 202);
        }
        let bytes = length(&folder.path("rapport.db-wal"));
        cut(&folder, "rapport.db-wal", bytes * halves / 2);
        refuses(&collector, &site, "was cut short");
        collector.stop();
        let collector = Collector::start(&folder);
        assert_eq!((collector.send_view(&site), collector.ready().0), (202, 200), "what is left is of use");
        collector.stop();
        is_sound(&folder);
    }
}

/// What is done to a file, and what is told of that.
type Harm = (fn(&Folder), &'static str);

#[test]
fn a_deleted_index_had_the_next_command_ruin_the_file() {
    let harms: [Harm; 2] = [
        (|folder| fs::remove_file(folder.path("rapport.db-shm")).unwrap(), "was deleted or replaced"),
        (|folder| cut(folder, "rapport.db-shm", 0), "was cut short"),
    ];
    for (harm, told) in harms {
        let folder = Folder::new();
        let site = folder.site();
        let collector = Collector::start(&folder);
        assert_eq!(collector.send_views(&site, 50), 202);
        folder.until_jobs_ran();
        harm(&folder);
        if told.contains("deleted") {
            folder.good(&["site", "list"]);
        }
        refuses(&collector, &site, told);
        collector.stop();
        let collector = Collector::start(&folder);
        assert_eq!(collector.send_views(&site, 5), 202);
        collector.stop();
        is_sound(&folder);
        assert_eq!(folder.views("rapport.db"), 55, "what was acknowledged is there");
    }
}

#[test]
fn an_older_copy_of_the_same_collectors_file_was_taken_for_it_beside_a_killed_log() {
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    assert_eq!(collector.send_views(&site, 10), 202);
    fs::copy(folder.path("rapport.db"), folder.path("older.db")).unwrap();
    assert_eq!(collector.send_views(&site, 10), 202);
    empty_log(&folder);
    assert_eq!(collector.send_views(&site, 10), 202);
    fs::copy(folder.path("rapport.db"), folder.path("later.db")).unwrap();
    assert_eq!(collector.send_views(&site, 10), 202);
    collector.kill();
    fs::copy(folder.path("older.db"), folder.path("rapport.db")).unwrap();
    for command in [&["serve"][..], &["site", "list"]] {
        let refused = folder.bad(command);
        assert!(refused.contains("is not of the file that lies beside it"), "{command:?}: {refused}");
    }
    // The log holds all that this one lacks.
    fs::copy(folder.path("later.db"), folder.path("rapport.db")).unwrap();
    Collector::start(&folder).stop();
    is_sound(&folder);
    assert_eq!(folder.views("rapport.db"), 40);
}

#[test]
fn without_the_lock_a_backup_beside_a_killed_log_was_undone_in_silence() {
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    assert_eq!(collector.send_views(&site, 3), 202);
    folder.good(&["backup", "kept.db"]);
    assert_eq!(collector.send_views(&site, 4), 202);
    collector.kill();
    fs::remove_file(folder.path("rapport.db-lock")).unwrap();
    fs::rename(folder.path("rapport.db"), folder.path("own.db")).unwrap();
    fs::rename(folder.path("kept.db"), folder.path("rapport.db")).unwrap();
    let refused = folder.bad(&["serve"]);
    assert!(refused.contains("is not of the file that lies beside it"), "{refused}");
    // Both as they were, without the lock: as after a move to another machine.
    fs::rename(folder.path("own.db"), folder.path("rapport.db")).unwrap();
    let _ = fs::remove_file(folder.path("rapport.db-lock"));
    Collector::start(&folder).stop();
    assert_eq!(folder.views("rapport.db"), 7);
}

#[test]
fn a_deleted_log_took_everything_in_it_along() {
    for ends_well in [true, false] {
        let folder = Folder::new();
        let site = folder.site();
        let collector = Collector::start(&folder);
        for _ in 0..20 {
            assert_eq!(collector.send_views(&site, 50), 202);
        }
        fs::remove_file(folder.path("rapport.db-wal")).unwrap();
        refuses(&collector, &site, "what it held is in the file now");
        if ends_well {
            collector.stop()
        } else {
            collector.kill()
        }
        let collector = Collector::start(&folder);
        assert_eq!(collector.send_views(&site, 5), 202);
        collector.stop();
        is_sound(&folder);
        assert_eq!(folder.views("rapport.db"), 1_005);
    }
}

#[test]
fn a_log_lost_after_a_crash_was_not_missed() {
    let missed = "is not there any more";
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    assert_eq!(collector.send_views(&site, 10), 202);
    collector.kill();
    // A command copies the log into the file, and so it may go.
    folder.good(&["site", "list"]);
    let collector = Collector::start(&folder);
    assert!(!collector.log().contains(missed), "{}", collector.log());
    for _ in 0..2 {
        assert_eq!(collector.send_views(&site, 10), 202);
    }
    collector.kill();
    fs::remove_file(folder.path("rapport.db-wal")).unwrap();
    let collector = Collector::start(&folder);
    assert!(collector.log().contains(missed), "{}", collector.log());
    assert_eq!(collector.send_views(&site, 10), 202);
    collector.stop();
    let collector = Collector::start(&folder);
    assert!(!collector.log().contains(missed), "{}", collector.log());
    let views = folder.views("rapport.db");
    assert!((20..40).contains(&views), "{views}: only what was in the log alone is lost");
}

#[test]
fn a_second_collector_started_under_another_name_or_without_the_lock() {
    let folder = Folder::new();
    let site = folder.site();
    let collector = Collector::start(&folder);
    fs::hard_link(folder.path("rapport.db"), folder.path("other.db")).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--database-url", "sqlite://other.db"];
    assert!(folder.bad(&serve).contains("another collector"));
    let refused = folder.bad(&["site", "list", "--database-url", "sqlite://other.db"]);
    assert!(refused.contains("under another name"), "{refused}");
    fs::remove_file(folder.path("rapport.db-lock")).unwrap();
    let refused = folder.bad(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(refused.contains("another collector"), "{refused}");
    assert_eq!((collector.send_view(&site), collector.ready().0), (202, 200), "{}", collector.log());
    collector.stop();
    assert_eq!(folder.views("rapport.db"), 1);
}

#[test]
fn a_file_that_could_only_be_read_left_files_that_could_not_be_used() {
    if !rustix::process::geteuid().is_root() {
        println!("left out: only the administrator can run it as another user");
        return;
    }
    let folder = Folder::new();
    folder.site();
    let file = folder.path("rapport.db");
    for own in [folder.path("."), file.clone(), folder.path("rapport.db-lock")] {
        let _ = chown(own, Some(NOBODY), Some(NOBODY));
    }
    let refused = || {
        let output = folder.command(&["serve", "--listen", "127.0.0.1:0"]).uid(NOBODY).gid(NOBODY).output().unwrap();
        assert!(!output.status.success(), "{}", said(&output));
        said(&output)
    };
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(&file, 0o400);
    assert!(refused().contains("rapport.db can only be read"));
    for suffix in ["-wal", "-shm"] {
        assert!(!folder.path(&format!("rapport.db{suffix}")).exists(), "it left rapport.db{suffix}");
    }
    mode(&file, 0o600);
    for suffix in ["-shm", "-salt"] {
        let beside = folder.path(&format!("rapport.db{suffix}"));
        fs::write(&beside, "").unwrap();
        chown(&beside, Some(NOBODY), Some(NOBODY)).unwrap();
        mode(&beside, 0o400);
        let refused = refused();
        assert!(refused.contains(&format!("rapport.db{suffix} can only be read")), "{refused}");
        fs::remove_file(beside).unwrap();
    }
}

#[test]
fn ready_and_doctor_were_content_though_no_visitor_key_could_be_made() {
    let folder = Folder::new();
    let site = folder.site();
    // Even the administrator cannot write a folder.
    fs::create_dir(folder.path("rapport.db-salt")).unwrap();
    let collector = Collector::start(&folder);
    assert_eq!(collector.send_view(&site), 503);
    let (status, document) = collector.ready();
    assert!(status == 503 && document.contains("salts"), "{document}");
    assert!(folder.bad(&["doctor"]).contains("bad       what browsers send could not be stored: the salts"));
    fs::remove_dir(folder.path("rapport.db-salt")).unwrap();
    assert_eq!(collector.send_view(&site), 202);
    assert!(folder.good(&["doctor"]).contains("good      what browsers send could be stored now"));
}
