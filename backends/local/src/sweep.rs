//! What writers that were killed left behind.

use std::io;

use crate::root_dir::{Kind, Root, TEMP_DIR, is_orphan};

/// Removes temporary files whose writer is gone, which the lock that a living one holds tells exactly; says how many bytes
/// they held.
pub(crate) fn sweep(root: &Root) -> io::Result<u64> {
    let mut freed = 0;
    let Some(mut listing) = root.read_dir(TEMP_DIR)? else { return Ok(0) };
    while let Some(found) = listing.next() {
        let (name, kind) = found?;
        if kind == Kind::File
            && let Some((file, metadata)) = root.open_entry(&format!("{TEMP_DIR}/{name}"))?
            && is_orphan(&file)
            && listing.remove_file(&name)?
        {
            freed += metadata.len();
        }
    }
    Ok(freed)
}
