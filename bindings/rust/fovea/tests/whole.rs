//! The crate is the whole API, not a part: it uses every function, and every named value, of `fovea-sys`.

use std::fs;
use std::path::Path;

#[test]
fn nothing_of_the_c_api_is_left_out() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let raw = fs::read_to_string(root.join("../fovea-sys/src/bindings.rs")).unwrap();
    let mut source = String::new();
    for file in fs::read_dir(root.join("src")).unwrap() {
        source += &fs::read_to_string(file.unwrap().path()).unwrap();
    }
    let words: std::collections::BTreeSet<&str> =
        source.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).collect();
    let names = |prefix: &'static str| {
        raw.lines().filter_map(move |line| line.trim_start().strip_prefix(prefix)).map(|rest| {
            let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap();
            &rest[..end]
        })
    };
    let missing: Vec<&str> =
        names("pub fn ").chain(names("pub const ")).filter(|name| !words.contains(name)).collect();
    assert!(missing.is_empty(), "{:?}", missing);
}
