//! Every test, file and function that `docs/standards.md` names exists.

use std::path::Path;

#[test]
fn every_test_that_the_standards_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/standards.md")).unwrap();
    let mut rows = 0;
    let mut count = 0;
    for line in page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| MUST"))
    {
        rows += 1;
        let proofs = line.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        let names: Vec<&str> = proofs.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "no test: {line}");
        for name in names {
            count += 1;
            let (file, test) = name.rsplit_once("::").unwrap_or_else(|| panic!("{name}: file::test"));
            let path = match file.trim_end_matches("::tests").strip_prefix("src::") {
                Some(module) => root
                    .join("crates/session/src")
                    .join(format!("{}.rs", module.replace("::", "/"))),
                None => root.join("crates/session/tests/session").join(format!("{file}.rs")),
            };
            let source = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(source.contains(&format!("fn {test}()")), "{name} does not exist");
        }
    }
    assert!(
        rows > 40 && count >= rows,
        "{rows} rows, {count} tests: the table was read"
    );
}

#[test]
fn every_file_and_function_that_the_standards_page_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/standards.md")).unwrap();
    let mut functions = 0;
    for line in page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| MUST"))
    {
        let place = line.split(" | ").nth(1).unwrap();
        let mut source = None;
        for name in place.split('`').skip(1).step_by(2) {
            let is_function = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || "_0123456789".contains(c));
            if Path::new(name).extension().is_some_and(|extension| extension == "rs") {
                let path = root.join("crates/session/src").join(name);
                source = Some(std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}")));
            } else if let (true, Some(source)) = (is_function, &source) {
                functions += 1;
                assert!(source.contains(&format!("fn {name}(")), "{name} does not exist: {line}");
            }
        }
    }
    assert!(functions > 40, "{functions} functions: the table was read");
}
