//! The pictures of the pages are those that `docs/pictures` draws, and show the facts of the sources.

use std::collections::BTreeSet;
use std::fs;

#[allow(dead_code)] // The errors and notes are for the page.
#[path = "support/api_status.rs"]
mod api_status;
#[path = "support/pages.rs"]
mod pages;
mod support;

use api_status::{API, Status};
use pages::{Page, all, pictures};
use support::{python, root, run, scratch};

#[test]
fn every_picture_is_drawn_from_its_source() {
    let folder = scratch("pictures");
    run(python(&root().join("docs/pictures/draw.py")).arg(&folder));
    let drawn = fs::read_dir(&folder).expect("the scratch folder is readable");
    let drawn: BTreeSet<_> = drawn
        .map(|entry| entry.expect("the scratch folder is readable").file_name())
        .collect();
    let kept: BTreeSet<_> = pictures()
        .iter()
        .filter_map(|picture| Some(picture.path.file_name()?.to_owned()))
        .collect();
    assert_eq!(kept, drawn, "run `make pictures`, and remove the others");
    for picture in pictures() {
        let name = picture.path.file_name().expect("a file has a name");
        let svg = fs::read_to_string(folder.join(name)).expect("a picture");
        assert!(
            picture.text == svg,
            "{}: run `make pictures`",
            picture.path.display()
        );
    }
}

/// As an image, a picture cannot load anything, and must have its colours itself.
#[test]
fn every_picture_stands_alone() {
    for picture in pictures() {
        let path = picture.path.display();
        let text = picture
            .text
            .replace("xmlns=\"http://www.w3.org/2000/svg\"", "");
        for part in ["<title", "<desc", "viewBox", "prefers-color-scheme: dark"] {
            assert!(text.contains(part), "{path}: no {part}");
        }
        for part in ["://", "<script", "<image", "@import", "@font-face", "href="] {
            assert!(!text.contains(part), "{path}: {part}");
        }
        let ids = text.split("url(").skip(1);
        assert!(ids.clone().all(|rest| rest.starts_with('#')), "{path}");
    }
}

#[test]
fn every_picture_is_shown_with_an_alternative_text() {
    let pages = all();
    for picture in pictures() {
        let path = picture.path.display();
        let name = format!("pictures/{}.svg)", picture.name());
        let uses: Vec<_> = pages
            .iter()
            .flat_map(|page| page.text.lines())
            .filter(|line| line.ends_with(&name))
            .collect();
        assert!(!uses.is_empty(), "{path}: no page shows it");
        for line in uses {
            let text = line.strip_prefix("![").expect("a picture is a paragraph");
            let (text, _) = text.split_once("](").expect("a link");
            assert!(text.split(' ').count() > 4, "{path}: {text}");
        }
    }
}

#[test]
fn the_layers_are_those_of_the_sources() {
    let test = Page::read("tests/layering.rs").text;
    let (_, floors) = test
        .split_once("const FLOORS")
        .expect("the list of the floors");
    let (floors, _) = floors.split_once("];").expect("its end");
    let floors: Vec<_> = floors.split('"').skip(1).step_by(2).collect();
    let texts = texts(&picture("layers"));
    let drawn = texts.iter().filter(|text| floors.contains(&text.as_str()));
    assert_eq!(drawn.collect::<Vec<_>>(), floors);
}

#[test]
fn the_functions_are_counted() {
    let texts = texts(&picture("functions"));
    let mut sum = 0;
    for group in API {
        let works = |function: &&api_status::Function| matches!(function.status, Status::Works);
        let working = group.functions.iter().filter(works).count();
        sum += working;
        let place = texts.iter().position(|text| text == group.title);
        let count = &texts[place.expect(group.title) + 1];
        let expected = format!("{working} of {}", group.functions.len());
        assert_eq!(count, &expected, "{}", group.title);
    }
    let total: usize = API.iter().map(|group| group.functions.len()).sum();
    assert_eq!(
        texts[0],
        format!("{sum} of {total} exported functions work")
    );
}

/// The recording shows what the programs print, and nothing of the machine.
#[test]
fn the_recording_is_complete() {
    let lines = texts(&picture("recording"));
    let spans = lines.iter().map(|line| without_tags(line));
    let session: Vec<_> = spans.collect();
    for line in ["version: TLS 1.3", "bytes sent: 1048576", "same"] {
        assert!(session.iter().any(|shown| shown == line), "no {line}");
    }
    let session = session.concat();
    assert!(session.contains("S2N_ERR_CERT_UNTRUSTED"), "{session}");
    let cast = fs::read_to_string(root().join("docs/pictures/demo.cast")).expect("a recording");
    for part in ["/home", "/root", "/tmp", "/usr", "\\u001b"] {
        assert!(!cast.contains(part), "{part}");
    }
}

fn without_tags(line: &str) -> String {
    let parts = line.split('<').map(|part| match part.split_once('>') {
        Some((_, text)) => text,
        None => part,
    });
    parts.collect()
}

fn picture(name: &str) -> String {
    Page::read(format!("docs/guide/src/pictures/{name}.svg")).text
}

/// The texts of an SVG picture, in order.
fn texts(svg: &str) -> Vec<String> {
    let elements = svg.split("<text ").skip(1);
    let texts = elements.filter_map(|rest| rest.split_once('>')?.1.split("</text>").next());
    texts.map(|text| text.replace("&amp;", "&")).collect()
}
