//! The program: parse, run, say, exit.

use std::env;
use std::process::ExitCode;

use gx::cli::{app, mistake};
use gx::error::{Exit, tell};
use gx::ui::output::{Form, Output};

fn main() -> ExitCode {
    let call = match app::parse(env::args_os()) {
        Ok(call) => call,
        Err(said) => return refuse(&said),
    };
    let output = call.output;
    match call.run() {
        Ok(code) => code.into(),
        Err(error) => {
            let told = tell(&error);
            output.error(&told);
            told.exit.code().into()
        }
    }
}

/// Says why a command line was not understood; help and the version are answers, and clap prints them.
fn refuse(said: &clap::Error) -> ExitCode {
    let Some(told) = mistake::told(said) else {
        let _ = said.print();
        return if said.use_stderr() { Exit::Usage.code().into() } else { ExitCode::SUCCESS };
    };
    let is_json = env::args_os().take_while(|word| word != "--").any(|word| word == "--json");
    Output::new(if is_json { Form::Json } else { Form::Text }).error(&told);
    told.exit.code().into()
}
