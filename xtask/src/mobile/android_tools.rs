//! Android's own tools, from Maven: the manifest merger, aapt2, Android Lint and R8, on the framework of API 36. They stand
//! in for the tasks of the Android Gradle plugin, which needs an SDK.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use xshell::{Cmd, Shell, cmd};

use super::generated::MIN_SDK;
use super::targets::folder;
use crate::paths::{Paths, cache, target};
use crate::steps::{Step, run_silently};

/// The newest API level that the framework from Maven has. Gradle compiles against the one above.
const API: &str = "36";

/// The tools that `pom.xml` names, and the libraries whose manifests and resources end up in the app.
#[derive(Clone)]
pub struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// The tools of this version of `pom.xml`. They are there once the step of [`Tools::fetch`] has passed.
    pub fn new() -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        fs::read(pom())?.hash(&mut hasher);
        Ok(Self {
            folder: cache()?.join(format!("android-{:016x}", hasher.finish())),
        })
    }

    /// Fetches them with Maven, once for each version of `pom.xml`.
    pub fn fetch<'a>(&self, sh: &'a Shell) -> Step<'a> {
        let (this, done) = (self.clone(), self.aapt2());
        // Into a folder beside the final one, which gets its name last: a fetch that was cut off leaves nothing that
        // looks whole.
        let fresh = self.folder.with_extension("new");
        let (pom, to) = (pom(), format!("-Dto={}", fresh.display()));
        let start = fresh.clone();
        Step::command_from("Fetch Android's tools", move || {
            sh.remove_path(start)?;
            Ok(cmd!(sh, "mvn --batch-mode --quiet --file {pom} {to} initialize").into())
        })
        .skip_if(move || Ok(done.exists()))
        .then(move || {
            let unfinished = Self { folder: fresh };
            unfinished.unpack(sh)?;
            Ok(fs::rename(unfinished.folder, this.folder)?)
        })
    }

    fn unpack(&self, sh: &Shell) -> Result<()> {
        for library in self.archives()? {
            let _folder = sh.push_dir(sh.create_dir(library.with_extension(""))?);
            run_silently(cmd!(sh, "jar --extract --file {library}"))?;
        }
        let _folder = sh.push_dir(&self.folder);
        run_silently(cmd!(
            sh,
            "jar --extract --file single/apktool-lib.jar prebuilt/linux/aapt2"
        ))?;
        let aapt2 = self.aapt2();
        fs::rename(self.folder.join("prebuilt/linux/aapt2"), &aapt2)?;
        run_silently(cmd!(sh, "chmod +x {aapt2}"))
    }

    fn archives(&self) -> Result<Vec<PathBuf>> {
        let mut archives = fs::read_dir(self.folder.join("libraries"))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        archives.retain(|path| path.extension().is_some_and(|end| end == "aar"));
        archives.sort();
        Ok(archives)
    }

    /// The unpacked libraries.
    fn libraries(&self) -> Result<Vec<PathBuf>> {
        let archives = self.archives()?;
        Ok(archives.into_iter().map(|path| path.with_extension("")).collect())
    }

    fn aapt2(&self) -> PathBuf {
        self.folder.join("aapt2")
    }

    /// The shrinker of releases.
    pub fn r8(&self) -> PathBuf {
        self.folder.join("single/r8.jar")
    }

    /// The classes and resources of Android itself.
    pub fn framework(&self) -> PathBuf {
        self.folder.join("single/android-all.jar")
    }

    fn java<'a>(&self, sh: &'a Shell, main: &str) -> Cmd<'a> {
        let class_path = self.folder.join("tools/*");
        cmd!(sh, "java -cp {class_path} {main}")
    }
}

fn pom() -> PathBuf {
    folder().join("pom.xml")
}

/// Where [`merge_manifests`] writes.
pub fn merged_manifest(paths: &Paths) -> PathBuf {
    paths.work.join("merged.xml")
}

/// Where [`link_resources`] writes.
pub fn linked_resources(paths: &Paths) -> PathBuf {
    paths.work.join("resources.apk")
}

/// Merges the app's manifest with those of the libraries and of the plugins, as a release build does.
pub fn merge_manifests(sh: &Shell, paths: &Paths, tools: &Tools) -> Result<()> {
    let main = paths.work.join("AndroidManifest.xml");
    let text = sh.read_file(paths.android_main().join("AndroidManifest.xml"))?;
    sh.write_file(
        &main,
        text.replacen("<manifest ", "<manifest package=\"nl.kidskonnect.groep\" ", 1),
    )?;
    let mut libraries: Vec<PathBuf> = tools
        .libraries()?
        .into_iter()
        .map(|library| library.join("AndroidManifest.xml"))
        .collect();
    for plugin in fs::read_dir(paths.root.join("plugins"))? {
        let plugin = plugin?;
        let Ok(text) = fs::read_to_string(plugin.path().join("android/src/main/AndroidManifest.xml")) else {
            continue;
        };
        let name = plugin.file_name().display().to_string();
        let copy = paths.work.join(format!("{name}.xml"));
        sh.write_file(&copy, plugin_manifest(&name, &text)?)?;
        libraries.push(copy);
    }
    let libraries = libraries
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(":");
    let out = merged_manifest(paths);
    sh.remove_path(&out)?;
    let (oldest, newest) = (
        format!("MIN_SDK_VERSION={MIN_SDK}"),
        format!("TARGET_SDK_VERSION={API}"),
    );
    // The version's numbers do not matter here. In a build, Tauri gives Gradle the real ones.
    let versions = ["--property", "VERSION_CODE=1", "--property", "VERSION_NAME=1"];
    let placeholders = ["usesCleartextTraffic=false", "applicationId=nl.kidskonnect.groep"]
        .into_iter()
        .flat_map(|value| ["--placeholder", value]);
    let merge = tools
        .java(sh, "com.android.manifmerger.Merger")
        .arg("--main")
        .arg(main)
        .args(["--libs", &libraries, "--property", &oldest, "--property", &newest])
        .args(versions)
        .args(placeholders)
        .arg("--out")
        .arg(&out);
    run_silently(merge)?;
    ensure!(out.exists(), "the manifests do not merge");
    Ok(())
}

/// What Gradle adds to a plugin's manifest: a package, and the API levels of the app. Without the levels, the merger adds
/// permissions that apps for Android 1 had without asking.
fn plugin_manifest(plugin: &str, text: &str) -> Result<String> {
    let package = format!(
        "<manifest package=\"nl.kidskonnect.plugin.{}\" ",
        plugin.replace('-', "_")
    );
    let named = text.replacen("<manifest ", &package, 1);
    let levels = format!("<uses-sdk android:minSdkVersion=\"{MIN_SDK}\" android:targetSdkVersion=\"{API}\" />");
    let inside = named
        .find("<manifest")
        .and_then(|at| Some(at + named[at..].find('>')? + 1))
        .context("no manifest")?;
    Ok(format!("{}{levels}{}", &named[..inside], &named[inside..]))
}

/// Compiles all resources and links them with the merged manifest. aapt2 fails if one names another that is not there.
pub fn link_resources(sh: &Shell, paths: &Paths, tools: &Tools) -> Result<()> {
    let aapt2 = tools.aapt2();
    let mut parts = Vec::new();
    for library in tools.libraries()? {
        let (resources, compiled) = (library.join("res"), library.with_extension("flata"));
        if resources.is_dir() {
            // The libraries are in the cache and do not change, so each is compiled once.
            if !compiled.exists() {
                run_silently(cmd!(sh, "{aapt2} compile --dir {resources} -o {compiled}"))?;
            }
            parts.push(compiled);
        }
    }
    let (resources, app) = (paths.android_main().join("res"), paths.work.join("app.zip"));
    run_silently(cmd!(sh, "{aapt2} compile --dir {resources} -o {app}"))?;
    parts.push(app);
    let parts = parts.into_iter().flat_map(|part| ["-R".into(), part.into_os_string()]);
    let (min, framework, manifest, out) = (
        MIN_SDK.to_string(),
        tools.framework(),
        merged_manifest(paths),
        linked_resources(paths),
    );
    run_silently(cmd!(
        sh,
        "{aapt2} link --auto-add-overlay --min-sdk-version {min} --target-sdk-version {API} -I {framework} --manifest {manifest} -o {out} {parts...}"
    ))
}

/// Android Lint on manifest, resources and Kotlin. Each finding is an error. `lint.xml` has the exceptions, each with its
/// reason.
pub fn lint(sh: &Shell, paths: &Paths, tools: &Tools) -> Result<()> {
    let mut resources = Vec::new();
    for folder in fs::read_dir(paths.android_main().join("res"))? {
        resources.extend(files_in(&folder?.path())?);
    }
    // The classes that the manifests name are in the app or in a plugin.
    let mut sources = vec![paths.android_main().join("java/nl/kidskonnect/groep/MainActivity.kt")];
    for plugin in fs::read_dir(paths.root.join("plugins"))? {
        sources.extend(files_in(&plugin?.path().join("android/src/main/java")).unwrap_or_default());
    }
    resources.sort();
    sources.sort();
    let libraries = tools
        .libraries()?
        .into_iter()
        .map(|library| library.join("classes.jar"));
    let classes: Vec<PathBuf> = libraries.chain([tools.framework()]).collect();
    let elements = |element: &str, attribute: &str, files: &[PathBuf]| {
        files
            .iter()
            .map(|path| format!("    <{element} {attribute}=\"{}\"/>\n", path.display()))
            .collect::<Vec<_>>()
            .concat()
    };
    let (project, report) = (paths.work.join("project.xml"), paths.work.join("lint.txt"));
    sh.write_file(
        &project,
        format!(
            "<project>\n  <root dir=\"{}\"/>\n  <module name=\"app\" android=\"true\" library=\"false\" compile-sdk-version=\"{API}\">\n    <manifest file=\"{}\"/>\n{}{}{}  </module>\n</project>\n",
            paths.android_project().display(),
            merged_manifest(paths).display(),
            elements("resource", "file", &resources),
            elements("src", "file", &sources),
            elements("classpath", "jar", &classes),
        ),
    )?;
    let lint = tools
        .java(sh, "com.android.tools.lint.Main")
        .arg("--project")
        .arg(project)
        .arg("--config")
        .arg(paths.android_project().join("lint.xml"))
        .args(["--offline", "--exitcode", "-Werror", "--text"])
        .arg(&report)
        .env("ANDROID_USER_HOME", target().join("platform/lint"));
    run_silently(lint).map_err(|error| fs::read_to_string(report).map_or(error, |report| anyhow!(report)))
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|file| Ok(file?.path())).collect()
}
