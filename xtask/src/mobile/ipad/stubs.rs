//! Empty copies (`.tbd`) of the frameworks and libraries of an iPad, for a linker on a machine without Apple's SDK.
//!
//! What a library has is read from the source of every package below the app: its `extern` blocks, and the classes that
//! it declares. A symbol belongs to the framework of its block's `#[link]`, or to the one framework of its crate. Nothing
//! is taken from the library that is to be linked, so a symbol of a framework that nobody names stays undefined.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A library's symbols and classes, by name of the framework. `System`, `objc` and `TauriSwift` are no frameworks.
#[derive(Debug, Default)]
pub struct Exports {
    pub symbols: BTreeMap<String, BTreeSet<String>>,
    pub classes: BTreeMap<String, BTreeSet<String>>,
}

/// Libraries of the system, and the stand-in for Tauri's Swift code, which Xcode compiles.
const LIBRARIES: [&str; 3] = ["System", "objc", "TauriSwift"];

/// What compilers ask for by themselves, or the runtime of Objective-C has without a declaration in any crate.
const OF_COMPILERS: [(&str, &str); 8] = [
    ("System", "_stack_chk_fail"),
    ("System", "_stack_chk_guard"),
    ("System", "_tlv_bootstrap"),
    ("System", "dyld_stub_binder"),
    ("System", "_NSConcreteStackBlock"),
    ("System", "_NSConcreteGlobalBlock"),
    ("objc", "OBJC_EHTYPE_id"),
    ("objc", "__objc_personality_v0"),
];

/// A crate's declarations.
#[derive(Debug, Default)]
struct Crate {
    frameworks: BTreeSet<String>,
    /// Each symbol with the framework of its own block.
    symbols: Vec<(String, Option<String>)>,
    classes: Vec<String>,
}

impl Exports {
    /// Adds what the crate in this folder declares.
    pub fn add_crate(&mut self, name: &str, folder: &Path) -> Result<()> {
        let mut found = Crate::default();
        for file in rust_files(folder)? {
            // A file that is no Rust by itself is included in another one, or a template.
            if let Ok(tokens) = fs::read_to_string(&file)?.parse::<TokenStream>() {
                found.read(tokens);
            }
        }
        let mut frameworks = found.frameworks.iter();
        let only = frameworks.next().filter(|_| frameworks.next().is_none());
        for (symbol, of_block) in found.symbols {
            let library = match name {
                "libc" => Some("System".to_owned()),
                "objc2" => Some("objc".to_owned()),
                _ => of_block.or_else(|| only.cloned()),
            };
            if let Some(library) = library {
                self.symbols.entry(library).or_default().insert(symbol);
            }
        }
        if let Some(framework) = only {
            self.classes.entry(framework.clone()).or_default().extend(found.classes);
        }
        Ok(())
    }

    /// Adds symbols of the system that no crate declares. Those of Objective-C's runtime have its prefixes.
    pub fn add_system(&mut self, symbols: impl IntoIterator<Item = String>) {
        for symbol in symbols {
            let is_runtime = ["objc_", "sel_", "class_", "_objc"]
                .iter()
                .any(|prefix| symbol.starts_with(prefix));
            let library = if is_runtime { "objc" } else { "System" };
            self.symbols.entry(library.to_owned()).or_default().insert(symbol);
        }
        for (library, symbol) in OF_COMPILERS {
            self.symbols
                .entry(library.to_owned())
                .or_default()
                .insert(symbol.to_owned());
        }
        self.classes
            .entry("objc".to_owned())
            .or_default()
            .insert("NSObject".to_owned());
    }

    /// The frameworks that have this class.
    pub fn frameworks_of(&self, class: &str) -> BTreeSet<&str> {
        let with = self.classes.iter().filter(|(_, classes)| classes.contains(class));
        with.map(|(framework, _)| framework.as_str()).collect()
    }

    /// Writes a stub for each library, and for each of `frameworks`, so that the linker finds all that it is given.
    pub fn write(&self, sdk: &Path, frameworks: &BTreeSet<String>) -> Result<()> {
        let names: BTreeSet<&str> = (self.symbols.keys().chain(self.classes.keys()).chain(frameworks))
            .map(String::as_str)
            .chain(LIBRARIES)
            .collect();
        for name in names {
            let paths: Vec<PathBuf> = match name {
                // The linker looks for a library that another one hands on under its own name.
                "objc" => vec!["usr/lib/libobjc.tbd".into(), "usr/lib/libobjc.A.tbd".into()],
                _ if LIBRARIES.contains(&name) => vec![format!("usr/lib/lib{name}.tbd").into()],
                _ => vec![format!("System/Library/Frameworks/{name}.framework/{name}.tbd").into()],
            };
            for path in paths {
                let path = sdk.join(path);
                fs::create_dir_all(path.parent().context("a stub without a folder")?)?;
                fs::write(path, self.stub(name))?;
            }
        }
        Ok(())
    }

    fn stub(&self, name: &str) -> String {
        let install = match name {
            "System" => "/usr/lib/libSystem.B.dylib".to_owned(),
            _ if LIBRARIES.contains(&name) => format!("/usr/lib/lib{name}.A.dylib"),
            _ => format!("/System/Library/Frameworks/{name}.framework/{name}"),
        };
        let mut text = format!("--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-ios ]\ninstall-name: '{install}'\n");
        if name == "Foundation" {
            // As in Apple's SDK.
            text += "reexported-libraries:\n  - targets: [ arm64-ios ]\n    libraries: [ '/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation', '/usr/lib/libobjc.A.dylib' ]\n";
        }
        let list = |of: &BTreeMap<String, BTreeSet<String>>, before: &str| {
            let names = of.get(name).into_iter().flatten();
            names
                .map(|name| format!("'{before}{name}'"))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (symbols, classes) = (list(&self.symbols, "_"), list(&self.classes, ""));
        if !symbols.is_empty() || !classes.is_empty() {
            text += "exports:\n  - targets: [ arm64-ios ]\n";
        }
        for (key, names) in [("symbols", symbols), ("objc-classes", classes)] {
            if !names.is_empty() {
                text.extend(["    ", key, ": [ ", &names, " ]\n"]);
            }
        }
        text + "...\n"
    }
}

/// All Rust files below a folder, without those for other systems.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if ["linux", "android", "windows", "wasi", "solid", "hermit"]
            .iter()
            .any(|other| name.starts_with(other))
        {
            continue;
        }
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

impl Crate {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        // The framework of the attributes since the last item, and the name of a symbol or class that they give.
        let mut linked = None;
        for (at, token) in tokens.iter().enumerate() {
            let word = |back: usize| {
                at.checked_sub(back)
                    .and_then(|at| tokens.get(at))
                    .map(ToString::to_string)
            };
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                    if let Some(framework) = framework(group.stream()) {
                        self.frameworks.insert(framework.clone());
                        linked = Some(framework);
                    }
                }
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let is_extern =
                        word(1).is_some_and(|text| text.starts_with('"')) && word(2).as_deref() == Some("extern");
                    let is_macro =
                        word(1).as_deref() == Some("!") && word(2).is_some_and(|name| name.starts_with("extern_c"));
                    if is_extern || is_macro {
                        self.read_extern(group.stream(), linked.as_deref());
                    }
                    linked = None;
                    self.read(group.stream());
                }
                TokenTree::Group(group) => {
                    let name = word(2).filter(|_| word(1).as_deref() == Some("!"));
                    match name.as_deref() {
                        Some("extern_class") => self.read_class(group.stream()),
                        Some("swift") => {
                            if let Some(name) = after(group.stream(), "fn") {
                                self.symbols.push((name, Some("TauriSwift".to_owned())));
                            }
                        }
                        _ => {}
                    }
                    self.read(group.stream());
                }
                TokenTree::Punct(punct) if punct.as_char() == ';' => linked = None,
                _ => {}
            }
        }
    }

    /// The functions and statics of an `extern` block, under the names that the linker sees.
    fn read_extern(&mut self, tokens: TokenStream, linked: Option<&str>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut given = None;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                    given = text_after(group.stream(), "link_name").or(given);
                }
                TokenTree::Ident(word) if word == "fn" || word == "static" => {
                    // A lifetime is no item, and a function's type has no name.
                    let is_lifetime = at > 0 && tokens[at - 1].to_string() == "'";
                    let mut rest = tokens[at + 1..].iter().filter(|token| token.to_string() != "mut");
                    if let (false, Some(TokenTree::Ident(name))) = (is_lifetime, rest.next()) {
                        let name = given.take().unwrap_or_else(|| name.to_string());
                        self.symbols.push((name, linked.map(str::to_owned)));
                    }
                }
                _ => {}
            }
        }
    }

    fn read_class(&mut self, tokens: TokenStream) {
        let mut given = None;
        for token in tokens.clone() {
            if let TokenTree::Group(group) = token
                && group.delimiter() == Delimiter::Bracket
            {
                given = text_after(group.stream(), "name").or(given);
            }
        }
        self.classes.extend(given.or_else(|| after(tokens, "struct")));
    }
}

/// The framework in `link(name = "…", kind = "framework")`, also inside `cfg_attr`.
fn framework(attribute: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    tokens.iter().enumerate().find_map(|(at, token)| {
        let TokenTree::Group(group) = token else { return None };
        let is_link = at > 0 && tokens[at - 1].to_string() == "link";
        if is_link && text_after(group.stream(), "kind").as_deref() == Some("framework") {
            return text_after(group.stream(), "name");
        }
        framework(group.stream())
    })
}

/// The text in `key = "text"`.
fn text_after(tokens: TokenStream, key: &str) -> Option<String> {
    let tokens: Vec<String> = tokens.into_iter().map(|token| token.to_string()).collect();
    let at = tokens.iter().position(|token| token == key)?;
    let text = tokens.get(at + 2).filter(|_| tokens[at + 1] == "=")?;
    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_owned())
}

/// The token after this word.
fn after(tokens: TokenStream, word: &str) -> Option<String> {
    let mut tokens = tokens.into_iter();
    tokens.find(|token| token.to_string() == word)?;
    tokens.next().map(|token| token.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_classes_belong_to_the_framework_that_their_crate_or_block_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("lib.rs"),
            r#"
            #[cfg_attr(target_vendor = "apple", link(name = "AuthKit", kind = "framework"))]
            extern "C" {}
            mod generated {
                unsafe extern "C" { pub static AuthErrorDomain: &'static NSErrorDomain; fn AuthRun(a: u8); }
                extern_class!(#[unsafe(super(NSObject))] #[name = "AuthSession"] pub struct Session;);
                extern_class!(#[unsafe(super(NSObject))] pub struct AuthController;);
            }
            "#,
        )
        .unwrap();
        let mut exports = Exports::default();
        exports.add_crate("objc2-auth-kit", folder.path()).unwrap();
        let names: Vec<_> = exports.symbols["AuthKit"].iter().map(String::as_str).collect();
        assert_eq!(names, ["AuthErrorDomain", "AuthRun"]);
        for class in ["AuthSession", "AuthController"] {
            assert_eq!(exports.frameworks_of(class), BTreeSet::from(["AuthKit"]), "{class}");
        }
        let stub = exports.stub("AuthKit");
        assert!(
            stub.contains("'_AuthErrorDomain', '_AuthRun'") && stub.contains("'AuthController', 'AuthSession'"),
            "{stub}"
        );
    }

    #[test]
    fn a_block_of_another_framework_and_a_given_name_count() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("lib.rs"),
            r#"
            #[link(name = "A", kind = "framework")] extern "C" { fn a(); }
            #[link(name = "B", kind = "framework")] extern "C" { #[link_name = "b$real"] fn b(); fn c(); }
            "#,
        )
        .unwrap();
        let mut exports = Exports::default();
        exports.add_crate("two", folder.path()).unwrap();
        assert_eq!(exports.symbols["A"], BTreeSet::from(["a".to_owned()]));
        assert_eq!(
            exports.symbols["B"],
            BTreeSet::from(["b$real".to_owned(), "c".to_owned()])
        );
    }
}
