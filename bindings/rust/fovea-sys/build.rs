//! Finds libfovea: in the folder that FOVEA_LIB_DIR names, else through pkg-config.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{exit, Command};

fn main() {
    println!("cargo:rerun-if-env-changed=FOVEA_LIB_DIR");
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    // Documentation needs no library.
    if env::var_os("DOCS_RS").is_some() {
        return;
    }
    let folder = match env::var_os("FOVEA_LIB_DIR") {
        Some(folder) => from_variable(PathBuf::from(folder)),
        None => from_pkg_config(),
    };
    println!("cargo:rustc-link-lib=dylib=fovea");
    if let Some(folder) = folder {
        println!("cargo:rustc-link-search=native={}", folder.display());
        println!("cargo:libdir={}", folder.display());
        lend_to_cargo(&folder);
    }
}

fn from_variable(folder: PathBuf) -> Option<PathBuf> {
    let names = ["libfovea.so", "libfovea.dylib", "fovea.lib", "libfovea.dll.a"];
    if !names.iter().any(|name| folder.join(name).exists()) {
        give_up(&format!(
            "FOVEA_LIB_DIR is '{}', but there is no libfovea.so in that folder",
            folder.display()
        ));
    }
    Some(folder.canonicalize().unwrap_or(folder))
}

/// The folder of the library, or none where the linker looks anyway.
fn from_pkg_config() -> Option<PathBuf> {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let run = |arguments: &[&str]| {
        Command::new(&program).args(arguments).arg("fovea").output().unwrap_or_else(|_| {
            give_up(&format!("FOVEA_LIB_DIR is not set, and the program '{}' cannot be run", program))
        })
    };
    if !run(&["--exists"]).status.success() {
        give_up("FOVEA_LIB_DIR is not set, and pkg-config knows no 'fovea'");
    }
    // Before 1.0 each minor version may break; from then on, each major one.
    let (needed, installed) = (env!("CARGO_PKG_VERSION"), text(&run(&["--modversion"]).stdout));
    let below = match env!("CARGO_PKG_VERSION_MAJOR") {
        "0" => format!("0.{}", next(env!("CARGO_PKG_VERSION_MINOR"))),
        major => next(major),
    };
    let at_least = run(&[&format!("--atleast-version={}", needed)]).status.success();
    let too_new = run(&[&format!("--atleast-version={}", below)]).status.success();
    if !at_least || too_new {
        give_up(&format!(
            "libfovea {} is installed, but this crate needs {} or later below {}",
            installed, needed, below
        ));
    }
    Some(PathBuf::from(text(&run(&["--variable=libdir"]).stdout))).filter(|folder| folder.is_dir())
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_string()
}

fn next(number: &str) -> String {
    (number.parse::<u32>().expect("a version has numbers") + 1).to_string()
}

/// `cargo run` and `cargo test` let programs find libraries in the build's own folder only: put links there.
fn lend_to_cargo(folder: &Path) {
    #[cfg(unix)]
    {
        let own = PathBuf::from(env::var_os("OUT_DIR").unwrap());
        for name in ["libfovea.so", "libfovea.so.0", "libfovea.dylib", "libfovea.0.dylib"] {
            let _ = std::fs::remove_file(own.join(name));
            if folder.join(name).exists() {
                let _ = std::os::unix::fs::symlink(folder.join(name), own.join(name));
            }
        }
        println!("cargo:rustc-link-search=native={}", own.display());
    }
    #[cfg(not(unix))]
    let _ = folder;
}

fn give_up(reason: &str) -> ! {
    eprintln!(
        "\nfovea-sys needs the library libfovea, and did not find it: {}.\n\n\
         Either set FOVEA_LIB_DIR to the folder that has libfovea.so:\n\
         \x20   FOVEA_LIB_DIR=/path/to/lib cargo build\n\
         or install it where pkg-config finds it (meson install; PKG_CONFIG_PATH=<prefix>/lib/pkgconfig).\n",
        reason
    );
    exit(1);
}
