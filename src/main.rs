//! The `annuaire` binary: every subcommand lives in [`annuaire::cli`].

fn main() -> std::process::ExitCode {
    annuaire::cli::main()
}
