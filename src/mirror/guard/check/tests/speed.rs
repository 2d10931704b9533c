//! How long it takes where the history is long; `cargo test --release --lib speed -- --ignored --nocapture`.

use std::fmt::Write;
use std::time::{Duration, Instant};

use super::world::*;
use super::*;

/// `GX_SPEED_COMMITS` sets it for a busy machine.
fn commits() -> usize {
    std::env::var("GX_SPEED_COMMITS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

/// Seconds of processor time, of this process and of those that it started.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let words: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    // The 14th to 17th of proc_pid_stat(5), in hundredths.
    words[11..15].iter().map(|word| word.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// A linear history of one changed file of 2,000 per commit, three folders deep.
fn long_history() -> World {
    let world = World::new();
    let mut stream = String::new();
    for number in 0..commits() {
        let file = number * 7919 % 2000;
        let (path, text) =
            (format!("src/{}/{}/file-{file}.py", file % 20, file % 100), format!("value = {number}\n"));
        let from = if number == 0 { "from refs/heads/main^0\n" } else { "" };
        write!(
            stream,
            "commit refs/heads/main\ncommitter Ada <ada@lab.example> {} +0000\ndata 5\nwork\n\n{from}\
             M 100644 inline {path}\ndata {}\n{text}\n",
            1_700_000_000 + number,
            text.len()
        )
        .unwrap();
    }
    world.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    world.git(&["reset", "-q", "--hard"]);
    world
}

fn timed<T>(what: &str, make: impl FnOnce() -> T) -> (T, Duration) {
    let (began, busy) = (Instant::now(), processor());
    let made = make();
    let (took, busy) = (began.elapsed(), processor() - busy);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let most = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    println!("{what}: {took:?}, {busy:.2} s of processors, {most}");
    (made, took)
}

#[test]
#[ignore = "slow: it measures"]
fn a_long_history_is_looked_at_in_seconds_and_ten_commits_on_it_in_milliseconds() {
    let (world, _) = timed("history made", long_history);
    let (repo, tip) = (world.repo(), world.rev("main"));
    let policy = Policy::of(&repo, &[]).unwrap();
    let other = Destination::of(&repo, "there", "https://git.example/other").unwrap();
    let paths = || baseline(&repo, &other, &[tip], &policy, &Limits::none()).unwrap();
    let (report, first) = timed("first scan of paths", paths);
    assert_eq!((report.commits, report.exit()), (commits() + 1, Exit::Done));
    let (report, _) = timed("first scan of all", || world.push());
    assert_eq!(report.exit(), Exit::Done);
    report.remember().unwrap();
    for number in 0..10 {
        world.commit(&[(&format!("src/3/3/new-{number}.py"), &format!("new = {number}\n"))]);
    }
    let old = format!("^{tip}");
    let (_, listed) = timed("git rev-list --objects", || world.git(&["rev-list", "--objects", "main", &old]));
    let tip = world.rev("main");
    let update = [Update {
        source: "refs/heads/main".into(),
        new: Some(tip),
        target: "refs/heads/main".into(),
        old: None,
    }];
    let (report, took) = timed("ten commits", || world.update(PUBLIC, &update));
    assert_eq!((report.commits, report.exit()), (10, Exit::Done));
    println!("{:.1} x rev-list", took.as_secs_f64() / listed.as_secs_f64());
    assert!(first < Duration::from_secs(15), "{first:?}");
    assert!(took < Duration::from_millis(150), "{took:?}");
}
