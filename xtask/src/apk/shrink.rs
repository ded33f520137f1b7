//! R8: shrinks classes and resources together, and writes them as Android reads them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use xshell::{Shell, cmd};

use super::Build;
use super::classes::folders;
use super::current::Inputs;
use super::resources::proto_resources;
use crate::mobile::android_library::{APPLICATION_ID, generated_kotlin};
use crate::mobile::android_tools::resource_rules;
use crate::mobile::generated::MIN_SDK;
use crate::mobile::jni_names::{deep_link_android, plugins, sources_of, tauri_android};
use crate::steps::{CommandLine, Step, run_silently};

/// Where R8 writes: `classes.dex`, and files of the libraries that are no classes.
pub fn shrunk(build: &Build) -> PathBuf {
    build.paths.work.join("shrunk")
}

/// The resources that are left, with the short names that a release gives to the files among them.
pub fn shrunk_resources(build: &Build) -> PathBuf {
    build.paths.work.join("resources.short.apk")
}

/// What R8 did: which name became which.
pub fn mapping(build: &Build) -> PathBuf {
    build.paths.work.join("mapping.txt")
}

/// Shrinks what the app is made of, unless it was shrunk from exactly this.
pub fn steps<'a>(sh: &'a Shell, build: &'a Build) -> [Step<'a>; 2] {
    let inputs = move || {
        let mut paths = rules(sh, build)?;
        paths.extend(folders(sh, build)?);
        paths.push(proto_resources(build));
        Inputs::read(shrunk(build).with_extension("inputs"), &paths, &build.tools.version())
    };
    [
        Step::command_from("Shrink classes and resources", move || shrink(sh, build))
            .skip_if(move || Ok(inputs()?.are_current()))
            .then(move || inputs()?.record()),
        Step::function("Shorten the names of resource files", move || shorten(sh, build)),
    ]
}

/// Everybody's rules: those that Gradle's Android plugin adds, the libraries', Tauri's, the plugins', the app's, and those
/// that aapt2 and wry wrote in this build. R8 itself takes the rules out of jars that are no Android archives.
fn rules(sh: &Shell, build: &Build) -> Result<Vec<PathBuf>> {
    let mut rules = vec![build.tools.default_rules()];
    rules.extend(
        build
            .tools
            .libraries()?
            .iter()
            .map(|library| library.join("proguard.txt")),
    );
    rules.extend([tauri_android(sh)?, deep_link_android(sh)?].map(|android| android.join("consumer-rules.pro")));
    rules.extend(plugins()?.iter().map(|plugin| plugin.join("consumer-rules.pro")));
    rules.push(build.paths.android_project().join("app/proguard-rules.pro"));
    rules.push(generated_kotlin().join("proguard-wry.pro"));
    rules.push(resource_rules(&build.paths));
    rules.retain(|file| file.exists());
    rules.push(tauri_rules(sh, build)?);
    Ok(rules)
}

/// Tauri's build script writes these rules into a Gradle project. Here they are made from the same template.
fn tauri_rules(sh: &Shell, build: &Build) -> Result<PathBuf> {
    let template = sh.read_file(sources_of(sh, "tauri")?.join("mobile/proguard-tauri.pro"))?;
    let file = build.paths.work.join("proguard-tauri.pro");
    sh.write_file(&file, template.replace("$PACKAGE", APPLICATION_ID))?;
    Ok(file)
}

/// Puts the classes that were compiled here into one jar: R8 reads no folders.
fn jar(sh: &Shell, build: &Build) -> Result<PathBuf> {
    let jar = build.paths.work.join("app.jar");
    sh.remove_path(&jar)?;
    for folder in folders(sh, build)? {
        let mode = if jar.exists() { "--update" } else { "--create" };
        run_silently(cmd!(sh, "jar {mode} --file {jar} -C {folder} ."))?;
    }
    Ok(jar)
}

fn shrink(sh: &Shell, build: &Build) -> Result<CommandLine> {
    let out = shrunk(build);
    sh.remove_path(out.with_extension("inputs"))?;
    sh.remove_path(&out)?;
    sh.create_dir(&out)?;
    let mut inputs = vec![jar(sh, build)?];
    inputs.extend(build.tools.classes()?);
    Ok(r8(sh, build, &rules(sh, build)?, &inputs, &out))
}

/// Nobody's warning is silenced: a class that is missing fails the build.
fn r8(sh: &Shell, build: &Build, rules: &[PathBuf], inputs: &[PathBuf], out: &Path) -> CommandLine {
    let rules: Vec<OsString> = rules
        .iter()
        .flat_map(|file| ["--pg-conf".into(), file.as_os_str().to_owned()])
        .collect();
    let tools = &build.tools;
    let (r8, framework, core, min) = (tools.r8(), tools.framework(), tools.core_library(), MIN_SDK.to_string());
    let (resources, left) = (proto_resources(build), build.paths.work.join("shrunk.proto.apk"));
    let (mapping, all_rules) = (mapping(build), build.paths.work.join("rules.txt"));
    cmd!(
        sh,
        "java -Xmx3g -cp {r8} com.android.tools.r8.R8 --release --min-api {min} --lib {framework} --lib {core} --android-resources {resources} {left} --output {out} --pg-map-output {mapping} --pg-conf-output {all_rules} {rules...} {inputs...}"
    )
    .into()
}

fn shorten(sh: &Shell, build: &Build) -> Result<()> {
    let (aapt2, work) = (build.tools.aapt2(), &build.paths.work);
    let (proto, binary, short) = (
        work.join("shrunk.proto.apk"),
        work.join("shrunk.apk"),
        shrunk_resources(build),
    );
    run_silently(cmd!(sh, "{aapt2} convert --output-format binary -o {binary} {proto}"))?;
    run_silently(cmd!(
        sh,
        "{aapt2} optimize --shorten-resource-paths -o {short} {binary}"
    ))
}
