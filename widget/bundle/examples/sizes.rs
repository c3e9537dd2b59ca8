//! Prints what each file of the widget weighs: `cargo run -p rapport-bundle --example sizes`.

fn main() {
    print!("{}", rapport_bundle::size_table());
}
