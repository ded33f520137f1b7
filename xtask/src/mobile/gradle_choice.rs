//! Compares the list of libraries with what Gradle would choose for the app.
//!
//! Gradle starts from the dependencies that the build files name, and follows what each library's own metadata asks for. Of
//! the versions of a library that anybody asks for, it takes the highest; a constraint counts once somebody needs the
//! library at all. So a list is what Gradle chooses if it has exactly the libraries that something in it, or a build file,
//! needs, each at the highest version that is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use xshell::Shell;

use super::jni_names::{deep_link_android, tauri_android};
use super::libraries::Library;
use crate::paths::Paths;

/// A library that stands in for Gradle's choice, because Maven's repositories do not have that: name, Gradle's version,
/// listed version.
const STAND_INS: [(&str, &str, &str); 1] = [("androidx.webkit:webkit", "1.14.0", "1.15.0")];

/// These are part of Android itself, and Tauri's build file excludes them.
const PLATFORM: [&str; 1] = ["org.json:json"];

/// Somebody asks for a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// `group:artifact`.
    library: String,
    version: String,
    /// Not a need: it only says which version, if somebody else needs the library.
    constraint: bool,
}

/// What is wrong with the list, one sentence each. `metadata` is the folder with what each library says about itself.
pub fn problems(sh: &Shell, paths: &Paths, listed: &[Library], metadata: &Path) -> Result<Vec<String>> {
    let mut requests = vec![("the Gradle project".to_owned(), of_gradle_files(sh, paths)?)];
    for library in listed {
        let file = metadata.join(library.metadata_file());
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let found = if library.has_module {
            of_module(&text)?
        } else {
            of_pom(&text, library)
        };
        requests.push((library.name(), found));
    }
    Ok(compare(listed, &requests))
}

fn compare(listed: &[Library], requests: &[(String, Vec<Request>)]) -> Vec<String> {
    let mut needed: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    let mut needs = BTreeSet::new();
    for (who, requests) in requests {
        for Request {
            library,
            version,
            constraint,
        } in requests
            .iter()
            .filter(|request| !PLATFORM.contains(&request.library.as_str()))
        {
            if !constraint {
                needs.insert(library.as_str());
            }
            let highest = needed.entry(library).or_insert((version, who));
            if order(version) > order(highest.0) {
                *highest = (version, who);
            }
        }
    }
    let mut problems = Vec::new();
    for library in listed {
        let name = library.name();
        let Some((version, who)) = needed.get(name.as_str()).filter(|_| needs.contains(name.as_str())) else {
            problems.push(format!("libraries.txt: nobody needs {name}"));
            continue;
        };
        let stands_in = STAND_INS.contains(&(&name, version, &library.version));
        if library.version != *version && !stands_in {
            problems.push(format!(
                "libraries.txt: {name} is {}, but Gradle takes {version}, for which {who} asks",
                library.version
            ));
        }
    }
    for name in needs {
        if !listed.iter().any(|library| library.name() == name)
            && let Some((version, who)) = needed.get(name)
        {
            problems.push(format!("libraries.txt lacks {name}:{version}, which {who} needs"));
        }
    }
    problems
}

/// A version as Gradle orders it: part by part, numbers above words.
fn order(version: &str) -> Vec<(u8, u64, &str)> {
    let parts = version.split(['.', '-', '+', '_']);
    let mut order: Vec<_> = parts
        .map(|part| part.parse().map_or((1, 0, part), |number| (2, number, "")))
        .collect();
    // A release is above its candidates: `1.0` above `1.0-rc1`.
    order.push((1, 9, ""));
    order
}

/// What the build files of the app, of Tauri, and of the plugins ask for.
fn of_gradle_files(sh: &Shell, paths: &Paths) -> Result<Vec<Request>> {
    let mut files = vec![
        paths.android_project().join("app/build.gradle.kts"),
        tauri_android(sh)?.join("build.gradle.kts"),
        deep_link_android(sh)?.join("build.gradle.kts"),
    ];
    for plugin in fs::read_dir(paths.root.join("plugins"))? {
        files.push(plugin?.path().join("android/build.gradle.kts"));
    }
    let mut requests = Vec::new();
    for file in files.into_iter().filter(|file| file.exists()) {
        requests.extend(of_gradle_file(&fs::read_to_string(file)?));
    }
    // Kotlin's plugin adds the standard library at its own version.
    let project = fs::read_to_string(paths.android_project().join("build.gradle.kts"))?;
    let (_, rest) = project
        .split_once("kotlin-gradle-plugin:")
        .context("build.gradle.kts names no Kotlin plugin")?;
    let version = rest.split('"').next().unwrap_or_default();
    requests.push(request("org.jetbrains.kotlin", "kotlin-stdlib", version));
    Ok(requests)
}

fn request(group: &str, artifact: &str, version: &str) -> Request {
    Request {
        library: format!("{group}:{artifact}"),
        version: version.to_owned(),
        constraint: false,
    }
}

fn of_gradle_file(text: &str) -> Vec<Request> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("implementation(\"")?.split('"').next())
        .filter_map(|name| {
            let mut parts = name.split(':');
            Some(request(parts.next()?, parts.next()?, parts.next()?))
        })
        .collect()
}

/// What Gradle's own metadata asks for, of an Android app at run time.
fn of_module(text: &str) -> Result<Vec<Request>> {
    let module: Value = serde_json::from_str(text)?;
    let variants = module["variants"].as_array().into_iter().flatten();
    let best = variants
        .filter_map(|variant| Some((suitability(variant)?, variant)))
        .max_by_key(|(suitability, _)| *suitability);
    let Some((_, variant)) = best else {
        return Ok(Vec::new());
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(there) = variant.get("available-at") {
        return Ok(vec![request(
            &text(&there["group"]),
            &text(&there["module"]),
            &text(&there["version"]),
        )]);
    }
    let mut requests = Vec::new();
    for (key, constraint) in [("dependencies", false), ("dependencyConstraints", true)] {
        for found in variant[key].as_array().into_iter().flatten() {
            let version = ["strictly", "requires", "prefers"]
                .iter()
                .find_map(|kind| found["version"][kind].as_str());
            let is_platform = found["attributes"]["org.gradle.category"] == "platform";
            // A constraint without a version, or a platform, chooses no version here.
            if let Some(version) = version.filter(|_| !is_platform) {
                requests.push(Request {
                    constraint,
                    ..request(&text(&found["group"]), &text(&found["module"]), version)
                });
            }
        }
    }
    Ok(requests)
}

/// How well a variant suits an Android app at run time, or `None` if it does not.
fn suitability(variant: &Value) -> Option<(bool, bool, bool, bool)> {
    let attribute = |name: &str| variant["attributes"][name].as_str();
    let usage = attribute("org.gradle.usage")?;
    let platform = attribute("org.jetbrains.kotlin.platform.type").unwrap_or("androidJvm");
    let suits = attribute("org.gradle.category").unwrap_or("library") == "library"
        && ["java-runtime", "kotlin-runtime"].contains(&usage)
        && ["androidJvm", "jvm"].contains(&platform)
        && !variant["name"].as_str().unwrap_or_default().contains("native");
    suits.then_some((
        attribute("org.gradle.jvm.environment") == Some("android"),
        platform == "androidJvm",
        attribute("org.gradle.libraryelements") == Some("aar"),
        usage == "java-runtime",
    ))
}

/// What a library asks for that has a POM only.
fn of_pom(text: &str, library: &Library) -> Vec<Request> {
    let mut requests = Vec::new();
    let text = without(&without(text, "dependencyManagement"), "exclusions");
    let text = without(&text, "build");
    let (_, properties) = text.split_once("<properties>").unwrap_or_default();
    for dependency in text.split("<dependency>").skip(1) {
        let (dependency, _) = dependency.split_once("</dependency>").unwrap_or((dependency, ""));
        let value = |name: &str| element(dependency, name).unwrap_or_default();
        if !["", "compile", "runtime"].contains(&value("scope")) || value("optional") == "true" {
            continue;
        }
        let fill = |text: &str| match text.strip_prefix("${").and_then(|text| text.strip_suffix('}')) {
            Some("project.version") => library.version.clone(),
            Some("project.groupId") => library.group.clone(),
            Some(name) => element(properties, name).unwrap_or(text).to_owned(),
            None => text.to_owned(),
        };
        // `[1.0]` and `[1.0,2.0)` ask for at least 1.0.
        let version = fill(value("version"));
        let version = version.trim_start_matches(['[', '(']);
        let version = version.split([',', ']', ')']).next().unwrap_or(version);
        requests.push(request(&fill(value("groupId")), value("artifactId"), version));
    }
    requests
}

/// The text of the first element of this name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once("</")?.0.trim())
}

fn without(text: &str, name: &str) -> String {
    let mut left = String::new();
    for (index, part) in text.split(&format!("<{name}>")).enumerate() {
        let end = format!("</{name}>");
        left += match (index, part.split_once(&end)) {
            (0, _) | (_, None) => part,
            (_, Some((_, rest))) => rest,
        };
    }
    left
}

#[cfg(test)]
mod tests {
    use super::super::libraries::Kind;
    use super::*;

    fn library(name: &str, version: &str) -> Library {
        let (group, artifact) = name.split_once(':').unwrap();
        Library {
            group: group.to_owned(),
            artifact: artifact.to_owned(),
            version: version.to_owned(),
            kind: Kind::Jar,
            has_module: true,
        }
    }

    #[test]
    fn a_library_that_is_missing_unneeded_or_of_another_version_is_named() {
        let listed = [library("a:a", "1.10"), library("a:b", "2.0"), library("a:c", "1.0")];
        let ask = |name: &str, version: &str, constraint| Request {
            library: name.to_owned(),
            version: version.to_owned(),
            constraint,
        };
        let mut requests = vec![
            (
                "app".to_owned(),
                vec![ask("a:a", "1.9", false), ask("a:b", "2.0", false)],
            ),
            (
                "a:a".to_owned(),
                vec![
                    ask("a:a", "1.10", true),
                    ask("a:c", "1.0", false),
                    ask("org.json:json", "1", false),
                ],
            ),
            // Nobody needs it, so the constraint changes nothing.
            ("a:b".to_owned(), vec![ask("a:d", "1.0", true)]),
        ];
        assert_eq!(compare(&listed, &requests), Vec::<String>::new());
        assert_eq!(
            compare(&listed[..2], &requests),
            ["libraries.txt lacks a:c:1.0, which a:a needs"]
        );
        requests[1].1.push(ask("a:b", "2.1-rc1", true));
        assert_eq!(
            compare(&listed, &requests),
            ["libraries.txt: a:b is 2.0, but Gradle takes 2.1-rc1, for which a:a asks"]
        );
        requests[1].1 = vec![ask("a:a", "1.10", true), ask("a:c", "1.0", true)];
        assert_eq!(compare(&listed, &requests), ["libraries.txt: nobody needs a:c"]);
    }

    #[test]
    fn versions_are_ordered_as_gradle_orders_them() {
        let ordered = ["1.0-alpha01", "1.0-rc1", "1.0", "1.0.1", "1.2", "1.10", "2"];
        for pair in ordered.windows(2) {
            assert!(order(pair[0]) < order(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn gradles_metadata_is_read_for_an_android_app_at_run_time() {
        let module = r#"{"variants": [
            {"name": "apiElements", "attributes": {"org.gradle.usage": "java-api"}, "dependencies": [{"group": "x", "module": "api", "version": {"requires": "1"}}]},
            {"name": "jvm", "attributes": {"org.gradle.usage": "java-runtime", "org.jetbrains.kotlin.platform.type": "jvm", "org.gradle.jvm.environment": "standard-jvm"}, "dependencies": [{"group": "x", "module": "jvm", "version": {"requires": "1"}}]},
            {"name": "android", "attributes": {"org.gradle.usage": "java-runtime", "org.gradle.jvm.environment": "android"},
             "dependencies": [{"group": "x", "module": "a", "version": {"requires": "1"}}, {"group": "x", "module": "bom", "version": {"requires": "1"}, "attributes": {"org.gradle.category": "platform"}}],
             "dependencyConstraints": [{"group": "x", "module": "b", "version": {"requires": "0", "strictly": "2"}}]}
        ]}"#;
        let found = of_module(module).unwrap();
        let constraint = Request {
            constraint: true,
            ..request("x", "b", "2")
        };
        assert_eq!(found, [request("x", "a", "1"), constraint]);
        let elsewhere = r#"{"variants": [{"name": "a", "attributes": {"org.gradle.usage": "java-runtime"}, "available-at": {"group": "x", "module": "a-jvm", "version": "3"}}]}"#;
        assert_eq!(of_module(elsewhere).unwrap(), [request("x", "a-jvm", "3")]);
    }

    #[test]
    fn a_pom_and_a_build_file_are_read_for_what_they_need_at_run_time() {
        let pom = "<project><properties><v>1.5</v></properties><dependencyManagement><dependency><groupId>m</groupId></dependency></dependencyManagement><dependencies>\
            <dependency><groupId>x</groupId><artifactId>a</artifactId><version>${v}</version></dependency>\
            <dependency><groupId>${project.groupId}</groupId><artifactId>b</artifactId><version>[1.2,2.0)</version><scope>compile</scope></dependency>\
            <dependency><groupId>x</groupId><artifactId>t</artifactId><version>1</version><scope>test</scope></dependency>\
            <dependency><groupId>x</groupId><artifactId>o</artifactId><version>1</version><optional>true</optional></dependency></dependencies></project>";
        assert_eq!(
            of_pom(pom, &library("g:l", "9")),
            [request("x", "a", "1.5"), request("g", "b", "1.2")]
        );
        let gradle = "dependencies {\n    implementation(\"a:b:1\")\n    testImplementation(\"a:c:1\")\n    implementation(project(\":d\"))\n    implementation(\"a:e:2\") {\n";
        assert_eq!(of_gradle_file(gradle), [request("a", "b", "1"), request("a", "e", "2")]);
    }
}
