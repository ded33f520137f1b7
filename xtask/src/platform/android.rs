//! Android's own tools on the project, from Maven: manifest merging, aapt2 and Lint on the framework of API 36.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Ground;
use super::generated::MIN_SDK;
use crate::checks::cache;
use crate::run::{Outcome, Steps, target};

/// The newest that the framework from Maven knows; Gradle takes the one above.
const API: &str = "36";

/// What was fetched.
pub struct Tools {
    folder: PathBuf,
}

impl Tools {
    /// Fetches what `platform/pom.xml` names, once for each version of that file.
    pub fn fetched(steps: &mut Steps) -> Outcome<Self> {
        let pom = Path::new(env!("CARGO_MANIFEST_DIR")).join("platform/pom.xml");
        let mut hasher = DefaultHasher::new();
        fs::read(&pom)?.hash(&mut hasher);
        let folder = cache()?.join(format!("android-{:016x}", hasher.finish()));
        if folder.join("aapt2").exists() {
            steps.nothing("Fetch Android's tools");
            return Ok(Self { folder });
        }
        // Beside its place first: a fetch that was cut off leaves nothing that looks whole.
        let fresh = folder.with_extension("new");
        let _ = fs::remove_dir_all(&fresh);
        let mut maven = Command::new("mvn");
        maven
            .args(["-B", "-q", "-f"])
            .arg(pom)
            .arg(format!("-Dto={}", fresh.display()))
            .arg("initialize");
        steps.quiet("Fetch Android's tools", &mut maven)?;
        let this = Self { folder: fresh.clone() };
        for library in this.archives()? {
            let to = library.with_extension("");
            fs::create_dir_all(&to)?;
            done(Command::new("jar").arg("xf").arg(&library).current_dir(to))?;
        }
        done(
            Command::new("jar")
                .args(["xf", "single/apktool-lib.jar", "prebuilt/linux/aapt2"])
                .current_dir(&fresh),
        )?;
        let aapt2 = fresh.join("aapt2");
        fs::rename(fresh.join("prebuilt/linux/aapt2"), &aapt2)?;
        done(Command::new("chmod").arg("+x").arg(aapt2))?;
        fs::rename(&fresh, &folder)?;
        Ok(Self { folder })
    }

    fn archives(&self) -> Outcome<Vec<PathBuf>> {
        let mut found = fs::read_dir(self.folder.join("libraries"))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Outcome<Vec<_>>>()?;
        found.retain(|path| path.extension().is_some_and(|end| end == "aar"));
        found.sort();
        Ok(found)
    }

    fn libraries(&self) -> Outcome<Vec<PathBuf>> {
        Ok(self
            .archives()?
            .into_iter()
            .map(|path| path.with_extension(""))
            .collect())
    }

    pub fn shrinker(&self) -> PathBuf {
        self.folder.join("single/r8.jar")
    }

    pub fn framework(&self) -> PathBuf {
        self.folder.join("single/android-all.jar")
    }

    fn java(&self, main: &str) -> Command {
        let mut command = Command::new("java");
        command.arg("-cp").arg(self.folder.join("tools/*")).arg(main);
        command
    }
}

/// Runs a tool; what it said comes with its failure.
fn done(command: &mut Command) -> Outcome {
    let output = command
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(String::from_utf8_lossy(&said).trim().to_owned().into())
}

/// Merges the app's manifest with its libraries' and the plugins', as a release build does.
pub fn merged(ground: &Ground, tools: &Tools) -> Outcome<PathBuf> {
    fs::create_dir_all(&ground.work)?;
    let main = ground.work.join("AndroidManifest.xml");
    let text = fs::read_to_string(ground.android().join("AndroidManifest.xml"))?;
    fs::write(
        &main,
        text.replacen("<manifest ", "<manifest package=\"nl.kidskonnect.groep\" ", 1),
    )?;
    let mut libraries: Vec<PathBuf> = tools
        .libraries()?
        .into_iter()
        .map(|library| library.join("AndroidManifest.xml"))
        .collect();
    for plugin in fs::read_dir(ground.root.join("plugins"))? {
        let plugin = plugin?;
        let Ok(text) = fs::read_to_string(plugin.path().join("android/src/main/AndroidManifest.xml")) else {
            continue;
        };
        // Gradle gives each a name, and what the app is for: without it the merger adds permissions of Android 1.
        let name = format!(
            "<manifest package=\"nl.kidskonnect.plugin.{}\" ",
            plugin.file_name().display().to_string().replace('-', "_")
        );
        let copy = ground.work.join(format!("{}.xml", plugin.file_name().display()));
        let named = text.replacen("<manifest ", &name, 1);
        let sdk = format!("<uses-sdk android:minSdkVersion=\"{MIN_SDK}\" android:targetSdkVersion=\"{API}\" />");
        let inside = named
            .find("<manifest")
            .and_then(|at| Some(at + named[at..].find('>')? + 1))
            .ok_or("no manifest")?;
        fs::write(&copy, format!("{}{sdk}{}", &named[..inside], &named[inside..]))?;
        libraries.push(copy);
    }
    let out = ground.work.join("merged.xml");
    let joined = libraries
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(":");
    let mut merger = tools.java("com.android.manifmerger.Merger");
    merger
        .arg("--main")
        .arg(main)
        .args(["--libs", &joined])
        .arg("--out")
        .arg(&out);
    merger.args([
        "--property",
        &format!("MIN_SDK_VERSION={MIN_SDK}"),
        "--property",
        &format!("TARGET_SDK_VERSION={API}"),
    ]);
    merger.args(["--property", "VERSION_CODE=1", "--property", "VERSION_NAME=1"]); // Tauri writes the real ones for Gradle
    merger.args([
        "--placeholder",
        "usesCleartextTraffic=false",
        "--placeholder",
        "applicationId=nl.kidskonnect.groep",
    ]);
    let _ = fs::remove_file(&out);
    done(&mut merger)?;
    if out.exists() {
        Ok(out)
    } else {
        Err("the manifests do not merge".into())
    }
}

/// Compiles all resources and links them with the merged manifest: whatever one names must be there.
pub fn linked(ground: &Ground, tools: &Tools, merged: &Path) -> Outcome<PathBuf> {
    let aapt2 = tools.folder.join("aapt2");
    let mut parts = Vec::new();
    for library in tools.libraries()? {
        let compiled = library.with_extension("flata");
        if library.join("res").is_dir() {
            if !compiled.exists() {
                done(
                    Command::new(&aapt2)
                        .arg("compile")
                        .arg("--dir")
                        .arg(library.join("res"))
                        .arg("-o")
                        .arg(&compiled),
                )?;
            }
            parts.push(compiled);
        }
    }
    let app = ground.work.join("app.zip");
    done(
        Command::new(&aapt2)
            .arg("compile")
            .arg("--dir")
            .arg(ground.android().join("res"))
            .arg("-o")
            .arg(&app),
    )?;
    parts.push(app);
    let out = ground.work.join("resources.apk");
    let mut link = Command::new(aapt2);
    link.args([
        "link",
        "--auto-add-overlay",
        "--min-sdk-version",
        &MIN_SDK.to_string(),
        "--target-sdk-version",
        API,
    ]);
    link.arg("-I")
        .arg(tools.framework())
        .arg("--manifest")
        .arg(merged)
        .arg("-o")
        .arg(&out);
    for part in parts {
        link.arg("-R").arg(part);
    }
    done(&mut link)?;
    Ok(out)
}

/// Android Lint on manifest and resources. Whatever it holds against the project fails; `lint.xml` has the exceptions,
/// each with its reason.
pub fn lint(ground: &Ground, tools: &Tools, merged: &Path) -> Outcome {
    let mut resources = Vec::new();
    for folder in fs::read_dir(ground.android().join("res"))? {
        for file in fs::read_dir(folder?.path())? {
            resources.push(file?.path());
        }
    }
    resources.sort();
    let listed = resources
        .iter()
        .map(|path| format!("    <resource file=\"{}\"/>\n", path.display()))
        .collect::<Vec<_>>()
        .concat();
    // What the manifests name is there or in a plugin.
    let mut sources = vec![ground.android().join("java/nl/kidskonnect/groep/MainActivity.kt")];
    for plugin in fs::read_dir(ground.root.join("plugins"))? {
        let Ok(files) = fs::read_dir(plugin?.path().join("android/src/main/java")) else {
            continue;
        };
        for file in files {
            sources.push(file?.path());
        }
    }
    sources.sort();
    let sources = sources
        .iter()
        .map(|path| format!("    <src file=\"{}\"/>\n", path.display()))
        .collect::<Vec<_>>()
        .concat();
    let classes = tools
        .libraries()?
        .into_iter()
        .map(|library| library.join("classes.jar"))
        .chain([tools.framework()]);
    let classes = classes
        .map(|jar| format!("    <classpath jar=\"{}\"/>\n", jar.display()))
        .collect::<Vec<_>>()
        .concat();
    let project = ground.work.join("project.xml");
    fs::write(
        &project,
        format!(
            "<project>\n  <root dir=\"{}\"/>\n  <module name=\"app\" android=\"true\" library=\"false\" compile-sdk-version=\"{API}\">\n    <manifest file=\"{}\"/>\n{listed}{sources}{classes}  </module>\n</project>\n",
            ground.tauri().join("gen/android").display(),
            merged.display(),
        ),
    )?;
    let report = ground.work.join("lint.txt");
    let mut lint = tools.java("com.android.tools.lint.Main");
    lint.arg("--project")
        .arg(project)
        .arg("--config")
        .arg(ground.tauri().join("gen/android/lint.xml"));
    lint.args(["--offline", "--exitcode", "-Werror", "--text"]).arg(&report);
    done(lint.env("ANDROID_USER_HOME", target().join("platform/lint")))
        .map_err(|said| fs::read_to_string(report).unwrap_or_else(|_| said.to_string()).into())
}
