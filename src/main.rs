//! The `annuaire` binary: every subcommand lives in [`annuaire::cli`].

/// Entries are cut, packed and answered on several threads, in small pieces: the system allocator spends a tenth of a build on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    annuaire::cli::main()
}
