//! The examples run, and say what they should.

mod common;

use common::*;
use fovea::*;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An example that cargo has built beside the tests.
fn example(name: &str) -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let path = here.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(
        path.exists(),
        "a whole `cargo test` builds the examples; before this test alone: cargo build --examples"
    );
    path
}

fn run(name: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(example(name)).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// `count` drawn digits as the two files of a part of MNIST; they need not be compressed.
fn write_mnist(context: &Context, folder: &Path, part: &str, count: usize, seed: u64) {
    let data = Dataset::digits(context, Digits { count, seed, ..Default::default() }).unwrap();
    let mut images = vec![0u8; count * 28 * 28];
    let labels: Vec<u8> = images
        .chunks_mut(28 * 28)
        .enumerate()
        .map(|(i, image)| data.get(i, image).unwrap().unwrap() as u8)
        .collect();
    let write = |name: &str, shape: &[usize], data: &[u8]| {
        std::fs::write(folder.join(format!("{}-{}-ubyte.gz", part, name)), idx(shape, data)).unwrap();
    };
    write("images-idx3", &[count, 28, 28], &images);
    write("labels-idx1", &[count], &labels);
}

#[test]
fn quickstart() {
    let folder = Folder::new("quickstart");
    let context = context();
    write_mnist(&context, folder.path(), "train", 2000, 1);
    write_mnist(&context, folder.path(), "t10k", 3200, 2);
    let place = folder.path().to_str().unwrap();
    let text = run("quickstart", &["train", "--data", place, "--out", place], folder.path());
    assert!(text.contains("epoch 6/6  batch 32/32") && text.contains("class  precision"), "{}", text);
    let accuracy = text.split("test accuracy ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(accuracy.parse::<f64>().unwrap() > 80.0, "{}", text);
    for name in ["quickstart.fovea", "filters.png", "loss.png"] {
        assert!(folder.join(name).exists(), "{}", name);
    }
    let text = run("quickstart", &["classify", "--data", place, "--out", place], folder.path());
    assert_eq!(text.matches(" %, is ").count(), 6, "{}", text);
}

#[test]
fn same_bits_is_the_same_twice() {
    let folder = Folder::new("same_bits");
    let first = run("same_bits", &["a"], folder.path());
    assert_eq!(first.lines().count(), 2 * (16 + 1) + 1);
    assert_eq!(first, run("same_bits", &["b"], folder.path()));
    let read = |name| std::fs::read(folder.join(name)).unwrap();
    assert_eq!(read("a"), read("b"));
}
