//! The steps of a workflow, as far as the checks need them. Reads the plain YAML that this project's workflows are
//! written in, line by line.

use std::fs;

use anyhow::Result;

use crate::paths::Paths;

/// A workflow's file name and text, in the order of the names.
pub fn texts(paths: &Paths) -> Result<Vec<(String, String)>> {
    let mut texts = Vec::new();
    for file in fs::read_dir(paths.workflows())? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().display().to_string();
        texts.push((name, fs::read_to_string(&path)?));
    }
    texts.sort();
    Ok(texts)
}

/// A step that runs a script.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ShellStep {
    pub name: String,
    pub script: String,
    pub folder: String,
    /// That of the workflow, of the job and of the step.
    pub environment: Vec<(String, String)>,
}

/// Every step of a workflow that runs a script, in the order of the file.
pub fn shell_steps(text: &str) -> Vec<ShellStep> {
    let lines: Vec<&str> = text.lines().collect();
    // The environment of the workflow and of the job, each with the indentation of its key.
    let mut outer: Vec<(usize, String, String)> = Vec::new();
    let mut steps: Vec<ShellStep> = Vec::new();
    let mut step: Option<(usize, ShellStep)> = None;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let content = line.trim_start();
        at += 1;
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        let is_item = content.starts_with("- ");
        // In a list, the keys of an item stand behind its dash.
        let indent = line.len() - content.len() + if is_item { 2 } else { 0 };
        let (key, value) = content
            .trim_start_matches("- ")
            .split_once(':')
            .unwrap_or((content, ""));
        let value = value.trim();
        if is_item && matches!(key, "name" | "uses" | "run") {
            steps.extend(finished(step.take()));
            step = Some((indent, ShellStep::default()));
        } else if step.as_ref().is_some_and(|(level, _)| indent < *level) {
            steps.extend(finished(step.take()));
        }
        outer.retain(|(level, ..)| *level <= indent);
        let block: Vec<&str> = lines[at..]
            .iter()
            .copied()
            .take_while(|line| line.trim().is_empty() || line.len() - line.trim_start().len() > indent)
            .collect();
        match (key, &mut step) {
            ("env", step) => {
                at += block.len();
                for line in block.into_iter().filter(|line| !line.trim_start().starts_with('#')) {
                    let Some((name, value)) = line.trim().split_once(": ") else {
                        continue;
                    };
                    let (name, value) = (name.to_owned(), value.trim_matches('"').to_owned());
                    match step {
                        Some((_, step)) => step.environment.push((name, value)),
                        None => outer.push((indent, name, value)),
                    }
                }
            }
            ("name", Some((level, step))) if *level == indent => value.clone_into(&mut step.name),
            ("working-directory", Some((level, step))) if *level == indent => value.clone_into(&mut step.folder),
            ("run", Some((level, step))) if *level == indent => {
                step.script = if value == "|" {
                    at += block.len();
                    block
                        .iter()
                        .map(|line| line.get(indent + 2..).unwrap_or_default().to_owned() + "\n")
                        .collect()
                } else {
                    value.to_owned() + "\n"
                };
                let inherited = outer.iter().map(|(_, name, value)| (name.clone(), value.clone()));
                let own = std::mem::take(&mut step.environment);
                step.environment = inherited.chain(own).collect();
            }
            _ => {}
        }
    }
    steps.extend(finished(step));
    steps
}

fn finished(step: Option<(usize, ShellStep)>) -> Option<ShellStep> {
    step.map(|(_, step)| step).filter(|step| !step.script.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_of_a_workflow_are_found_with_their_environment_and_folder() {
        let text = "env:\n  NDK: 29\njobs:\n  a:\n    env:\n      # Why.\n      IMAGE: x;y\n    steps:\n      - uses: actions/checkout@1\n        with:\n          name: no\n      - name: One\n        working-directory: src\n        env:\n          KEY: ${{ secrets.KEY }}\n        # Why.\n        run: |\n          a\n            b\n\n          c\n      - run: d: e\n  b:\n    steps:\n      - name: Two\n        run: f\n";
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let steps = shell_steps(text);
        assert_eq!(
            steps,
            [
                ShellStep {
                    name: "One".to_owned(),
                    script: "a\n  b\n\nc\n".to_owned(),
                    folder: "src".to_owned(),
                    environment: vec![
                        pair("NDK", "29"),
                        pair("IMAGE", "x;y"),
                        pair("KEY", "${{ secrets.KEY }}")
                    ],
                },
                ShellStep {
                    script: "d: e\n".to_owned(),
                    environment: vec![pair("NDK", "29"), pair("IMAGE", "x;y")],
                    ..ShellStep::default()
                },
                ShellStep {
                    name: "Two".to_owned(),
                    script: "f\n".to_owned(),
                    environment: vec![pair("NDK", "29")],
                    ..ShellStep::default()
                },
            ]
        );
    }
}
