//! The program: parse, run, say, exit.

use std::env;
use std::process::ExitCode;

use gx::cli::app;
use gx::error::tell;

fn main() -> ExitCode {
    let call = match app::parse(env::args_os()) {
        Ok(call) => call,
        Err(said) => return app::refuse(&said).code().into(),
    };
    let output = call.output;
    match call.run() {
        Ok(exit) => exit.code().into(),
        Err(error) => {
            let told = tell(&error);
            output.error(&told);
            told.exit.code().into()
        }
    }
}
