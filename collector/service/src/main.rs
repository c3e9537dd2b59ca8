//! The `rapport` binary.

fn main() -> std::process::ExitCode {
    rapport::main()
}
