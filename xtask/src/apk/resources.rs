//! The manifest and the resources, and the classes that follow from them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use super::Build;
use super::current::Inputs;
use crate::mobile::android_library::APPLICATION_ID;
use crate::mobile::android_tools::{link_resources, linked_resources, merge_manifests, resource_classes, version_code};
use crate::mobile::project_files::app_version;
use crate::steps::{CommandLine, Step, run_silently};

/// Where [`steps`] leaves the compiled R and `BuildConfig` classes.
pub fn java_classes(build: &Build) -> PathBuf {
    build.paths.work.join("classes/java")
}

/// Where [`steps`] leaves the resources as R8 reads them.
pub fn proto_resources(build: &Build) -> PathBuf {
    build.paths.work.join("resources.proto.apk")
}

/// Merges the manifests, links the resources, and compiles the Java that Gradle generates.
pub fn steps<'a>(sh: &'a Shell, build: &'a Build) -> [Step<'a>; 3] {
    [
        Step::function("Merge the manifests", move || {
            merge_manifests(sh, &build.paths, &build.tools)
        }),
        Step::function("Link the resources", move || {
            link_resources(sh, &build.paths, &build.tools)?;
            let (aapt2, binary, proto) = (
                build.tools.aapt2(),
                linked_resources(&build.paths),
                proto_resources(build),
            );
            run_silently(cmd!(sh, "{aapt2} convert --output-format proto -o {proto} {binary}"))
        }),
        Step::command_from("Compile the classes of resources and of the build", move || {
            compile(sh, build)
        })
        .skip_if(move || {
            write_build_configs(sh, build)?;
            Ok(inputs(build)?.are_current())
        })
        .then(move || inputs(build)?.record()),
    ]
}

/// What decides the classes.
fn inputs(build: &Build) -> Result<Inputs> {
    let record = java_classes(build).with_extension("inputs");
    let sources = [resource_classes(&build.paths), build_configs(build)];
    Inputs::read(record, &sources, &build.tools.version())
}

fn build_configs(build: &Build) -> PathBuf {
    build.paths.work.join("build-config")
}

/// `BuildConfig` has the constants of the build, for Tauri's Kotlin and the app's. Gradle writes it where a project asks for
/// it.
fn write_build_configs(sh: &Shell, build: &Build) -> Result<()> {
    let version = app_version(&build.paths)?;
    let code = version_code(&version)?;
    let constants = [
        (
            "app.tauri",
            "  public static final String LIBRARY_PACKAGE_NAME = \"app.tauri\";\n".to_owned(),
        ),
        (
            APPLICATION_ID,
            format!(
                "  public static final String APPLICATION_ID = \"{APPLICATION_ID}\";\n  public static final int VERSION_CODE = {code};\n  public static final String VERSION_NAME = \"{version}\";\n"
            ),
        ),
    ];
    for (package, own) in constants {
        sh.write_file(
            build_configs(build).join(package).join("BuildConfig.java"),
            format!(
                "package {package};\n\npublic final class BuildConfig {{\n  public static final boolean DEBUG = false;\n  public static final String BUILD_TYPE = \"release\";\n{own}}}\n"
            ),
        )?;
    }
    Ok(())
}

/// Compiles `BuildConfig`, and `R`, which has the ids of resources.
fn compile(sh: &Shell, build: &Build) -> Result<CommandLine> {
    let mut sources = Vec::new();
    java_files(&resource_classes(&build.paths), &mut sources)?;
    java_files(&build_configs(build), &mut sources)?;
    let to = java_classes(build);
    sh.remove_path(to.with_extension("inputs"))?;
    sh.remove_path(&to)?;
    Ok(cmd!(sh, "javac -nowarn -Xlint:-options --release 8 -d {to} {sources...}").into())
}

fn java_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            java_files(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "java") {
            files.push(path);
        }
    }
    Ok(())
}
