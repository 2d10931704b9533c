//! The protocol among threads, each with descriptors of its own, as processes have them.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::config::defaults;
use crate::config::schema::Config;
use crate::error::{Exit, tell};
use crate::gpu::drain;
use crate::process::wait::wait_until;

/// A configuration with so many slots a card and its locks in `dir`.
pub fn config(dir: &Path, slots: u32) -> Gpu {
    let config: Config = toml::from_str(defaults::TEXT).unwrap();
    Gpu { slots, lock_dir: dir.display().to_string(), ..config.gpu }
}

/// So many made-up cards.
pub fn inventory(cards: usize) -> Inventory {
    let card =
        |index| Card { index, uuid: format!("FIXED-{index}"), name: "made up".to_owned(), ..Card::default() };
    let cards = (0..u32::try_from(cards).unwrap()).map(card).collect();
    Inventory { source: Source::Fixed, driver: None, cards, hint: None }
}

fn wanted(need: usize, experiment: &str) -> Wanted {
    let experiment = Some(experiment.to_owned());
    Wanted { need, experiment, repository: "/repo".to_owned(), command: Some("train.py".to_owned()) }
}

/// Waits for cards of a machine that has `cards`.
pub fn get(config: &Gpu, cards: usize, need: usize) -> Lease {
    let never = || false;
    let asked = wanted(need, &format!("exp-{need}"));
    acquire(config, &asked, &mut || Ok(inventory(cards)), &never, &mut |_| {}).unwrap().unwrap()
}

/// What a waiter is told first; it gives up then.
fn waits_because(config: &Gpu, inventory: &Inventory, need: usize) -> Waiting {
    let (told, done) = (Mutex::new(None), AtomicBool::new(false));
    let mut ask = || Ok(inventory.clone());
    let mut listen = |waiting: &Waiting| {
        *told.lock().unwrap() = Some(waiting.clone());
        done.store(true, Ordering::SeqCst);
    };
    let stop = || done.load(Ordering::SeqCst);
    assert!(acquire(config, &wanted(need, "late"), &mut ask, &stop, &mut listen).unwrap().is_none());
    told.into_inner().unwrap().unwrap()
}

/// How many tickets lie in the queue.
pub fn tickets(dir: &Path) -> usize {
    std::fs::read_dir(dir.join("q")).unwrap().count()
}

#[test]
fn a_lease_gives_cards_to_its_trainer_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let lease = get(&config, 3, 2);
    let variables = lease.variables(&config);
    let expected = [
        ("CUDA_VISIBLE_DEVICES", "0,1"),
        ("CUDA_DEVICE_ORDER", "PCI_BUS_ID"),
        ("GX_GPU_UUIDS", "FIXED-0,FIXED-1"),
    ];
    assert_eq!(variables, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(lease.as_fds().len(), 2);
    let other = get(&config, 3, 1);
    assert_eq!(other.cards()[0].index, 2);
    lease.name("exp-7").unwrap();
    let waiting = waits_because(&config, &inventory(3), 1);
    assert_eq!(waiting.reason, "all 3 cards are taken by exp-7, exp-1");
    assert_eq!((waiting.position, waiting.waiters), (1, 1));
    assert_eq!(lease.release(&mut || panic!("made-up cards have no memory")), None);
    assert_eq!(get(&config, 3, 2).cards()[1].index, 1);
    assert_eq!(tickets(dir.path()), 0);
}

#[test]
fn more_cards_than_there_are_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(&dir.path().join("locks"), 1);
    let refused = acquire(&config, &wanted(2, "x"), &mut || Ok(inventory(1)), &|| false, &mut |_| {});
    assert_eq!(tell(&refused.unwrap_err()).exit, Exit::NoCard);
    assert!(!dir.path().join("locks").exists());
}

#[test]
fn whoever_stops_waiting_leaves_the_queue_and_lets_the_next_one_start() {
    let dir = tempfile::tempdir().unwrap();
    let config = Gpu { max_bypass: Duration::ZERO, ..config(dir.path(), 1) };
    let held = get(&config, 2, 1);
    let is_over = AtomicBool::new(false);
    let stop = || is_over.load(Ordering::SeqCst);
    thread::scope(|scope| {
        let large = || acquire(&config, &wanted(2, "a"), &mut || Ok(inventory(2)), &stop, &mut |_| {});
        let large = scope.spawn(large);
        wait_until(|| tickets(dir.path()) == 1);
        let small = scope.spawn(|| get(&config, 2, 1));
        wait_until(|| tickets(dir.path()) == 2);
        assert!(!small.is_finished(), "it overtook one that is old");
        is_over.store(true, Ordering::SeqCst);
        Folder::open(&config).unwrap().ring();
        assert!(large.join().unwrap().unwrap().is_none());
        assert_eq!(small.join().unwrap().cards()[0].index, 1);
    });
    drop(held);
}

#[test]
fn a_drained_card_is_given_to_nobody_until_it_is_put_back() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    drain::drain(&config, &inventory(2).cards[0], "fan").unwrap();
    let first = get(&config, 2, 1);
    assert_eq!(first.cards()[0].index, 1);
    let waiting = waits_because(&config, &inventory(2), 2);
    assert!(waiting.reason.contains("GPU 0 is out of service by "), "{}", waiting.reason);
    thread::scope(|scope| {
        let second = scope.spawn(|| get(&config, 2, 1));
        wait_until(|| tickets(dir.path()) == 1);
        drain::undrain(&config, &inventory(2).cards[0]).unwrap();
        assert_eq!(second.join().unwrap().cards()[0].index, 0);
    });
}

#[test]
fn slots_are_spread_over_different_cards_and_sharing_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 2);
    let pair = get(&config, 2, 2);
    assert!(!pair.is_shared());
    let (one, two) = (get(&config, 2, 1), get(&config, 2, 1));
    assert_eq!((one.cards()[0].index, two.cards()[0].index), (0, 1));
    assert!(pair.is_shared() && one.is_shared());
    assert_eq!(waits_because(&config, &inventory(2), 1).reason, "all 2 cards are taken by exp-2, exp-1");
    drop((one, two));
    assert!(!pair.is_shared());
}

#[test]
fn a_card_with_a_foreign_process_is_not_given_out_until_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let mut occupied = inventory(1);
    occupied.source = Source::Nvml;
    let mut free = occupied.clone();
    free.cards[0].memory_used = Some(7);
    occupied.cards[0].processes.push(crate::model::gpu::Occupant { pid: 1, memory: None });
    let reason = waits_because(&config, &occupied, 1).reason;
    assert!(reason.starts_with("GPU 0 is used by process 1 ("), "{reason}");
    let asked = AtomicUsize::new(0);
    let mut ask =
        || Ok(if asked.fetch_add(1, Ordering::SeqCst) == 0 { occupied.clone() } else { free.clone() });
    let lease = acquire(&config, &wanted(1, "x"), &mut ask, &|| false, &mut |_| {}).unwrap().unwrap();
    assert_eq!(lease.cards()[0].memory_used, Some(7), "the card as it was when it was given out");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn sixteen_who_compete_for_four_cards_never_have_one_twice_and_nobody_starves() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let users: [AtomicUsize; 4] = Default::default();
    let done = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..16usize {
            let (config, users, done) = (&config, &users, &done);
            scope.spawn(move || {
                for job in 0..10usize {
                    let lease = get(config, 4, [1, 2, 1, 4][(worker + job) % 4]);
                    for card in lease.cards() {
                        assert_eq!(users[card.index as usize].fetch_add(1, Ordering::SeqCst), 0);
                    }
                    thread::yield_now();
                    for card in lease.cards() {
                        users[card.index as usize].fetch_sub(1, Ordering::SeqCst);
                    }
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(done.into_inner(), 160);
    assert_eq!(tickets(dir.path()), 0);
}

#[test]
fn the_cards_of_a_holder_that_died_go_to_the_next_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let folder = Folder::open(&config).unwrap();
    let dying = folder.open_to_hold("gpu-FIXED-0.lock").unwrap();
    dying.lock().unwrap();
    thread::scope(|scope| {
        let next = scope.spawn(|| (get(&config, 1, 1), Instant::now()));
        wait_until(|| tickets(dir.path()) == 1);
        thread::sleep(Duration::from_millis(1200));
        let died = Instant::now();
        drop(dying);
        let (_lease, got) = next.join().unwrap();
        assert!(got - died < Duration::from_millis(300), "{:?}: found by looking only", got - died);
    });
}

#[test]
fn far_waiters_come_nearer_when_those_before_them_leave_or_die() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let held = get(&config, 1, 1);
    // A dead waiter at the head: its ticket lies there without a lock.
    let dead = dir.path().join("q/000000000001.ticket");
    std::fs::write(&dead, "{\"need\":1}").unwrap();
    thread::scope(|scope| {
        let all: Vec<_> = (0..40).map(|_| scope.spawn(|| drop(get(&config, 1, 1)))).collect();
        wait_until(|| tickets(dir.path()) == 40 && !dead.exists());
        let began = Instant::now();
        drop(held);
        for one in all {
            one.join().unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(5), "{:?} for 40", began.elapsed());
    });
    assert_eq!(tickets(dir.path()), 0);
}

#[test]
fn an_earlier_waiter_that_could_start_but_never_does_holds_nobody_up_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let config = Gpu { query_timeout: Duration::from_millis(50), ..config(dir.path(), 1) };
    let folder = Arc::new(Folder::open(&config).unwrap());
    // As one that was stopped with Ctrl-Z: it lives, and never looks.
    let _stopped =
        crate::gpu::ticket::Place::join(&folder, &ticket(&wanted(1, "z"), &[0], &inventory(1))).unwrap();
    let began = Instant::now();
    let _lease = get(&config, 1, 1);
    assert!(began.elapsed() > Duration::from_millis(150), "it was overtaken at once");
}

/// What the next test starts and kills: one that takes both cards and keeps them.
#[test]
#[ignore = "a part of another test"]
fn a_process_that_leases() {
    let Some(dir) = std::env::var_os("GX_TEST_LOCKS") else { return };
    let _lease = get(&config(Path::new(&dir), 1), 2, 2);
    thread::sleep(Duration::from_secs(60));
}

fn process_that_leases(dir: &Path, dies_at: &str) -> std::process::Child {
    let name = "gpu::lease::tests::a_process_that_leases";
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args([name, "--exact", "--ignored"]).env("GX_TEST_LOCKS", dir).env("GX_FAIL_AT", dies_at);
    command.stdout(std::process::Stdio::null()).spawn().unwrap()
}

#[test]
fn a_process_may_be_killed_at_any_point_and_the_next_one_starts() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    for point in ["lease-ticket-made", "lease-locked", "lease-claimed"] {
        let ended = process_that_leases(dir.path(), point).wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended), Some(9), "{point}");
        assert_eq!(tickets(dir.path()), 1, "{point}");
        assert_eq!(get(&config, 2, 2).cards().len(), 2);
        assert_eq!(tickets(dir.path()), 0, "{point}");
    }
}

#[test]
fn the_cards_of_a_process_that_is_killed_while_it_has_them_go_to_one_that_waits() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    Folder::open(&config).unwrap();
    let mut holder = process_that_leases(dir.path(), "");
    let is_held = || crate::gpu::view::view(&config, &inventory(2)).unwrap().cards[1].holders.len() == 1;
    wait_until(is_held);
    thread::scope(|scope| {
        let next = scope.spawn(|| get(&config, 2, 1));
        wait_until(|| tickets(dir.path()) == 1);
        holder.kill().unwrap();
        holder.wait().unwrap();
        // The kernel frees one card after the other, and the first is good enough.
        assert_eq!(next.join().unwrap().cards().len(), 1);
    });
}

/// `cargo test --release --lib idle -- --ignored --nocapture`
#[test]
#[ignore = "measures"]
fn idle_waiters_use_next_to_no_processor() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let held = get(&config, 1, 1);
    let used = || {
        let usage = std::fs::read_to_string("/proc/self/stat").unwrap();
        let fields: Vec<u64> = usage.split(' ').map(|field| field.parse().unwrap_or(0)).collect();
        (fields[13] + fields[14]) * 10
    };
    let is_over = AtomicBool::new(false);
    let stop = || is_over.load(Ordering::SeqCst);
    thread::scope(|scope| {
        for _ in 0..64 {
            let wait =
                || acquire(&config, &wanted(1, "w"), &mut || Ok(inventory(1)), &stop, &mut |_| {}).unwrap();
            scope.spawn(move || wait().is_none());
        }
        wait_until(|| tickets(dir.path()) == 64);
        let before = used();
        thread::sleep(Duration::from_secs(5));
        println!("64 waiters: {} ms of processor in 5 s", used() - before);
        is_over.store(true, Ordering::SeqCst);
        drop(held);
    });
}

/// `cargo test --release --lib hand_over -- --ignored --nocapture`
#[test]
#[ignore = "measures"]
fn hand_over_takes_at_most_two_milliseconds() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    for waiters in [1usize, 4, 16, 64, 100, 200] {
        let released = Arc::new(Mutex::new(Instant::now()));
        let times = Mutex::new(Vec::new());
        let start = Barrier::new(waiters);
        thread::scope(|scope| {
            for _ in 0..waiters {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..(200 / waiters).max(3) {
                        let lease = get(&config, 1, 1);
                        times.lock().unwrap().push(released.lock().unwrap().elapsed());
                        thread::sleep(Duration::from_millis(5));
                        *released.lock().unwrap() = Instant::now();
                        drop(lease);
                    }
                });
            }
        });
        let mut times = times.into_inner().unwrap();
        times.sort();
        let at = |share: usize| times[times.len() * share / 100];
        println!(
            "{waiters} waiters: median {:?}, p90 {:?}, max {:?}",
            at(50),
            at(90),
            times[times.len() - 1]
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_long_queue_leaves_most_of_the_inotify_instances_to_others() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), 1);
    let instances = || {
        let files = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        let targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
        targets.filter(|target| target.as_os_str() == "anon_inode:inotify").count()
    };
    let held = get(&config, 1, 1);
    let (told, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let stop = || is_over.load(Ordering::SeqCst);
    thread::scope(|scope| {
        for _ in 0..90 {
            scope.spawn(|| {
                let mut listen = |_: &Waiting| {
                    told.fetch_add(1, Ordering::SeqCst);
                };
                acquire(&config, &wanted(1, "w"), &mut || Ok(inventory(1)), &stop, &mut listen).unwrap()
            });
        }
        wait_until(|| told.load(Ordering::SeqCst) >= 90);
        // Other tests of this process watch too.
        assert!((16..80).contains(&instances()), "{}", instances());
        is_over.store(true, Ordering::SeqCst);
        Folder::open(&config).unwrap().ring();
    });
    drop(held);
}
