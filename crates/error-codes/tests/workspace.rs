//! The register against the sources of the whole workspace: every code can occur, and no code is spelled as text.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use error_codes::ErrorCode;

/// Folders that hold tests, dependencies or build products.
const SKIPPED: &[&str] = &[
    "tests",
    "test",
    "androidTest",
    "benches",
    "fuzz",
    "target",
    "node_modules",
    "build",
    "dist",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The sources of a folder, except this crate's own: path and text.
fn sources(folder: &Path, all: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let own = path == Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap();
        if name.starts_with('.') || own || SKIPPED.contains(&name.as_str()) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            sources(&path, all);
        } else if [".rs", ".kt", ".ts"].iter().any(|end| name.ends_with(end)) && !name.ends_with(".test.ts") {
            let text = std::fs::read_to_string(&path).unwrap();
            all.push((path, text));
        }
    }
}

/// Where the test modules that a file declares may lie, without `.rs`: beside it, or in the folder of its name.
fn test_paths(path: &Path, text: &str) -> Vec<PathBuf> {
    let modules = test_modules(text);
    let beside = modules.iter().map(|module| path.with_file_name(module));
    beside
        .chain(modules.iter().map(|module| path.with_extension("").join(module)))
        .collect()
}

/// The modules that a text declares for tests only.
fn test_modules(text: &str) -> Vec<String> {
    text.split("#[cfg(test)]")
        .skip(1)
        .filter_map(|rest| Some(rest.trim_start().strip_prefix("mod ")?.split_once(';')?.0.to_owned()))
        .collect()
}

/// A text without its comments and without the test modules in it.
fn product_code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        if start == "#[cfg(test)]" {
            // Skips what the attribute belongs to: one line, or all lines up to a closing brace at the same depth.
            let item = lines.by_ref().find(|line| !line.trim_start().starts_with("#["));
            if item.is_some_and(|item| item.trim_end().ends_with('{')) {
                let end = format!("{}}}", &line[..line.len() - start.len()]);
                lines.by_ref().find(|line| *line == end);
            }
        } else if !start.starts_with("//") && !start.starts_with('*') {
            code.push_str(line);
            code.push('\n');
        }
    }
    code
}

/// The product sources of the workspace: path, and text without comments and test modules.
fn workspace() -> Vec<(PathBuf, String)> {
    let mut all = vec![];
    sources(&root(), &mut all);
    assert!(all.len() > 100, "the sources of the workspace are found");
    let tests: BTreeSet<PathBuf> = all.iter().flat_map(|(path, text)| test_paths(path, text)).collect();
    all.retain(|(path, _)| !path.with_extension("").ancestors().any(|module| tests.contains(module)));
    all.iter()
        .map(|(path, text)| (path.clone(), product_code(text)))
        .collect()
}

/// Whether a text names a variant, and not only the beginning of a longer name.
fn names(text: &str, variant: &str) -> bool {
    text.split(&format!("ErrorCode::{variant}"))
        .skip(1)
        .any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}

/// The codes that a text spells out, in any quotes and with any words around: an `E` and three digits, alone.
fn literals(text: &str) -> Vec<&str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let is_code = |word: &&str| {
        word.len() == 4 && word.starts_with('E') && word.bytes().skip(1).all(|byte| byte.is_ascii_digit())
    };
    text.split(|character: char| !is_word(character))
        .filter(is_code)
        .collect()
}

#[test]
fn every_code_of_the_register_can_occur() {
    let all = workspace();
    let unused: Vec<_> = ErrorCode::ALL
        .iter()
        .filter(|code| !all.iter().any(|(_, text)| names(text, &format!("{code:?}"))))
        .map(|code| format!("{code} {code:?}"))
        .collect();
    assert_eq!(unused, Vec::<String>::new(), "no product source names these codes");
}

#[test]
fn no_product_source_spells_a_code_as_text() {
    let spelled: Vec<_> = workspace()
        .iter()
        .filter(|(_, text)| !literals(text).is_empty())
        .map(|(path, text)| {
            let path = path.strip_prefix(root()).unwrap();
            format!("{}: {}", path.display(), literals(text).join(" "))
        })
        .collect();
    assert_eq!(spelled, Vec::<String>::new(), "use error_codes::ErrorCode");
}

#[test]
fn the_scan_finds_an_injected_code_and_skips_tests_and_comments() {
    let text = "fn a() { b(\"E117\", ErrorCode::NotHttps) }\n// \"E101\" ErrorCode::Value\n    /// ErrorCode::Host\n#[cfg(test)]\nmod tests {\n    fn c() { \"E102\" }\n}\nfn d() {}\n#[cfg(test)]\nmod fuzz;\n";
    let code = product_code(text);
    assert_eq!(literals(&code), ["E117"]);
    assert_eq!(
        literals("a('E101'); b(`E102 text`); c(\"x E103\") E1044 xE105 E10 0xE106"),
        ["E101", "E102", "E103"]
    );
    assert!(names(&code, "NotHttps") && !names(&code, "Not") && !names(&code, "Value") && !names(&code, "Host"));
    assert!(code.contains("fn d()"));
    let of_tests = |path: &str| test_paths(Path::new(path), text);
    assert_eq!(of_tests("src/a.rs"), [Path::new("src/fuzz"), Path::new("src/a/fuzz")]);
}
