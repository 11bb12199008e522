//! Standard output: text for people, in colour at a terminal, and JSON for programs.

use std::io::{self, BufWriter, StdoutLock, Write};

use anstream::AutoStream;
use clap::builder::styling::Style;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// Standard output. Colours get through only where it is a terminal and nothing (`NO_COLOR`) forbids them.
pub(crate) struct Output(BufWriter<AutoStream<StdoutLock<'static>>>);

impl Output {
    pub(crate) fn stdout() -> Self {
        Self(BufWriter::new(AutoStream::auto(io::stdout().lock())))
    }

    /// A document for programs.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut self.0, value)?;
        writeln!(self.0)
    }

    /// Rows under the names of their columns; columns whose name ends in `>` are aligned to the right.
    pub(crate) fn table(
        &mut self,
        columns: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
    ) -> io::Result<()> {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(columns.iter().map(|column| column.trim_end_matches('>')));
        for row in rows {
            table.add_row(row);
        }
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_padding((0, 2));
            if columns[at].ends_with('>') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let text = table.trim_fmt();
        let (header, rows) = text.split_once('\n').unwrap_or((&text, ""));
        let bold = Style::new().bold();
        writeln!(self.0, "{bold}{header}{bold:#}")?;
        rows.lines().try_for_each(|row| writeln!(self.0, "{row}"))
    }

    /// Names and what they stand for, one below the other; further lines of a text are indented like the first.
    pub(crate) fn fields(&mut self, fields: &[(&str, String)]) -> io::Result<()> {
        let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let bold = Style::new().bold();
        for (name, text) in fields {
            for (at, line) in text.lines().enumerate() {
                let name = if at == 0 { name } else { "" };
                writeln!(self.0, "{bold}{name:width$}{bold:#}  {line}")?;
            }
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
