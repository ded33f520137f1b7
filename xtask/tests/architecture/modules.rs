//! Which file of a crate uses which: a scan of `mod`, `use`, and of paths that start with `crate`, `self` or `super`.
//!
//! The scan reads tokens, so comments and texts do not count, and code behind any `cfg` does, whatever the platform.
//! Code behind `#[cfg(test)]` does not count.
//!
//! A module and the modules inside it are one thing cut into files: the outer one declares the inner, and the inner may
//! use what the outer defines. Arrows between the two are therefore left out. A re-export does not hide an arrow:
//! `crate::Name` leads to the file that defines `Name`, if the root names it in a `use`. A glob re-export is not followed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The names of a module, from the root of the crate.
type ModulePath = Vec<String>;

/// The files of a crate, and the arrows between them.
pub struct Graph {
    files: BTreeMap<ModulePath, PathBuf>,
    modules: BTreeMap<ModulePath, Module>,
}

/// What one module says.
#[derive(Default)]
struct Module {
    /// The module whose file holds it: itself, unless it stands in braces.
    file: ModulePath,
    /// Names that a `use` brings into the module, with the path that each stands for.
    imports: BTreeMap<String, Vec<String>>,
    /// Paths that its code uses.
    paths: Vec<Vec<String>>,
}

impl Graph {
    /// Reads the crate whose root is this file.
    pub fn of(root: &Path) -> Self {
        let mut graph = Self {
            files: BTreeMap::new(),
            modules: BTreeMap::new(),
        };
        let folder = root.parent().unwrap();
        graph.read(root, folder, &Vec::new());
        graph
    }

    /// Reads a module from its file. The files of its inner modules are in `folder`.
    fn read(&mut self, file: &Path, folder: &Path, module: &ModulePath) {
        let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let tokens: TokenStream = text
            .parse()
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.files.insert(module.clone(), file.to_owned());
        self.scan(tokens, file, folder, module, module);
    }

    fn scan(&mut self, tokens: TokenStream, file: &Path, folder: &Path, module: &ModulePath, of_file: &ModulePath) {
        let mut this = self.modules.remove(module).unwrap_or_default();
        this.file.clone_from(of_file);
        self.modules.insert(module.clone(), this);
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        let mut path_attribute = None;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    if let Some(TokenTree::Group(group)) = tokens.get(at + 1) {
                        let attribute = group.stream().to_string().replace(' ', "");
                        if attribute == "cfg(test)" {
                            at = end_of_item(&tokens, at + 2);
                            continue;
                        }
                        path_attribute = attribute
                            .strip_prefix("path=\"")
                            .and_then(|rest| rest.strip_suffix('"'))
                            .map(str::to_owned)
                            .or(path_attribute);
                        at += 1;
                    }
                }
                TokenTree::Ident(ident) if ident == "mod" => {
                    if let Some(TokenTree::Ident(name)) = tokens.get(at + 1) {
                        let inner: ModulePath = [module.as_slice(), &[name.to_string()]].concat();
                        match tokens.get(at + 2) {
                            Some(TokenTree::Group(body)) => {
                                self.scan(body.stream(), file, &folder.join(name.to_string()), &inner, of_file);
                            }
                            _ => self.read_declared(file, folder, &name.to_string(), path_attribute.take(), &inner),
                        }
                        at += 2;
                    }
                }
                TokenTree::Ident(ident) if ident == "use" => {
                    let end = (at + 1..tokens.len())
                        .find(|end| is_punct(&tokens[*end], ';'))
                        .unwrap_or(tokens.len());
                    let mut imports = Vec::new();
                    flatten(&tokens[at + 1..end], &[], &mut imports);
                    let this = self.modules.get_mut(module).unwrap();
                    for (name, path) in imports {
                        this.paths.push(path.clone());
                        this.imports.insert(name, path);
                    }
                    at = end;
                }
                TokenTree::Ident(ident) if ["crate", "self", "super"].iter().any(|start| ident == start) => {
                    let mut path = vec![ident.to_string()];
                    while is_path_separator(&tokens, at + 1) {
                        let Some(TokenTree::Ident(next)) = tokens.get(at + 3) else {
                            break;
                        };
                        path.push(next.to_string());
                        at += 3;
                    }
                    if path.len() > 1 {
                        self.modules.get_mut(module).unwrap().paths.push(path);
                    }
                }
                TokenTree::Group(group) => self.scan(group.stream(), file, folder, module, of_file),
                _ => {}
            }
            at += 1;
        }
    }

    /// Reads a module that another file declares by `mod name;`.
    fn read_declared(&mut self, from: &Path, folder: &Path, name: &str, path: Option<String>, module: &ModulePath) {
        if let Some(path) = path {
            let file = from.parent().unwrap().join(path);
            // Such a file counts as a `mod.rs`: the modules inside it are beside it.
            let inner = file.parent().unwrap().to_owned();
            return self.read(&file, &inner, module);
        }
        let inner = folder.join(name);
        let beside = folder.join(format!("{name}.rs"));
        let within = inner.join("mod.rs");
        self.read(if beside.exists() { &beside } else { &within }, &inner, module);
    }

    /// The module that defines what a path names, seen from a module of this crate. `None` if it is of another crate.
    fn resolve(&self, from: &ModulePath, path: &[String], depth: u32) -> Option<ModulePath> {
        let mut at;
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                at = Vec::new();
                rest = &rest[1..];
            }
            "self" => {
                at = from.clone();
                rest = &rest[1..];
            }
            "super" => at = from.clone(),
            // A path in a `use` may also start with a module that is declared beside it.
            first => {
                let inner: ModulePath = [from.as_slice(), &[first.to_owned()]].concat();
                if !self.modules.contains_key(&inner) {
                    return None;
                }
                at = from.clone();
            }
        }
        while rest.first().is_some_and(|first| first == "super") {
            at.pop();
            rest = &rest[1..];
        }
        while let Some(next) = rest.first() {
            let inner: ModulePath = [at.as_slice(), std::slice::from_ref(next)].concat();
            if !self.modules.contains_key(&inner) {
                break;
            }
            at = inner;
            rest = &rest[1..];
        }
        let import = rest.first().and_then(|name| self.modules.get(&at)?.imports.get(name));
        if let Some(import) = import
            && depth > 0
            && let Some(end) = self.resolve(&at, import, depth - 1)
        {
            return Some(end);
        }
        Some(at)
    }

    /// Each pair of files of which the first uses the second.
    pub fn arrows(&self) -> BTreeSet<(&Path, &Path)> {
        let mut arrows = BTreeSet::new();
        for (name, module) in &self.modules {
            for path in &module.paths {
                let Some(target) = self.resolve(name, path, 8) else {
                    continue;
                };
                let (from, to) = (&module.file, &self.modules[&target].file);
                if !from.starts_with(to) && !to.starts_with(from) {
                    arrows.insert((self.files[from].as_path(), self.files[to].as_path()));
                }
            }
        }
        arrows
    }

    /// The files that use each other, directly or through others: one list for each circle.
    pub fn circles(&self) -> Vec<Vec<PathBuf>> {
        let arrows = self.arrows();
        let reached: BTreeMap<&Path, BTreeSet<&Path>> = arrows
            .iter()
            .map(|(from, _)| (*from, reachable(&arrows, from)))
            .collect();
        let circles: BTreeSet<Vec<PathBuf>> = reached
            .iter()
            .filter(|(file, below)| below.contains(*file))
            .map(|(file, below)| {
                let back = |other: &&&Path| reached.get(**other).is_some_and(|below| below.contains(file));
                below.iter().filter(back).map(|path| path.to_path_buf()).collect()
            })
            .collect();
        circles.into_iter().collect()
    }
}

/// Every file that this one uses, directly or through others. It is among them only if it is in a circle.
fn reachable<'a>(arrows: &BTreeSet<(&'a Path, &'a Path)>, start: &Path) -> BTreeSet<&'a Path> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(file) = open.pop() {
        for (_, to) in arrows.iter().filter(|(from, _)| *from == file) {
            if reached.insert(*to) {
                open.push(to);
            }
        }
    }
    reached
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| tokens.get(at).is_some_and(|token| is_punct(token, ':'));
    colon(at) && colon(at + 1)
}

/// Where the item ends that starts here: after its braces, or after its semicolon.
fn end_of_item(tokens: &[TokenTree], start: usize) -> usize {
    let end = (start..tokens.len()).find(|at| match &tokens[*at] {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(token, ';'),
    });
    end.map_or(tokens.len(), |end| end + 1)
}

/// The names that a `use` brings in, each with its whole path. A glob stands for the module itself, under a name that no
/// code can use.
fn flatten(tokens: &[TokenTree], before: &[String], imports: &mut Vec<(String, Vec<String>)>) {
    for tree in tokens.split(|token| is_punct(token, ',')) {
        let mut path = before.to_vec();
        let mut name = None;
        let mut at = 0;
        while at < tree.len() {
            match &tree[at] {
                TokenTree::Ident(ident) if ident == "as" => {
                    name = tree.get(at + 1).map(ToString::to_string);
                    break;
                }
                TokenTree::Ident(ident) if ident == "self" && !path.is_empty() => {}
                TokenTree::Ident(ident) => path.push(ident.to_string()),
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    flatten(&inner, &path, imports);
                    path.clear();
                    break;
                }
                TokenTree::Punct(punct) if punct.as_char() == '*' => name = Some(format!("* of {}", path.join("::"))),
                _ => {}
            }
            at += 1;
        }
        if let Some(last) = path.last().cloned() {
            imports.push((name.unwrap_or(last), path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The arrows and circles of a crate with these files, by the names of the files.
    fn graph(files: &[(&str, &str)]) -> (Vec<String>, Vec<Vec<String>>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let graph = Graph::of(&folder.path().join("lib.rs"));
        let short = |path: &Path| path.strip_prefix(folder.path()).unwrap().display().to_string();
        let arrows = graph
            .arrows()
            .into_iter()
            .map(|(from, to)| format!("{} -> {}", short(from), short(to)))
            .collect();
        let circles = graph
            .circles()
            .into_iter()
            .map(|circle| circle.iter().map(|path| short(path)).collect())
            .collect();
        (arrows, circles)
    }

    #[test]
    fn every_way_of_naming_another_file_is_an_arrow() {
        let (arrows, circles) = graph(&[
            ("lib.rs", "mod a; mod b; mod c; mod d; mod e; mod f { pub struct F; }"),
            ("a.rs", "use crate::{b::B, c::{self, C as Other}};"),
            ("b.rs", "fn f() -> u8 { vec![crate::c::C::new()]; super::d::D }"),
            (
                "c.rs",
                "pub struct C; // use crate::a::A;\nconst TEXT: &str = \"crate::a::A\";",
            ),
            (
                "d.rs",
                "#[cfg(target_os = \"ios\")] use crate::e::E; pub const D: u8 = 1;",
            ),
            (
                "e.rs",
                "use crate::f::F;\n#[cfg(test)] mod tests { use crate::a::A; } pub struct E;",
            ),
        ]);
        assert_eq!(
            arrows,
            [
                "a.rs -> b.rs",
                "a.rs -> c.rs",
                "b.rs -> c.rs",
                "b.rs -> d.rs",
                "d.rs -> e.rs"
            ]
        );
        assert!(circles.is_empty());
    }

    #[test]
    fn a_circle_is_found_through_a_third_file_and_through_a_re_export() {
        let (_, circles) = graph(&[
            (
                "lib.rs",
                "mod a; mod b; mod c; mod alone; pub use c::C; pub use crate::a::A as Renamed;",
            ),
            ("a.rs", "use crate::b::B; pub struct A;"),
            ("b.rs", "use crate::C; pub struct B;"),
            ("c.rs", "use super::Renamed; pub struct C;"),
            ("alone.rs", "use crate::a::A;"),
        ]);
        assert_eq!(circles, [["a.rs", "b.rs", "c.rs"]]);
    }

    #[test]
    fn a_module_and_the_modules_inside_it_are_no_circle_but_two_inside_it_can_be_one() {
        let (arrows, circles) = graph(&[
            ("lib.rs", "mod outer; pub struct Root;"),
            ("outer/mod.rs", "mod one; mod two; pub use one::One; pub struct Outer;"),
            (
                "outer/one.rs",
                "use super::Outer; use crate::Root; use super::two::Two; pub struct One;",
            ),
            ("outer/two.rs", "use super::One; pub struct Two;"),
        ]);
        assert_eq!(arrows, ["outer/one.rs -> outer/two.rs", "outer/two.rs -> outer/one.rs"]);
        assert_eq!(circles, [["outer/one.rs", "outer/two.rs"]]);
    }
}
