//! Both roots keep the same promises.

use std::io::{ErrorKind, Write};

use super::Kind;

macro_rules! promises {
    ($root:ident) => {
        mod $root {
            use super::super::$root::{Root, claim, is_orphan, read_at, read_into};
            use super::*;

            #[test]
            fn a_file_goes_through_its_life() {
                let dir = tempfile::tempdir().unwrap();
                let root = Root::open(dir.path()).unwrap();
                assert!(root.open_entry("a/b/c").unwrap().is_none());
                assert!(!root.touch("a/b/c").unwrap());
                assert!(!root.remove_file("a/b/c").unwrap());
                assert!(root.read_dir("a").unwrap().is_none());
                assert_eq!(root.create_new("a/t").unwrap_err().kind(), ErrorKind::NotFound);

                root.make_dirs("a/b", true).unwrap();
                root.make_dirs("a/b", false).unwrap();
                root.sync_dir("a/b").unwrap();
                let put = |text: &[u8], replace| {
                    let mut file = root.create_new("t").unwrap();
                    assert!(claim(&file).unwrap());
                    assert_eq!(root.create_new("t").unwrap_err().kind(), ErrorKind::AlreadyExists);
                    file.write_all(text).unwrap();
                    root.publish("t", "a/b", "c", replace)
                };
                put(b"one", false).unwrap();
                assert_eq!(put(b"two", false).unwrap_err().kind(), ErrorKind::AlreadyExists);
                assert!(root.remove_file("t").unwrap());
                let (old, metadata) = root.open_entry("a/b/c").unwrap().unwrap();
                assert_eq!(metadata.len(), 3);
                put(b"three", true).unwrap();
                assert_eq!(read_at(&old, 0, 9).unwrap(), b"one");
                let (new, _) = root.open_entry("a/b/c").unwrap().unwrap();
                assert_eq!(read_at(&new, 1, 3).unwrap(), b"hre");
                let mut buffer = *b"......";
                assert_eq!(read_into(&new, 1, &mut buffer[..3]).unwrap(), 3);
                assert_eq!(buffer, *b"hre...");
                assert_eq!(read_into(&new, 2, &mut buffer).unwrap(), 3, "where the file ends");
                assert_eq!(buffer, *b"ree...");
                assert!(root.touch("a/b/c").unwrap());

                assert!(root.open_entry("a/b").unwrap().is_none(), "a directory is no entry");
                assert!(root.remove_empty_dir("a/b").is_err());
                let mut listing = root.read_dir("a").unwrap().unwrap();
                assert_eq!(listing.next().unwrap().unwrap(), ("b".to_owned(), Kind::Directory));
                assert!(listing.next().is_none());
                let mut listing = root.read_dir("a/b").unwrap().unwrap();
                assert_eq!(listing.next().unwrap().unwrap(), ("c".to_owned(), Kind::File));
                assert_eq!(listing.file_info("c").unwrap().unwrap().0, 5);
                assert!(listing.file_info("d").unwrap().is_none());
                assert!(listing.remove_file("c").unwrap());
                assert!(!listing.remove_file("c").unwrap());
                root.remove_empty_dir("a/b").unwrap();
                root.remove_empty_dir("a").unwrap();
            }

            #[test]
            fn a_removed_root_is_found_out() {
                let dir = tempfile::tempdir().unwrap();
                let root = Root::open(dir.path()).unwrap();
                assert!(!root.is_removed());
                std::fs::remove_dir_all(dir.path()).unwrap();
                assert!(root.is_removed());
                assert_eq!(root.make_dirs("a", false).unwrap_err().kind(), ErrorKind::NotFound);
                assert!(Root::open(dir.path()).is_err());
            }

            #[test]
            fn a_claimed_file_is_no_orphan() {
                let dir = tempfile::tempdir().unwrap();
                let root = Root::open(dir.path()).unwrap();
                let file = root.create_new("t").unwrap();
                assert!(claim(&file).unwrap());
                assert!(root.open_or_create("t").is_ok() && root.open_or_create("u").is_ok());
                assert!(!is_orphan(&std::fs::File::open(dir.path().join("t")).unwrap()));
            }
        }
    };
}

promises!(portable);

#[test]
fn nothing_is_mapped_unasked_where_nothing_is_known_of_maps() {
    assert!(super::portable::Root::open(&std::env::temp_dir()).unwrap().is_remote());
}

#[cfg(unix)]
promises!(unix);

/// On kernels without a call that follows no link.
#[cfg(unix)]
#[test]
fn without_help_of_the_kernel_no_step_follows_a_link_either() {
    use std::os::unix::fs::symlink;

    use rustix::fs::{Mode, OFlags};

    let dir = tempfile::tempdir().unwrap();
    let (inside, outside) = (dir.path().join("in"), dir.path().join("out"));
    std::fs::create_dir_all(inside.join("a/b")).unwrap();
    std::fs::create_dir_all(outside.join("b")).unwrap();
    for place in [&inside.join("a"), &outside] {
        std::fs::write(place.join("b/file"), "").unwrap();
    }
    symlink(&outside, inside.join("first")).unwrap();
    symlink(outside.join("b"), inside.join("a/second")).unwrap();
    symlink(outside.join("b/file"), inside.join("a/b/last")).unwrap();
    let root = super::unix::Root::open(&inside).unwrap();
    let open = |path| root.step_by_step(path, OFlags::RDWR | OFlags::CREATE, Mode::RUSR);
    open("a/b/file").unwrap();
    open("new").unwrap();
    for path in ["first/b/file", "a/second/file", "a/b/last", "first/new", "a/second/new"] {
        open(path).unwrap_err();
    }
    assert_eq!(std::fs::read_dir(outside.join("b")).unwrap().count(), 1);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
}
