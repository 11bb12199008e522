//! Links within the repository lead somewhere.

use crate::markdown::{is_relative, links};
use crate::workspace::{assert_none, files, read, root};

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut complaints = Vec::new();
    for page in files("md") {
        let folder = root().join(&page).parent().unwrap().to_owned();
        let dead = links(&read(&page))
            .into_iter()
            .filter(|link| is_relative(link) && !folder.join(link).exists());
        complaints.extend(dead.map(|link| format!("{}: {link}", page.display())));
    }
    assert_none(&complaints);
}
