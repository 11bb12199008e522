//! The book in docs/, built and looked through for links that lead nowhere.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::tool;

/// Whether it was built and every link within it leads to a page and a heading. What is wrong is printed.
pub(crate) fn is_whole() -> Result<bool> {
    let output = process::target_dir().join("book");
    if output.exists() {
        fs::remove_dir_all(&output)?;
    }
    let mut mdbook = tool::MDBOOK.command()?;
    if !process::run(mdbook.arg("docs").arg("--dest-dir").arg(&output))?.success() {
        return Ok(false);
    }
    let mut pages = Vec::new();
    collect(&output, &mut pages)?;
    ensure!(pages.len() > 10, "{} holds no book", output.display());
    let mut whole = true;
    for page in &pages {
        // What mdBook writes for all pages at once has links of its own making.
        if page.file_name().is_some_and(|name| name == "print.html" || name == "404.html") {
            continue;
        }
        let html = read(page)?;
        for link in links(&html).filter(|link| is_dead(page, link)) {
            eprintln!("{}: {link} leads nowhere", page.display());
            whole = false;
        }
    }
    Ok(whole)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

fn collect(directory: &Path, pages: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, pages)?;
        } else if path.extension().is_some_and(|extension| extension == "html") {
            pages.push(path);
        }
    }
    Ok(())
}

/// The targets within the book.
fn links(html: &str) -> impl Iterator<Item = &str> {
    let quoted =
        |attribute| html.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
    quoted(" href=\"")
        .chain(quoted(" src=\""))
        .filter(|link| !link.is_empty() && !link.contains(':') && !link.starts_with("//"))
}

fn is_dead(page: &Path, link: &str) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = match file {
        "" => page.to_owned(),
        file => page.with_file_name("").join(file),
    };
    if !target.exists() {
        return true;
    }
    let names_it = || read(&target).is_ok_and(|html| html.contains(&format!("id=\"{anchor}\"")));
    !anchor.is_empty() && target.extension().is_some_and(|it| it == "html") && !names_it()
}
