//! The names by which the manifest, the library, Tauri and JSON reach classes. R8 renames and removes whatever it sees no
//! use of, and it sees none of these uses: only a rule keeps the name.

use std::collections::BTreeSet;

use super::dex::{Class, NATIVE, SIGNATURE};
use super::{Apk, Expected, Manifest};

/// What is not there by its name, one sentence each.
pub fn problems(apk: &Apk, manifest: &Manifest, expected: &Expected) -> Vec<String> {
    let mut problems = components(apk, manifest);
    problems.extend(native_functions(apk));
    problems.extend(reached(apk, expected));
    problems.extend(plugins(apk, expected));
    problems.extend(type_arguments(apk));
    problems
}

fn components(apk: &Apk, manifest: &Manifest) -> Vec<String> {
    let classes = manifest.classes();
    let missing = classes.into_iter().filter(|class| !apk.classes.contains_key(*class));
    missing
        .map(|class| format!("the manifest names {class}, which is no class of the app"))
        .collect()
}

/// Both ways: a native method whose function is missing fails when it is called; a function without its method is one that
/// R8 renamed or removed.
fn native_functions(apk: &Apk) -> Vec<String> {
    let mut methods = BTreeSet::new();
    for (name, class) in &apk.classes {
        let natives = class.methods.iter().filter(|method| method.access & NATIVE != 0);
        methods.extend(natives.map(|method| format!("Java_{}_{}", escaped(name), escaped(&method.name))));
    }
    let functions: BTreeSet<String> = apk
        .exports
        .iter()
        .filter(|name| name.starts_with("Java_"))
        .cloned()
        .collect();
    let mut problems: Vec<_> = methods
        .difference(&functions)
        .map(|name| format!("a class calls {name}, which the library does not export"))
        .collect();
    problems.extend(
        functions
            .difference(&methods)
            .filter(|name| !UNUSED.contains(&name.as_str()))
            .map(|name| format!("the library exports {name}, which no class declares")),
    );
    problems
}

/// Functions that Tauri and wry export for methods that the app's classes do not have.
const UNUSED: [&str; 0] = [];

/// A name as the Java Native Interface writes it ("Resolving Native Method Names").
fn escaped(name: &str) -> String {
    name.chars()
        .map(|char| match char {
            '.' => "_".to_owned(),
            '_' => "_1".to_owned(),
            char if char.is_ascii_alphanumeric() => char.to_string(),
            char => format!("_0{:04x}", u32::from(char)),
        })
        .collect()
}

fn reached(apk: &Apk, expected: &Expected) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, members) in &expected.reached {
        let Some(class) = apk.classes.get(name) else {
            problems.push(format!("{name} is reached by its name, and no class of the app"));
            continue;
        };
        let has = |name: &String| {
            class
                .methods
                .iter()
                .chain(&class.fields)
                .any(|member| member.name == *name)
        };
        problems.extend(
            members
                .iter()
                .filter(|member| !has(member))
                .map(|member| format!("{name}.{member} is reached by its name, and not there")),
        );
    }
    problems
}

/// Tauri makes a plugin with its activity, and finds commands by their annotation.
fn plugins(apk: &Apk, expected: &Expected) -> Vec<String> {
    let is_plugin = |class: &Class| {
        class
            .annotations
            .iter()
            .any(|name| name == "app.tauri.annotation.TauriPlugin")
            && class
                .methods
                .iter()
                .any(|method| method.name == "<init>" && method.descriptor == "(Landroid/app/Activity;)V")
            && class.methods.iter().any(|method| {
                method
                    .annotations
                    .iter()
                    .any(|name| name == "app.tauri.annotation.Command")
            })
    };
    let lost = expected
        .plugins
        .iter()
        .filter(|name| !apk.classes.get(*name).is_some_and(is_plugin));
    lost.map(|name| format!("Tauri does not find the plugin {name} with its constructor and commands"))
        .collect()
}

/// Without its type arguments, JSON makes maps of the elements of a list, and whoever takes an element fails.
fn type_arguments(apk: &Apk) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, class) in &apk.classes {
        if !class
            .annotations
            .iter()
            .any(|name| name == "app.tauri.annotation.InvokeArg")
        {
            continue;
        }
        for field in &class.fields {
            let generic =
                ["Ljava/util/List;", "Ljava/util/Map;", "Ljava/util/Set;"].contains(&field.descriptor.as_str());
            if generic && !field.annotations.iter().any(|name| name == SIGNATURE) {
                problems.push(format!("{name}.{} has lost its type arguments", field.name));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::dex::{Classes, Member};
    use super::super::manifest;
    use super::*;

    fn member(name: &str, descriptor: &str, access: u64, annotations: &[&str]) -> Member {
        Member {
            name: name.to_owned(),
            descriptor: descriptor.to_owned(),
            access,
            annotations: annotations.iter().map(ToString::to_string).collect(),
        }
    }

    fn class(annotations: &[&str], fields: Vec<Member>, methods: Vec<Member>) -> Class {
        Class {
            annotations: annotations.iter().map(ToString::to_string).collect(),
            fields,
            methods,
        }
    }

    fn sound() -> Apk {
        let list = member("hosts", "Ljava/util/List;", 1, &[SIGNATURE]);
        let constructor = member("<init>", "(Landroid/app/Activity;)V", 1, &[]);
        let command = member(
            "load",
            "(Lapp/tauri/plugin/Invoke;)V",
            1,
            &["app.tauri.annotation.Command"],
        );
        Apk {
            entries: Vec::new(),
            classes: Classes::from([
                (
                    "a.Main".to_owned(),
                    class(&[], vec![], vec![member("on_touch", "()V", NATIVE, &[])]),
                ),
                (
                    "a.Plugin".to_owned(),
                    class(
                        &["app.tauri.annotation.TauriPlugin"],
                        vec![],
                        vec![constructor, command],
                    ),
                ),
                (
                    "a.Args".to_owned(),
                    class(&["app.tauri.annotation.InvokeArg"], vec![list], vec![]),
                ),
            ]),
            exports: BTreeSet::from(["Java_a_Main_on_1touch".to_owned(), "JNI_OnLoad".to_owned()]),
        }
    }

    #[test]
    fn each_name_that_is_lost_is_named() {
        let manifest = Manifest::of(
            "",
            "E: activity (line=1)\nA: android:name(0x1)=\"a.Main\" (Raw: \"a.Main\")\n",
        );
        let expected = Expected {
            reached: [("a.Args".to_owned(), vec!["hosts".to_owned()])].into(),
            plugins: vec!["a.Plugin".to_owned()],
            manifest: manifest::Expected {
                version_code: 1,
                version_name: String::new(),
                target_sdk: String::new(),
                abi: "",
            },
        };
        let found = |apk: &Apk| problems(apk, &manifest, &expected).join("\n");
        assert_eq!(found(&sound()), "");
        let with = |change: fn(&mut Apk)| {
            let mut apk = sound();
            change(&mut apk);
            found(&apk)
        };
        assert!(with(|apk| drop(apk.classes.remove("a.Main"))).contains("the manifest names a.Main"));
        assert!(with(|apk| drop(apk.classes.remove("a.Main"))).contains("Java_a_Main_on_1touch, which no class"));
        assert!(with(|apk| apk.exports.clear()).contains("does not export"));
        assert!(with(|apk| drop(apk.classes.remove("a.Args"))).contains("a.Args is reached by its name"));
        for (change, says) in [
            (
                (|class: &mut Class| class.fields[0].name = "b".to_owned()) as fn(&mut Class),
                "a.Args.hosts is reached by its name",
            ),
            (
                |class| class.fields[0].annotations.clear(),
                "a.Args.hosts has lost its type arguments",
            ),
        ] {
            let mut apk = sound();
            change(apk.classes.get_mut("a.Args").unwrap());
            assert!(found(&apk).contains(says), "{says}");
        }
        for change in [
            (|class: &mut Class| class.annotations.clear()) as fn(&mut Class),
            |class| drop(class.methods.remove(0)),
            |class| class.methods[1].annotations.clear(),
        ] {
            let mut apk = sound();
            change(apk.classes.get_mut("a.Plugin").unwrap());
            assert!(found(&apk).contains("does not find the plugin a.Plugin"));
        }
    }

    #[test]
    fn a_name_is_written_as_the_java_native_interface_writes_it() {
        assert_eq!(escaped("a.b_c.Dé$1"), "a_b_1c_D_000e9_000241");
    }
}
