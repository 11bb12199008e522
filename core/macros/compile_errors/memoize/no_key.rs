use larder::memoize;

struct Connection;

#[memoize]
fn rows(connection: &Connection, table: &str) -> usize {
    let _ = connection;
    table.len()
}

#[memoize(key = |connection| connection)]
fn tables(connection: &Connection) -> usize {
    let _ = connection;
    1
}

fn main() {
    rows(&Connection, "t");
    tables(&Connection);
}
