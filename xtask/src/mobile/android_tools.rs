//! Android's own tools, from Maven: the manifest merger, aapt2, Android Lint, the Kotlin compiler and R8, on the framework of
//! API 36. They stand in for the tasks of the Android Gradle plugin, which needs an SDK.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use xshell::{Cmd, Shell, cmd};

use super::android_library::APPLICATION_ID;
use super::core_library;
use super::generated::MIN_SDK;
use super::jni_names::{deep_link_android, tauri_android};
use super::libraries;
use super::project_files::{app_version, setting};
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
        pom()?.hash(&mut hasher);
        Ok(Self {
            folder: cache()?.join(format!("android-{:016x}", hasher.finish())),
        })
    }

    /// Another text for other tools or libraries.
    pub fn version(&self) -> String {
        self.folder.display().to_string()
    }

    /// Fetches them with Maven, once for each version of `pom.xml`.
    pub fn fetch<'a>(&self, sh: &'a Shell) -> Step<'a> {
        let (this, done) = (self.clone(), self.aapt2());
        // Into a folder beside the final one, which gets its name last: a fetch that was cut off leaves nothing that
        // looks whole.
        let fresh = self.folder.with_extension("new");
        let (pom_file, to) = (fresh.join("pom.xml"), format!("-Dto={}", fresh.display()));
        let start = fresh.clone();
        Step::command_from("Fetch Android's tools", move || {
            sh.remove_path(start)?;
            sh.write_file(&pom_file, pom()?)?;
            Ok(cmd!(sh, "mvn --batch-mode --quiet --file {pom_file} {to} initialize").into())
        })
        .skip_if(move || Ok(done.exists()))
        .then(move || {
            let unfinished = Self { folder: fresh };
            unfinished.unpack(sh)?;
            Ok(fs::rename(unfinished.folder, this.folder)?)
        })
    }

    fn unpack(&self, sh: &Shell) -> Result<()> {
        for archive in self.archives()? {
            let folder = sh.create_dir(archive.with_extension(""))?;
            if archive.extension().is_some_and(|end| end == "jar") {
                sh.copy_file(&archive, folder.join("classes.jar"))?;
                continue;
            }
            let _folder = sh.push_dir(folder);
            run_silently(cmd!(sh, "jar --extract --file {archive}"))?;
        }
        core_library::write(
            &self.folder.join("single/gummy-bears-api-26.signature"),
            &java_home(sh)?,
            &self.core_library(),
        )?;
        let _folder = sh.push_dir(&self.folder);
        let rules =
            ["header", "optimizations", "common"].map(|part| format!("com/android/build/gradle/proguard-{part}.txt"));
        run_silently(cmd!(sh, "jar --extract --file single/gradle.jar").args(&rules))?;
        let mut text = String::new();
        for part in rules {
            text += &sh.read_file(part)?;
        }
        sh.write_file(self.default_rules(), text)?;
        run_silently(cmd!(
            sh,
            "jar --extract --file single/apktool-lib.jar prebuilt/linux/aapt2"
        ))?;
        let aapt2 = self.aapt2();
        fs::rename(self.folder.join("prebuilt/linux/aapt2"), &aapt2)?;
        run_silently(cmd!(sh, "chmod +x {aapt2}"))
    }

    fn archives(&self) -> Result<Vec<PathBuf>> {
        let names = libraries::listed()?.into_iter().filter_map(|library| library.file());
        Ok(names.map(|name| self.folder.join("libraries").join(name)).collect())
    }

    /// The unpacked libraries.
    pub fn libraries(&self) -> Result<Vec<PathBuf>> {
        let archives = self.archives()?;
        Ok(archives.into_iter().map(|path| path.with_extension("")).collect())
    }

    /// What each library says about itself, as [`libraries::Library::metadata_file`] names it.
    pub fn metadata(&self) -> PathBuf {
        self.folder.join("metadata")
    }

    /// The classes of all libraries.
    pub fn classes(&self) -> Result<Vec<PathBuf>> {
        let mut jars = Vec::new();
        for library in self.libraries()? {
            jars.push(library.join("classes.jar"));
            let mut inner = files_in(&library.join("libs")).unwrap_or_default();
            inner.sort();
            jars.extend(inner);
        }
        jars.retain(|jar| jar.exists());
        Ok(jars)
    }

    /// The rules for R8 that the Android plugin of Gradle adds to everybody's.
    pub fn default_rules(&self) -> PathBuf {
        self.folder.join("default-rules.pro")
    }

    /// The classes of Java that Android has.
    pub fn core_library(&self) -> PathBuf {
        self.folder.join("core.jar")
    }

    /// The compiler of resources.
    pub fn aapt2(&self) -> PathBuf {
        self.folder.join("aapt2")
    }

    /// The shrinker of releases: a jar in which its class is.
    pub fn r8(&self) -> PathBuf {
        self.folder.join("single/builder.jar")
    }

    /// The Kotlin compiler.
    pub fn kotlin_compiler<'a>(&self, sh: &'a Shell) -> Cmd<'a> {
        let class_path = self.folder.join("kotlin/*");
        cmd!(
            sh,
            "java -Xmx1200m -cp {class_path} org.jetbrains.kotlin.cli.jvm.K2JVMCompiler"
        )
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

/// Where Java itself is installed.
pub fn java_home(sh: &Shell) -> Result<PathBuf> {
    let settings = cmd!(sh, "java -XshowSettings:properties -version").read_stderr()?;
    let home = settings
        .lines()
        .find_map(|line| line.trim().strip_prefix("java.home = "))
        .context("java does not say where it is installed")?;
    Ok(home.into())
}

/// `pom.xml` with the libraries of the app in it.
fn pom() -> Result<String> {
    let text = fs::read_to_string(folder().join("pom.xml"))?;
    Ok(text.replacen("<!-- libraries -->", &libraries::artifact_items()?, 1))
}

/// Where [`merge_manifests`] writes.
pub fn merged_manifest(paths: &Paths) -> PathBuf {
    paths.work.join("merged.xml")
}

/// Where [`link_resources`] writes.
pub fn linked_resources(paths: &Paths) -> PathBuf {
    paths.work.join("resources.apk")
}

/// Where [`link_resources`] writes the R classes of the app and of the libraries, as Java sources.
pub fn resource_classes(paths: &Paths) -> PathBuf {
    paths.work.join("r")
}

/// Where [`link_resources`] writes rules for R8: they keep the classes that the manifest and layouts name.
pub fn resource_rules(paths: &Paths) -> PathBuf {
    paths.work.join("aapt.pro")
}

/// An Android project below the app that brings a manifest along.
struct Project {
    name: String,
    folder: PathBuf,
}

impl Project {
    /// Tauri's own, those of its plugins that are dependencies, and ours.
    fn all(sh: &Shell, paths: &Paths) -> Result<Vec<Self>> {
        let mut projects = vec![
            Self {
                name: "tauri".to_owned(),
                folder: tauri_android(sh)?,
            },
            Self {
                name: "deep-link".to_owned(),
                folder: deep_link_android(sh)?,
            },
        ];
        for plugin in files_in(&paths.root.join("plugins"))? {
            if plugin.join("android").is_dir() {
                projects.push(Self {
                    name: plugin.file_name().unwrap_or_default().display().to_string(),
                    folder: plugin.join("android"),
                });
            }
        }
        Ok(projects)
    }

    /// Its manifest with what Gradle adds: the package, and the API levels of the app. Without the levels, the merger adds
    /// permissions that apps for Android 1 had without asking.
    fn manifest(&self, target_sdk: &str) -> Result<String> {
        let gradle = fs::read_to_string(self.folder.join("build.gradle.kts"))?;
        let namespace = setting(&gradle, "namespace").context("build.gradle.kts names no namespace")?;
        let text = fs::read_to_string(self.folder.join("src/main/AndroidManifest.xml"))?;
        let named = text.replacen("<manifest ", &format!("<manifest package={namespace} "), 1);
        let levels =
            format!("<uses-sdk android:minSdkVersion=\"{MIN_SDK}\" android:targetSdkVersion=\"{target_sdk}\" />");
        let inside = named
            .find("<manifest")
            .and_then(|at| Some(at + named[at..].find('>')? + 1))
            .context("no manifest")?;
        Ok(format!("{}{levels}{}", &named[..inside], &named[inside..]))
    }
}

/// The API level that the Gradle project targets.
pub fn target_sdk(paths: &Paths) -> Result<String> {
    let gradle = fs::read_to_string(paths.android_project().join("app/build.gradle.kts"))?;
    Ok(setting(&gradle, "targetSdk")
        .context("build.gradle.kts sets no targetSdk")?
        .to_owned())
}

/// The number by which Android tells newer from older: Tauri makes it of the version in this way.
pub fn version_code(version: &str) -> Result<u32> {
    let mut code = 0;
    for part in version.split('.') {
        code = code * 1000 + part.parse::<u32>()?;
    }
    Ok(code)
}

/// Merges the app's manifest with those of the libraries and of the plugins, as a release build does.
pub fn merge_manifests(sh: &Shell, paths: &Paths, tools: &Tools) -> Result<()> {
    let main = paths.work.join("AndroidManifest.xml");
    let text = sh.read_file(paths.android_main().join("AndroidManifest.xml"))?;
    // The package is Gradle's namespace. The attribute says that libraries are mapped from where they lie in the archive;
    // Gradle adds it because of `useLegacyPackaging = false`.
    let text = text
        .replacen("<manifest ", &format!("<manifest package=\"{APPLICATION_ID}\" "), 1)
        .replacen("<application", "<application android:extractNativeLibs=\"false\"", 1);
    sh.write_file(&main, text)?;
    let target_sdk = target_sdk(paths)?;
    let mut libraries: Vec<PathBuf> = tools
        .libraries()?
        .into_iter()
        .map(|library| library.join("AndroidManifest.xml"))
        .filter(|manifest| manifest.exists())
        .collect();
    for project in Project::all(sh, paths)? {
        let copy = paths.work.join(format!("{}.xml", project.name));
        sh.write_file(&copy, project.manifest(&target_sdk)?)?;
        libraries.push(copy);
    }
    let libraries = libraries
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(":");
    let out = merged_manifest(paths);
    sh.remove_path(&out)?;
    let version = app_version(paths)?;
    let code = version_code(&version)?;
    let properties = [
        format!("MIN_SDK_VERSION={MIN_SDK}"),
        format!("TARGET_SDK_VERSION={target_sdk}"),
        format!("VERSION_NAME={version}"),
        format!("VERSION_CODE={code}"),
    ];
    let properties = properties.iter().flat_map(|value| ["--property", value]);
    let application_id = format!("applicationId={APPLICATION_ID}");
    let placeholders = ["usesCleartextTraffic=false", &application_id]
        .into_iter()
        .flat_map(|value| ["--placeholder", value]);
    let merge = tools
        .java(sh, "com.android.manifmerger.Merger")
        .arg("--main")
        .arg(main)
        .args(["--libs", &libraries])
        .args(properties)
        .args(placeholders)
        .arg("--out")
        .arg(&out);
    run_silently(merge)?;
    ensure!(out.exists(), "the manifests do not merge");
    Ok(())
}

/// Compiles all resources and links them with the merged manifest. aapt2 fails if one names another that is not there. Also
/// writes the R classes, and the rules for R8 that follow from manifest and layouts.
pub fn link_resources(sh: &Shell, paths: &Paths, tools: &Tools) -> Result<()> {
    let aapt2 = tools.aapt2();
    let (mut parts, mut packages) = (Vec::new(), Vec::new());
    for library in tools.libraries()? {
        let (resources, compiled) = (library.join("res"), library.join("res.flata"));
        if resources.is_dir() {
            // The libraries are in the cache and do not change, so each is compiled once.
            if !compiled.exists() {
                run_silently(cmd!(sh, "{aapt2} compile --dir {resources} -o {compiled}"))?;
            }
            parts.push(compiled);
        }
        // A library whose list of ids is empty has no class R, and its code asks for none.
        if fs::read(library.join("R.txt")).is_ok_and(|ids| !ids.is_empty()) {
            let manifest = fs::read_to_string(library.join("AndroidManifest.xml"))?;
            let (_, rest) = manifest
                .split_once("package=\"")
                .context("a library without a package")?;
            let (package, _) = rest.split_once('"').context("a library without a package")?;
            packages.push(package.to_owned());
        }
    }
    packages.sort();
    packages.dedup();
    let (resources, app) = (paths.android_main().join("res"), paths.work.join("app.zip"));
    run_silently(cmd!(sh, "{aapt2} compile --dir {resources} -o {app}"))?;
    parts.push(app);
    let parts = parts.into_iter().flat_map(|part| ["-R".into(), part.into_os_string()]);
    let (min, newest, packages) = (MIN_SDK.to_string(), target_sdk(paths)?, packages.join(":"));
    let (framework, manifest, out) = (tools.framework(), merged_manifest(paths), linked_resources(paths));
    let (classes, rules) = (resource_classes(paths), resource_rules(paths));
    sh.remove_path(&classes)?;
    // The ids are not final, so that R8 sees where each is used, and can leave out what nobody uses.
    run_silently(cmd!(
        sh,
        "{aapt2} link --auto-add-overlay --min-sdk-version {min} --target-sdk-version {newest} -I {framework} --manifest {manifest} -o {out} --non-final-ids --java {classes} --extra-packages {packages} --proguard {rules} {parts...}"
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
    let classes: Vec<PathBuf> = tools.classes()?.into_iter().chain([tools.framework()]).collect();
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
