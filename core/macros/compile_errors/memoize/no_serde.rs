use larder::memoize;

struct Connection;

#[memoize]
fn connect(port: u16) -> Connection {
    let _ = port;
    Connection
}

#[memoize]
fn try_connect(port: u16) -> Result<Connection, String> {
    let _ = port;
    Ok(Connection)
}

fn main() {
    connect(1);
    let _ = try_connect(1);
}
