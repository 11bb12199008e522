//! `docs/images/comparison.svg`: each row a line, on it how many times larder's time everybody takes.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::figure::Unit;
use crate::row::Measured;
use crate::run::Run;

const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const FAINT: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
const FLOOR: RGBColor = RGBColor(0x99, 0x99, 0x99);
const LARDER: RGBColor = RGBColor(0x1f, 0x6f, 0x4a);
/// The peers' colours; of one peer, whatever it is told.
const PEERS: [(&str, RGBColor); 7] = [
    ("joblib", RGBColor(0x3b, 0x6e, 0xa5)),
    ("diskcache", RGBColor(0xe0, 0x8e, 0x2b)),
    ("cacache", RGBColor(0xa8, 0x52, 0x9e)),
    ("cached", RGBColor(0xc4, 0x3c, 0x39)),
    ("moka", RGBColor(0x6b, 0x8e, 0x23)),
    ("rayon", RGBColor(0x8c, 0x56, 0x4b)),
    ("Dask's client", RGBColor(0x17, 0xa2, 0xb8)),
];

/// In pixels: a line, the room above the first, where the axis begins and ends, the whole width.
const LINE: i32 = 22;
const TOP: i32 = 96;
const LEFT: i32 = 400;
const RIGHT: i32 = 960;
const WIDTH: i32 = 1000;
/// The ends of the axis, as powers of ten.
const LOWEST: f64 = -2.0;
const HIGHEST: f64 = 3.0;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

pub(super) fn write(run: &Run, book: &Path) -> Result<()> {
    let path = book.join("images/comparison.svg");
    let of_time = |(_, row): &&(&str, Measured)| {
        row.unit == Unit::Seconds && !row.peers.is_empty() && row.larder.figure().is_some()
    };
    let mut groups: BTreeMap<usize, (&str, Vec<&Measured>)> = BTreeMap::new();
    let mut last = ("", 0);
    for (group, row) in run.measured.iter().filter(of_time) {
        if *group != last.0 {
            last = (group, last.1 + 1);
        }
        groups.entry(last.1).or_insert_with(|| (group, Vec::new())).1.push(row);
    }
    let groups: Vec<_> = groups.into_values().collect();
    draw(&path, &groups).map_err(|error| anyhow!("{}: {error}", path.display()))
}

fn draw(path: &Path, groups: &[(&str, Vec<&Measured>)]) -> Drawn {
    let lines: usize = groups.iter().map(|(_, rows)| rows.len() + 1).sum();
    let height = TOP + LINE * lines as i32 + 20;
    let area = SVGBackend::new(path, (WIDTH as u32, height as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    legend(&area)?;
    axis(&area, height - 20)?;
    let mut top = TOP;
    for (group, rows) in groups {
        text(&area, group, (14, true), HPos::Left, (12, top + LINE / 2))?;
        area.draw(&PathElement::new([(12, top + LINE - 2), (RIGHT, top + LINE - 2)], FAINT))?;
        top += LINE;
        for row in rows {
            line(&area, row, top + LINE / 2)?;
            top += LINE;
        }
    }
    Ok(area.present()?)
}

fn legend(area: &Area<'_>) -> Drawn {
    text(
        area,
        "How many times larder's time (left: faster than larder, right: slower)",
        (17, true),
        HPos::Left,
        (12, 20),
    )?;
    let mut left = 12;
    area.draw(&Circle::new((left + 6, 46), 5, LARDER.filled()))?;
    text(area, "larder", (13, false), HPos::Left, (left + 16, 46))?;
    left += 76;
    area.draw(&PathElement::new([(left + 6, 39), (left + 6, 53)], FLOOR.stroke_width(3)))?;
    text(area, "floor", (13, false), HPos::Left, (left + 16, 46))?;
    left += 70;
    for (name, color) in PEERS {
        area.draw(&Circle::new((left + 6, 46), 5, color.filled()))?;
        text(area, name, (13, false), HPos::Left, (left + 16, 46))?;
        left += 34 + 8 * name.len() as i32;
    }
    area.draw(&Circle::new((left + 6, 46), 4, PEERS[3].1.stroke_width(2)))?;
    text(area, "cached, without fsync", (13, false), HPos::Left, (left + 16, 46))
}

fn axis(area: &Area<'_>, bottom: i32) -> Drawn {
    for power in LOWEST as i32..=HIGHEST as i32 {
        let times = 10_f64.powi(power);
        let x = at(times);
        let color = if power == 0 { LARDER } else { FAINT };
        area.draw(&PathElement::new([(x, TOP - 10), (x, bottom)], color))?;
        text(area, &format!("{times} ×"), (13, false), HPos::Center, (x, TOP - 20))?;
    }
    Ok(())
}

/// Where on the axis.
fn at(times: f64) -> i32 {
    let part = (times.log10().clamp(LOWEST, HIGHEST) - LOWEST) / (HIGHEST - LOWEST);
    LEFT + (part * f64::from(RIGHT - LEFT)).round() as i32
}

fn line(area: &Area<'_>, row: &Measured, y: i32) -> Drawn {
    text(area, &row.work, (13, false), HPos::Left, (24, y))?;
    let Some(own) = row.larder.median() else { return Ok(()) };
    text(area, &row.unit.show(own), (13, false), HPos::Right, (LEFT - 8, y))?;
    area.draw(&PathElement::new([(LEFT, y), (RIGHT, y)], FAINT))?;
    if let Some(floor) = row.floor_median() {
        let x = at(floor / own);
        area.draw(&PathElement::new([(x, y - 7), (x, y + 7)], FLOOR.stroke_width(3)))?;
    }
    for (name, peer) in &row.peers {
        let Some(peer) = peer.median() else { continue };
        let (base, variant) =
            name.split_once(" (").map_or((&**name, false), |(base, _)| (base, true));
        let color = PEERS.iter().find(|(it, _)| *it == base).map_or(INK, |(_, color)| *color);
        let at = (at(peer / own), y);
        match variant {
            true => area.draw(&Circle::new(at, 4, color.stroke_width(2)))?,
            false => area.draw(&Circle::new(at, 5, color.filled()))?,
        }
    }
    Ok(area.draw(&Circle::new((at(1.0), y), 5, LARDER.filled()))?)
}

fn text(
    area: &Area<'_>,
    text: &str,
    (size, bold): (u32, bool),
    side: HPos,
    at: (i32, i32),
) -> Drawn {
    let font = FontDesc::new(
        FontFamily::SansSerif,
        f64::from(size),
        if bold { FontStyle::Bold } else { FontStyle::Normal },
    );
    let style = TextStyle::from(font).color(&INK).pos(Pos::new(side, VPos::Center));
    Ok(area.draw_text(text, &style, at)?)
}
