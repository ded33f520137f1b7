//! The methods that Objective-C calls in the iPad's Rust, held against the bindings of Apple's headers.
//!
//! `objc2` checks at run time, in a debug build, that a protocol has a method of this selector. It does not check the
//! types of a protocol's method: a wrong block type, or a reference for what may be null, compiles and then reads garbage.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{Context, Result};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::metadata;
use crate::paths::Paths;

/// The folders with Objective-C classes of our own, below `plugins`.
const OURS: [&str; 2] = ["site-view/src/ios", "device/src/apple"];

/// The crates of bindings that those folders use.
const BINDINGS: [&str; 4] = [
    "objc2-authentication-services",
    "objc2-foundation",
    "objc2-ui-kit",
    "objc2-web-kit",
];

/// Names that are another type's on an iPad.
const ALIASES: [(&str, &str); 1] = [("ASPresentationAnchor", "UIWindow")];

/// A method with a selector, as its attribute and its signature say.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Method {
    /// The protocol that the method is implemented for; `None` for a class's own or an overridden method.
    protocol: Option<String>,
    selector: String,
    /// The types without `self`, then the type of the result.
    types: Vec<String>,
}

/// What is wrong with a method, one sentence each.
pub fn problems(paths: &Paths) -> Result<Vec<String>> {
    let sources = bindings()?;
    let mut problems = Vec::new();
    for folder in OURS {
        for file in rust_files(&paths.root.join("plugins").join(folder))? {
            let text = fs::read_to_string(&file)?;
            if !text.contains("define_class!") {
                continue;
            }
            let name = file.strip_prefix(&paths.root).unwrap_or(&file).display().to_string();
            for ours in parse(&text).with_context(|| name.clone())? {
                let theirs = of_bindings(sources, &ours)?;
                problems.extend(compare(&ours, &theirs).map(|problem| format!("{name}: {problem}")));
            }
        }
    }
    Ok(problems)
}

/// Where `tao` registers the scene delegate whose method `device/src/apple/scene.rs` replaces: the class and the selector
/// must be there, and `tao` must make the class with the event loop, before any plugin is set up.
pub fn scene_delegate(paths: &Paths) -> Result<Vec<String>> {
    let ours = fs::read_to_string(paths.root.join("plugins/device/src/apple/scene.rs"))?;
    let between = |start: &str, end: char| ours.split_once(start).and_then(|(_, rest)| rest.split(end).next());
    let (class, selector) = (
        between("c\"", '"').context("scene.rs names no class")?,
        between("sel!(", ')').context("scene.rs names no selector")?,
    );
    let tao = package_folders(&["tao"])?.remove("tao").context("the app has no tao")?;
    let source = |name: &str| fs::read_to_string(tao.join("src/platform_impl/ios").join(name));
    let (scene, view, event_loop) = (source("scene.rs")?, source("view.rs")?, source("event_loop.rs")?);
    let in_order = event_loop.find("fn new(") < event_loop.find("create_delegate_class()")
        && event_loop.find("create_delegate_class()") < event_loop.find("pub fn run<");
    let is_there = scene.contains(&format!("#[name = \"{class}\"]"))
        && scene.contains(&format!("method({selector})"))
        && view.contains(&format!("{class}::class();"))
        && in_order;
    Ok(if is_there {
        Vec::new()
    } else {
        vec![format!(
            "tao registers no class {class} with {selector} before the event loop runs: links that start the app would be lost"
        )]
    })
}

fn compare(ours: &Method, theirs: &[Method]) -> Option<String> {
    let (protocol, selector) = (ours.protocol.as_deref(), &ours.selector);
    if theirs.is_empty() {
        // A class may have methods of its own, which only our own code sends.
        return protocol
            .filter(|name| *name != "NSObjectProtocol")
            .map(|name| format!("{name} has no method {selector}"));
    }
    if theirs.iter().any(|theirs| theirs.types == ours.types) {
        return None;
    }
    Some(format!(
        "{selector} is ({}), and Apple's is ({})",
        ours.types.join(", "),
        theirs[0].types.join(", ")
    ))
}

/// The binding's methods for each protocol and selector.
type Remembered = BTreeMap<(Option<String>, String), Vec<Method>>;

/// The binding's methods of this protocol and selector. Bindings of a Mac may differ, so there may be two. What was found
/// once is remembered, because to look for it means to read Apple's frameworks from end to end.
fn of_bindings(sources: &[(PathBuf, String)], ours: &Method) -> Result<Vec<Method>> {
    static FOUND: Mutex<Remembered> = Mutex::new(BTreeMap::new());
    let key = (ours.protocol.clone(), ours.selector.clone());
    let mut remembered = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = remembered.get(&key) {
        return Ok(found.clone());
    }
    let selector = format!("method({})", ours.selector);
    let protocol = ours.protocol.as_ref().map(|name| format!("trait {name}"));
    let mut found = Vec::new();
    for (path, text) in sources {
        if protocol.as_ref().is_none_or(|protocol| text.contains(protocol)) && text.contains(&selector) {
            let methods = parse(text).with_context(|| path.display().to_string())?;
            found.extend(methods.into_iter().filter(|method| {
                method.selector == ours.selector && (ours.protocol.is_none() || method.protocol == ours.protocol)
            }));
        }
    }
    remembered.insert(key, found.clone());
    Ok(found)
}

/// The sources of the bindings, which are the same for every check.
fn bindings() -> Result<&'static [(PathBuf, String)]> {
    static READ: OnceLock<Vec<(PathBuf, String)>> = OnceLock::new();
    if let Some(sources) = READ.get() {
        return Ok(sources);
    }
    let mut sources = Vec::new();
    for folder in package_folders(&BINDINGS)?.into_values() {
        for file in rust_files(&folder.join("src/generated"))? {
            let text = fs::read_to_string(&file)?;
            sources.push((file, text));
        }
    }
    Ok(READ.get_or_init(|| sources))
}

/// The folders of these packages, at the versions that the app is locked to.
fn package_folders(names: &[&str]) -> Result<BTreeMap<String, PathBuf>> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().context("no packages")?;
    let mut folders = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        if names.contains(&name) {
            let manifest = package["manifest_path"]
                .as_str()
                .context("a package without a manifest")?;
            folders.insert(name.to_owned(), Path::new(manifest).with_file_name(""));
        }
    }
    Ok(folders)
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The methods with a selector in a Rust file.
fn parse(text: &str) -> Result<Vec<Method>> {
    let tokens: TokenStream = text.parse().map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut found = Vec::new();
    collect(tokens, None, &mut found);
    Ok(found)
}

fn collect(tokens: TokenStream, protocol: Option<&str>, found: &mut Vec<Method>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut inner = protocol.map(str::to_owned);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            // `impl P for C { … }` and `trait P { … }` are about P, `impl C { … }` is about no protocol.
            TokenTree::Ident(word) if word == "impl" => {
                inner = match tokens.get(at + 1..at + 3) {
                    Some([name, word]) if word.to_string() == "for" => Some(name.to_string()),
                    _ => None,
                };
            }
            TokenTree::Ident(word) if word == "trait" => inner = tokens.get(at + 1).map(ToString::to_string),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                if let Some(selector) = selector(group.stream())
                    && let Some(types) = signature(&tokens[at + 1..])
                {
                    found.push(Method {
                        protocol: protocol.map(str::to_owned),
                        selector,
                        types,
                    });
                }
            }
            TokenTree::Group(group) => collect(group.stream(), inner.as_deref(), found),
            _ => {}
        }
    }
}

/// The selector in `unsafe(method(selector))` or `unsafe(method_id(selector))`.
fn selector(attribute: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = attribute.into_iter().collect();
    let [TokenTree::Ident(word), TokenTree::Group(outer)] = &tokens[..] else {
        return None;
    };
    let tokens: Vec<TokenTree> = outer.stream().into_iter().collect();
    match &tokens[..] {
        [TokenTree::Ident(kind), TokenTree::Group(inner)]
            if word == "unsafe" && (kind == "method" || kind == "method_id") =>
        {
            Some(inner.stream().into_iter().map(|token| token.to_string()).collect())
        }
        _ => None,
    }
}

/// The types of the next function: its parameters without `self`, then its result.
fn signature(tokens: &[TokenTree]) -> Option<Vec<String>> {
    let at = tokens
        .iter()
        .position(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))?;
    let TokenTree::Group(parameters) = tokens.get(at + 2)? else {
        return None;
    };
    let mut types: Vec<String> = split(parameters.stream())
        .into_iter()
        .filter_map(|parameter| {
            let colon = parameter
                .iter()
                .position(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':'))?;
            Some(normal(&parameter[colon + 1..]))
        })
        .collect();
    let result: Vec<TokenTree> = tokens[at + 3..]
        .iter()
        .take_while(|token| match token {
            TokenTree::Punct(punct) => punct.as_char() != ';',
            TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
            _ => true,
        })
        .cloned()
        .collect();
    // Without the arrow.
    types.push(normal(result.get(2..).unwrap_or_default()));
    Some(types)
}

/// The parameters of a function, at the commas that are in no angle brackets.
fn split(parameters: TokenStream) -> Vec<Vec<TokenTree>> {
    let (mut all, mut depth, mut after_minus) = (vec![Vec::new()], 0_i32, false);
    for token in parameters {
        let mark = match &token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match mark {
            '<' => depth += 1,
            '>' if !after_minus => depth -= 1,
            _ => {}
        }
        after_minus = mark == '-';
        if mark == ',' && depth == 0 {
            all.push(Vec::new());
        } else if let Some(last) = all.last_mut() {
            last.push(token);
        }
    }
    all
}

/// A type without blanks, paths and aliases.
fn normal(tokens: &[TokenTree]) -> String {
    let mut text: Vec<String> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ':' => {
                // The second colon of a path: what was before it goes.
                if text.last().is_some_and(|last| last == ":") {
                    text.pop();
                    text.pop();
                } else {
                    text.push(":".to_owned());
                }
            }
            TokenTree::Group(group) => {
                let parts = split(group.stream());
                // Without what is after a last comma.
                let parts = parts.iter().filter(|part| !part.is_empty());
                let inner: Vec<String> = parts.map(|part| normal(part)).collect();
                text.push(format!("({})", inner.join(",")));
            }
            TokenTree::Ident(word) => {
                let word = word.to_string();
                let alias = ALIASES.iter().find(|(name, _)| *name == word);
                let word = alias.map_or(word.as_str(), |(_, is)| is).to_owned();
                // Words in a row, such as `dyn Fn`, keep their blank.
                let is_after_word = text.last().is_some_and(|last| last.ends_with(char::is_alphanumeric));
                text.push(if is_after_word { format!(" {word}") } else { word });
            }
            other => text.push(other.to_string()),
        }
    }
    text.concat().replace(",>", ">")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_copy::refuses;

    const DELEGATE: &str = "plugins/site-view/src/ios/delegate.rs";

    #[test]
    fn a_wrong_selector_a_wrong_block_and_a_reference_for_what_may_be_null_are_named() {
        for (file, from, to, says) in [
            (
                DELEGATE,
                "method(webViewDidClose:)",
                "method(webViewDidShut:)",
                "WKUIDelegate has no method webViewDidShut:",
            ),
            (
                DELEGATE,
                "done: &DynBlock<dyn Fn(Bool)>",
                "done: &DynBlock<dyn Fn(isize)>",
                "runJavaScriptConfirmPanelWithMessage:initiatedByFrame:completionHandler: is (",
            ),
            (
                DELEGATE,
                "default: Option<&NSString>",
                "default: &NSString",
                "runJavaScriptTextInputPanelWithPrompt:defaultText:initiatedByFrame:completionHandler: is (",
            ),
            (
                "plugins/site-view/src/ios/background_view.rs",
                "point: CGPoint",
                "point: f32",
                "hitTest:withEvent: is (",
            ),
        ] {
            refuses(problems, file, from, to, says);
        }
    }

    #[test]
    fn another_scene_delegate_than_taos_is_refused() {
        refuses(
            scene_delegate,
            "plugins/device/src/apple/scene.rs",
            "c\"TaoSceneDelegate\"",
            "c\"SceneDelegate\"",
            "links that start the app would be lost",
        );
    }

    #[test]
    fn types_are_compared_without_their_paths() {
        let method = |text: &str| parse(text).unwrap().remove(0);
        let ours = method(
            "unsafe impl P for C { #[unsafe(method(a:b:))] fn x(&self, a: &N, b: &DynBlock<dyn Fn(*mut S, B)>) { } }",
        );
        let theirs = method(
            "pub unsafe trait P: Q { #[optional] #[unsafe(method(a:b:))] unsafe fn a_b(&self, a: &n::N, b: &block2::DynBlock<dyn Fn(*mut S, B,)>,); }",
        );
        assert_eq!(ours.types, ["&N", "&DynBlock<dyn Fn(*mut S,B)>", ""]);
        assert_eq!(ours.protocol.as_deref(), Some("P"));
        assert_eq!(compare(&ours, &[theirs]), None);
    }
}
