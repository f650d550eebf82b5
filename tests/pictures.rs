//! The pictures of `docs` are made from their Graphviz sources.

use std::collections::BTreeSet;
use std::fs;

mod support;

use support::root;

#[test]
fn every_picture_has_the_labels_of_its_source() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("docs")).expect("a folder") {
        let source = entry.expect("an entry").path();
        if source.extension().is_none_or(|suffix| suffix != "dot") {
            continue;
        }
        let text = fs::read_to_string(&source).expect("a source");
        let svg = fs::read_to_string(source.with_extension("svg")).expect("a picture");
        let path = source.display();
        assert_eq!(texts(&svg), labels(&text), "{path}: run `make pictures`");
        count += 1;
    }
    assert!(count > 1, "the pictures are missing");
}

#[test]
fn labels_are_compared_line_by_line() {
    let source = r#"a [label="one:\ntwo"] b [label="x->y's\l"]"#;
    let expected = BTreeSet::from(["one:", "two", "x->y's"].map(str::to_owned));
    assert_eq!(labels(source), expected);
    let svg = "<text x=\"1\">one:</text>\n<text>two</text><text>x&#45;&gt;y&#39;s</text>";
    assert_eq!(texts(svg), expected);
}

/// The lines of all labels of a Graphviz source.
fn labels(source: &str) -> BTreeSet<String> {
    let quoted = source.split("label=\"").skip(1);
    let labels = quoted.map(|rest| rest.split('"').next().expect("an end"));
    let lines = labels.flat_map(|label| label.split("\\n").flat_map(|part| part.split("\\l")));
    let lines = lines.map(|line| line.trim().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// The texts of an SVG picture.
fn texts(svg: &str) -> BTreeSet<String> {
    let elements = svg.split("<text").skip(1);
    let texts = elements.filter_map(|rest| rest.split_once('>')?.1.split("</text>").next());
    texts.map(unescaped).collect()
}

/// A text with the character references that Graphviz writes replaced.
fn unescaped(text: &str) -> String {
    let references = [
        ("&#45;", "-"),
        ("&#39;", "'"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let replace =
        |text: String, (reference, character): (&str, &str)| text.replace(reference, character);
    references.into_iter().fold(text.trim().to_owned(), replace)
}
