//! wip
use crate::{demo, run::*};
#[test]
fn show_me() {
    let dir = demo::store();
    let p = dir.path();
    for args in [&["ls"][..], &["ls", "mean"], &["ls", "--json"], &["ls", "mean", "--json"], &["stats"], &["stats", "--json"], &["verify"], &["verify", "--json"], &["graph", "model::fit"], &["backends"], &["prune", "--bytes", "1K", "--dry-run"], &["clear"], &["clear", "nothing"], &["ls", "--store", "typo"], &["copy", ".larder", "other"], &["copy", ".larder", "other"], &["prune"], &[], &["prune", "--help"], &["show", "12"], &["ls", "value"]] {
        let e = piped(p, args);
        println!("$ larder {}\n{}{}[{}]", args.join(" "), e.stdout, e.stderr, e.code);
    }
    let ls = json(p, &["ls", "fit", "--json"]);
    let key = ls[0]["key"].as_str().unwrap();
    println!("{}", stdout(p, &["show", &key[key.len()-64..key.len()-50]]));
    println!("{}", stdout(p, &["show", "--json", &key[key.len()-64..key.len()-50]]));
    let (c, t) = at_terminal(larder(p, &["ls"]), "");
    println!("{c} {t:?}");
    let (c, t) = at_terminal(larder(p, &["clear", "mean"]), "n\n");
    println!("{c} {t:?}");
    let (c, t) = at_terminal(larder(p, &["copy", ".larder", "third"]), "");
    println!("{c} {t:?}");
    let (c, t) = at_terminal(larder(p, &["clear", "mean"]), "y\n");
    println!("{c} {t:?}");
}
