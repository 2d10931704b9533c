//! `gx gpus`, and leases of cards for anything.

mod health;
mod killed;
mod lease;
mod real;
mod record;
mod users;
mod watch;

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use fake_nvml::State;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::documents::answers::unwritten;
use crate::support::{Lab, wait_until};

/// Goes on until `../up` is removed, at the latest with its lab.
const WHILE_UP: &str = "touch ../up; while [ -e ../up ]; do sleep 0.02; done";

/// A folder without a repository on a machine with made-up cards.
fn made_up(count: u32) -> Lab {
    Lab::bare_folder().with("GX_GPU_SOURCE", "fixed").with("GX_GPU_COUNT", &count.to_string())
}

/// A gx in the background; gone when dropped.
struct Background {
    gx: Child,
    name: &'static str,
}

impl Background {
    /// Starts it; what it says goes to `../NAME.out` and `../NAME.err`.
    fn start(lab: &Lab, name: &'static str, arguments: &[&str]) -> Self {
        let mut command = lab.gx_command();
        command.args(arguments);
        Self::of(lab, name, &mut command)
    }

    fn of(lab: &Lab, name: &'static str, command: &mut Command) -> Self {
        let file = |end: &str| File::create(lab.path(format!("../{name}.{end}"))).unwrap();
        let gx = command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).spawn().unwrap();
        Self { gx, name }
    }

    /// One that has a card until `../up` is removed.
    fn holding(lab: &Lab, gpus: &str) -> Self {
        let _ = fs::remove_file(lab.path("../up"));
        let held = Self::start(lab, "holder", &["gpus", "lease", "--gpus", gpus, "--", "sh", "-c", WHILE_UP]);
        wait_until(|| lab.path("../up").exists());
        held
    }

    fn says(&self, lab: &Lab) -> String {
        lab.read(format!("../{}.out", self.name)) + &lab.read(format!("../{}.err", self.name))
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.gx), signal).unwrap();
    }

    /// Waits for its end.
    #[track_caller]
    fn ends(mut self, lab: &Lab, code: i32) {
        wait_until(|| self.gx.try_wait().unwrap().is_some());
        assert_eq!(self.gx.wait().unwrap().code(), Some(code), "{}", self.says(lab));
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.gx.kill();
        let _ = self.gx.wait();
    }
}

/// `gx gpus --json`.
#[track_caller]
fn gpus(lab: &Lab) -> Value {
    lab.gx(&["gpus", "--json"]).exits(0).json()
}

fn down(lab: &Lab) {
    fs::remove_file(lab.path("../up")).unwrap();
}

#[test]
fn a_machine_without_cards_is_told_with_a_hint_and_no_error() {
    let lab = Lab::bare_folder();
    let told = lab.gx(&["gpus"]).exits(0);
    assert_eq!(told.stdout, "no cards\nhint    no cards are used: `gpu.source` is \"none\"\n");
    let told = gpus(&lab);
    assert_eq!((&told["cards"], &told["source"]), (&json!([]), &json!("none")));
    assert!(!lab.locks().exists(), "a look makes nothing");
    let lab = lab.with_cards(&State::without_driver()).with("GX_GPU_SOURCE", "auto");
    let told = lab.gx(&["gpus"]).exits(0);
    assert!(told.stdout.starts_with("no cards\nhint    NVIDIA's driver is not loaded"), "{told:?}");
}

#[test]
fn the_settings_of_a_repository_count_where_there_is_one() {
    let lab = Lab::new();
    lab.write("gx.toml", "[gpu]\nmax_temperature = 20\n");
    let lab = lab.with_cards(&State::with_cards(1));
    let told = lab.gx(&["gpus"]).exits(0).stdout;
    assert!(told.contains("why     GPU 0 is 30 °C, above gpu.max_temperature = 20"), "{told}");
}

/// A machine on which everything happens at once.
fn busy() -> (Lab, [Background; 2]) {
    let mut state = State::with_cards(4);
    state.cards[0].utilisation = 97;
    state.cards[0].memory_used = 61 << 30;
    state.cards[2].temperature = 91;
    let lab = Lab::bare_folder().with_cards(&state).with("GX_GPU_MAX_TEMPERATURE", "85").with("USER", "ada");
    lab.gx(&["gpus", "drain", "3", "--reason", "the fan rattles"]).exits(0);
    let held = Background::holding(&lab, "2");
    let waits = Background::start(&lab, "waiter", &["gpus", "lease", "--", "python3", "train.py"]);
    wait_until(|| waits.says(&lab).contains("in the queue"));
    (lab, [held, waits])
}

#[test]
fn a_busy_machine_fits_on_one_screen() {
    let (lab, _running) = busy();
    assert_eq!(unwritten(&gpus(&lab)), Vec::<String>::new(), "docs/json.md");
    let screen = |width: &str| {
        let told = lab.gx_command().arg("gpus").env("COLUMNS", width).output().unwrap();
        let text = String::from_utf8(told.stdout).unwrap();
        assert!(!text.contains('\x1b'), "{text:?}");
        assert!(text.lines().all(|line| line.chars().count() <= width.parse().unwrap()), "{text}");
        // Where the reason is cut depends on how long the number of the process is.
        let cut = regex_lite::Regex::new("(process|pro)[^\n]*…")
            .unwrap()
            .replace_all(&lab.cover(&text), "…")
            .into_owned();
        regex_lite::Regex::new("process [0-9]+").unwrap().replace_all(&cut, "process #").into_owned()
    };
    insta::assert_snapshot!(screen("120"), @r#"
    GPU  model           UUID       GiB used  busy   temp       power  state
      0  H100 80GB HBM3  00000000  61.0 / 80  97 %  30 °C  70 / 700 W  sh -c touch ../up; …
      1  H100 80GB HBM3  00000001   0.0 / 80   0 %  30 °C  70 / 700 W  sh -c touch ../up; …
      2  H100 80GB HBM3  00000002   0.0 / 80   0 %  91 °C  70 / 700 W  not given out
      3  H100 80GB HBM3  00000003   0.0 / 80   0 %  30 °C  70 / 700 W  drained
    why     GPU 2 is 91 °C, above gpu.max_temperature = 85
    why     GPU 3 is out of service by ada: the fan rattles

    held by               GPU  user    for  repository
    sh -c touch ../up; …  0,1  ada   #.# s  LAB

    queue  waits             needs  user    for  repository           why
        1  python3 train.py      1  ada   #.# s  LAB  2 of 4 cards are taken by ada (…
    first   2 of 4 cards are taken by ada (process #); GPU 2 is 91 °C, above gpu.max_temperature = 85; GPU 3 is out of
            service by ada: the fan rattles
    "#);
    insta::assert_snapshot!(screen("80"), @r#"
    GPU  model           UUID       GiB used  busy   temp  state
      0  H100 80GB HBM3  00000000  61.0 / 80  97 %  30 °C  sh -c touch ../up; …
      1  H100 80GB HBM3  00000001   0.0 / 80   0 %  30 °C  sh -c touch ../up; …
      2  H100 80GB HBM3  00000002   0.0 / 80   0 %  91 °C  not given out
      3  H100 80GB HBM3  00000003   0.0 / 80   0 %  30 °C  drained
    why     GPU 2 is 91 °C, above gpu.max_temperature = 85
    why     GPU 3 is out of service by ada: the fan rattles

    held by               GPU  user    for  repository
    sh -c touch ../up; …  0,1  ada   #.# s  LAB

    queue  waits             needs  user    for  why
        1  python3 train.py      1  ada   #.# s  2 of 4 cards are taken by ada (…
    first   2 of 4 cards are taken by ada (process #); GPU 2 is 91 °C, above
            gpu.max_temperature = 85; GPU 3 is out of service by ada: the fan
            rattles
    "#);
}

#[test]
fn a_path_below_home_is_shown_from_there() {
    let lab = made_up(1);
    let _held = Background::holding(&lab, "1");
    let mut command = lab.gx_command();
    let told = command.arg("gpus").env("HOME", lab.path("..").canonicalize().unwrap()).output().unwrap();
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(text.contains(" ~/lab\n"), "{text}");
}

#[test]
fn a_card_is_drained_and_put_back_by_index_or_the_beginning_of_its_uuid() {
    let lab = Lab::bare_folder().with_cards(&State::with_cards(2)).with("USER", "ada");
    lab.gx(&["gpus", "drain", "GPU-00000001", "--reason", "fan"]).exits(0);
    assert_eq!(gpus(&lab)["cards"][1]["drained"]["reason"], "fan");
    let told = lab.gx(&["gpus", "lease", "--", "sh", "-c", "echo $CUDA_VISIBLE_DEVICES"]).exits(0);
    assert_eq!(told.stdout, "0\n");
    let told = lab.gx(&["gpus", "drain", "GPU-0000", "--reason", "fan"]).exits(4);
    assert!(told.stderr.starts_with("error: several cards begin with `GPU-0000`"), "{told:?}");
    lab.gx(&["gpus", "drain", "7", "--reason", "fan"]).exits(4);
    let told = lab.gx(&["gpus", "undrain", "00000001"]).exits(0);
    assert!(told.stdout.contains("is in service again"), "{told:?}");
    assert_eq!(gpus(&lab)["cards"][1]["drained"], json!(null));
    assert!(lab.gx(&["gpus", "undrain", "1"]).exits(0).stdout.contains("was in service"));
}
