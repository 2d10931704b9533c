# List the recipes
default:
    @just --list

# Everything that a change has to pass
ci:
    .ci/run

# The tests, such as `just test documents`
test *words:
    cargo test {{words}}

# Write the man pages anew
man:
    cargo run --quiet -- man man

# Compare with plain git, such as `just bench --only a`
bench *words:
    cargo build --release
    benches/compare {{words}}

# A small real lab in a new folder
demo:
    cargo run --release -- demo
