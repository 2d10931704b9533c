//! Many jobs on few cards while processes are killed at random: nothing is given out twice, leaked or lost.

pub mod hunt;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::support::{Lab, wait_until};
use hunt::{Chance, Hunter};

/// How many cards there are.
const CARDS: usize = 8;

/// How long a job may take on the average before something is stuck.
const LONGEST: Duration = Duration::from_secs(1);

/// How many clients are at work at once.
const CLIENTS: usize = 6;

/// Trains for a moment, and says when somebody else is on one of its cards.
///
/// A token is a link whose target names its owner, so that it is there with its owner or not at all. The token of
/// an owner that was killed is moved away by whoever comes next: only one can do that, and what was moved tells
/// whether it was the right one.
const TRAINER: &str = r#"
me() { read -r line < /proc/$$/stat; set -- ${line##*)}; echo "$$-${20}"; }
# An owner is gone when it has another start, is a zombie, or is on its way out (PF_EXITING): its locks may be free.
gone() {
    { read -r line < "/proc/${1%-*}/stat"; } 2>/dev/null || return 0
    set -- "$1" ${line##*)}
    [ "${21}" != "${1#*-}" ] || [ "$2" = Z ] || [ "$2" = X ] || [ $(($8 & 4)) != 0 ]
}
take() {
    ln -sT "$me" "$1" 2>/dev/null && return
    owner=$(readlink "$1") || { take "$1"; return; }
    gone "$owner" || { echo "$GX_EXPERIMENT as $me: card ${1##*/} is $owner's" >> double; return; }
    mv -T "$1" "dead/$me-${1##*/}" 2>/dev/null
    moved=$(readlink "dead/$me-${1##*/}") && [ "$moved" != "$owner" ] && echo "$me took $moved away" >> double
    take "$1"
}
cd "$TOKENS" && me=$(me)
echo "$GX_EXPERIMENT" >> started
cards=$(echo "$CUDA_VISIBLE_DEVICES" | tr , ' ')
for card in $cards; do take "$card"; done
sleep "$1"
for card in $cards; do rm "$card"; done
printf -- '---\nval_bpb: 1.%s\n' "$2"
"#;

/// What became of a client.
struct Client {
    job: usize,
    process: Child,
}

/// Many jobs, and what they leave.
struct Storm {
    lab: Lab,
    seed: u64,
    chance: Chance,
    /// The number of a job whose client said so, and its name.
    named: BTreeMap<usize, String>,
    /// The jobs whose client was killed or could not begin.
    unsure: Vec<usize>,
}

impl Storm {
    fn new(seed: u64) -> Self {
        let lab = Lab::new();
        let at = |name: &str| lab.path(format!("../{name}"));
        for folder in ["locks", "tokens/dead"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        fs::write(at("trainer"), TRAINER).unwrap();
        let [locks, tokens] = ["locks", "tokens"].map(|name| at(name).canonicalize().unwrap());
        let lab = lab
            .with("GX_GPU_SOURCE", "fixed")
            .with("GX_GPU_COUNT", &CARDS.to_string())
            .with("GX_GPU_LOCK_DIR", locks.to_str().unwrap())
            .with("GX_GPU_MAX_BYPASS", "1s")
            .with("TOKENS", tokens.to_str().unwrap());
        Self { lab, seed, chance: Chance::new(seed), named: BTreeMap::new(), unsure: Vec::new() }
    }

    /// Starts a client; one that stays until the end of its job only where that will come without another client.
    fn client(&mut self, job: usize, may_stay: bool) -> Client {
        let cards = ["1", "1", "2", "4"][self.chance.below(4)];
        let pause = format!("0.{:03}", 20 + self.chance.below(80));
        let how = if may_stay && self.chance.below(3) == 0 { "--isolated" } else { "--detach" };
        let mut gx = self.lab.gx_command();
        // Time goes on here: whoever waits long enough must not be overtaken for ever.
        gx.env_remove("GX_NOW").args(["run", "--json", how, "--gpus", cards]);
        gx.args(["--hypothesis", &hypothesis(job), "--", "sh"]).arg(self.lab.path("../trainer"));
        gx.args([&pause, &format!("{:03}", self.chance.below(1000))]);
        let process = gx.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Client { job, process }
    }

    /// Starts the jobs, a few clients at a time, and kills now and then somebody who has to do with them.
    fn rage(&mut self, jobs: usize, kills: usize) -> Hunter {
        let locks = self.lab.path("../locks").canonicalize().unwrap();
        let mut hunter = Hunter::new(locks, self.seed, kills);
        let mut cork = self.cork();
        let (mut clients, mut next): (Vec<Client>, usize) = (Vec::new(), 0);
        let began = Instant::now();
        while next < jobs || !clients.is_empty() {
            assert!(began.elapsed() < LONGEST * u32::try_from(jobs).unwrap(), "seed {}: stuck", self.seed);
            if next < jobs && clients.len() < CLIENTS {
                clients.push(self.client(next, next > jobs / 2));
                next += 1;
            }
            if next == jobs / 2 {
                self.lab.write("../uncorked", "");
            }
            hunter.hunt(next * kills / jobs);
            let ended: Vec<_> =
                clients.extract_if(.., |client| client.process.try_wait().unwrap().is_some()).collect();
            for client in ended {
                self.heed(client.job, &client.process.wait_with_output().unwrap());
            }
            hunter.breathe(clients.len() < CLIENTS && next < jobs);
        }
        cork.wait().unwrap();
        hunter
    }

    /// Takes all cards until half of the jobs are there, so that many wait at once.
    fn cork(&self) -> Child {
        let mut gx = self.lab.gx_command();
        gx.args(["run", "--leave", "--gpus", &CARDS.to_string(), "--hypothesis", "cork", "--", "sh", "-c"]);
        gx.arg("touch ../corked; while [ -e train.py ] && [ ! -e ../uncorked ]; do sleep 0.02; done");
        let cork = gx.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_until(|| self.lab.path("../corked").exists());
        cork
    }

    /// What a client has said: the name of its job, unless it was killed or could not begin.
    fn heed(&mut self, job: usize, output: &Output) {
        let told: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        let id = told.as_ref().and_then(|told| {
            told["id"].as_str().or_else(|| told["experiments"][0]["id"].as_str()).map(str::to_owned)
        });
        match id {
            Some(id) => drop(self.named.insert(job, id)),
            None => {
                let why = String::from_utf8_lossy(&output.stderr);
                let is_killed = output.status.signal() == Some(9);
                let is_bereft = why.contains("the supervisor ended before the experiment had begun");
                assert!(is_killed || is_bereft, "seed {}: job {job}: {output:?}", self.seed);
                self.unsure.push(job);
            }
        }
    }

    /// Waits until all have ended, taking up what nobody looks after.
    fn calm(&self, hunter: &Hunter) {
        let gx = |words: &[&str]| {
            let mut gx = self.lab.gx_command();
            gx.env_remove("GX_NOW").args(words).output().unwrap()
        };
        wait_until(|| {
            gx(&["wait", "--all", "--timeout", "20s"]);
            self.lab.states().iter().all(|(_, status)| is_end(status))
        });
        wait_until(|| hunter.prey().is_empty());
        // It passes all tickets and takes every card: none is left behind, or this would wait for ever.
        let all = CARDS.to_string();
        let last =
            gx(&["run", "--leave", "--gpus", &all, "--hypothesis", "last", "--timeout", "20s", "--", "true"]);
        assert!(matches!(last.status.code(), Some(12 | 20)), "seed {}: {last:?}", self.seed);
        wait_until(|| hunter.prey().is_empty());
    }

    fn is_well(&self, jobs: usize) {
        let seed = self.seed;
        let read =
            |name: &str| fs::read_to_string(self.lab.path(format!("../tokens/{name}"))).unwrap_or_default();
        assert_eq!(read("double"), "", "seed {seed}: a card was given out twice");
        let started = read("started");
        let mut started: Vec<&str> = started.lines().collect();
        started.sort_unstable();
        assert!(started.windows(2).all(|pair| pair[0] != pair[1]), "seed {seed}: trained twice: {started:?}");
        let tickets: Vec<_> = fs::read_dir(self.lab.path("../locks/q")).unwrap().flatten().collect();
        assert!(tickets.is_empty(), "seed {seed}: tickets are left: {tickets:?}");
        self.all_cards_are_free();
        self.all_are_recorded_once(jobs);
        let pending: Vec<_> = fs::read_dir(self.lab.path(".git/gx/pending")).unwrap().flatten().collect();
        assert!(pending.is_empty(), "seed {seed}: unfinished: {pending:?}");
        assert_eq!(self.lab.status(), "", "seed {seed}");
        self.lab.fsck();
    }

    fn all_cards_are_free(&self) {
        let locks = fs::read_dir(self.lab.path("../locks")).unwrap().flatten().map(|entry| entry.path());
        let cards: Vec<_> = locks.filter(|path| path.extension().is_some_and(|end| end == "lock")).collect();
        assert_eq!(cards.len(), CARDS, "seed {}: {cards:?}", self.seed);
        for card in cards {
            assert!(File::open(&card).unwrap().try_lock().is_ok(), "seed {}: {card:?} is leaked", self.seed);
        }
    }

    fn all_are_recorded_once(&self, jobs: usize) {
        let seed = self.seed;
        let list = self.lab.gx(&["ls", "--json", "--limit", "0"]).exits(0).json();
        let rows: Vec<[String; 3]> = list["experiments"].as_array().unwrap().iter().map(row).collect();
        for job in 0..jobs {
            let found: Vec<_> = rows.iter().filter(|[_, idea, _]| *idea == hypothesis(job)).collect();
            let least = usize::from(self.named.contains_key(&job));
            assert!(found.len() <= 1 && found.len() >= least, "seed {seed}: job {job} is there as {found:?}");
            if let (Some(id), [row]) = (self.named.get(&job), &found[..]) {
                assert_eq!(&row[0], id, "seed {seed}");
            }
        }
        for [id, idea, status] in &rows {
            assert!(is_end(status), "seed {seed}: {id} ({idea}) is {status}");
            let note =
                self.lab.git(&["notes", "--ref=experiments", "show", &format!("refs/experiments/{id}")]);
            let lines: Vec<Value> = note.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            let ends = lines.iter().filter(|line| line["status"].as_str().is_some_and(is_end)).count();
            let begins = lines.iter().filter(|line| line.get("v").is_some()).count();
            assert_eq!((begins, ends), (1, 1), "seed {seed}: {id}: {note}");
        }
        assert_eq!(self.named.len() + self.unsure.len(), jobs, "seed {seed}");
    }
}

fn hypothesis(job: usize) -> String {
    format!("job {job}")
}

fn row(row: &Value) -> [String; 3] {
    ["id", "hypothesis", "status"].map(|key| row[key].as_str().unwrap_or_default().to_owned())
}

fn is_end(status: &str) -> bool {
    !["queued", "running"].contains(&status)
}

/// What `GX_STRESS_SEED` says, or another one each time.
fn seed() -> u64 {
    let given = std::env::var("GX_STRESS_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64 % 1_000_000
    })
}

fn storm(jobs: usize, kills: usize) {
    let seed = seed();
    eprintln!("GX_STRESS_SEED={seed}");
    let mut storm = Storm::new(seed);
    let hunter = storm.rage(jobs, kills);
    storm.calm(&hunter);
    eprintln!("{jobs} jobs, {} unsure, killed: {:?}", storm.unsure.len(), hunter.killed);
    storm.is_well(jobs);
    assert!(hunter.killed.values().sum::<usize>() >= kills / 2, "seed {seed}: {:?}", hunter.killed);
}

#[test]
fn two_hundred_jobs_on_eight_cards_survive_random_kills_with_every_card_and_every_record() {
    storm(200, 40);
}

#[test]
#[ignore = "takes minutes"]
fn thousands_of_jobs_on_eight_cards_survive_random_kills_with_every_card_and_every_record() {
    storm(3000, 600);
}
