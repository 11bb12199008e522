//! What writers that were killed left behind.

use std::io;

use crate::root::{Kind, Root, TEMP_DIR, is_orphan};

/// Removes temporary files whose writer is gone, which the lock that a living one holds tells exactly.
pub(crate) fn sweep(root: &Root) -> io::Result<()> {
    let Some(mut listing) = root.read_dir(TEMP_DIR)? else { return Ok(()) };
    while let Some(found) = listing.next() {
        let (name, kind) = found?;
        if kind == Kind::File
            && let Some((file, _)) = root.open_entry(&format!("{TEMP_DIR}/{name}"))?
            && is_orphan(&file)
        {
            listing.remove_file(&name)?;
        }
    }
    Ok(())
}
