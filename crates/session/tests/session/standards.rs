//! Every test that `docs/standards.md` names exists.

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
        let shown = line.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        let names: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
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
