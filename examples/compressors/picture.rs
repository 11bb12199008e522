//! The tables as a picture: a row for each compressor, a column each for size and speeds.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::measure::{Measured, Row};

const PLAIN: RGBColor = RGBColor(0x3b, 0x6e, 0xa5);
const SHUFFLED: RGBColor = RGBColor(0xe0, 0x8e, 0x2b);
const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// In pixels: a bar, a row of two bars, the room above and left of them, the longest bar, a column.
const BAR: i32 = 13;
const ROW: i32 = 34;
const TOP: i32 = 90;
const LEFT: i32 = 90;
const LONGEST: i32 = 190;
const COLUMN: i32 = 260;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;
/// A column: its title, and the number of a row.
type Column<'a> = (&'a str, &'a dyn Fn(&Row) -> f64);

pub(crate) fn draw(path: &Path, all: &[Measured]) -> Drawn {
    let heights: Vec<_> = all.iter().map(|one| TOP + ROW * one.pairs.len() as i32).collect();
    let size = ((LEFT + 3 * COLUMN) as u32, (heights.iter().sum::<i32>() + 10) as u32);
    let area = SVGBackend::new(path, size).into_drawing_area();
    area.fill(&WHITE)?;
    let mut top = 0;
    for (measured, height) in all.iter().zip(heights) {
        draw_one(&area, measured, top)?;
        top += height;
    }
    Ok(area.present()?)
}

fn draw_one(area: &Area<'_>, measured: &Measured, top: i32) -> Drawn {
    let columns: [Column<'_>; 3] = [
        ("how many times smaller", &|row| measured.ratio(row)),
        ("write, MB/s", &|row| measured.speed(row.write)),
        ("read, MB/s", &|row| measured.speed(row.read)),
    ];
    text(area, &measured.title, 17, HPos::Left, (10, top + 24))?;
    let mut left = LEFT + 2 * COLUMN;
    for (color, about) in [(PLAIN, "as it is"), (SHUFFLED, "with +shuffle")] {
        let mark = [(left, top + 18), (left + BAR, top + 18 + BAR)];
        area.draw(&Rectangle::new(mark, color.filled()))?;
        text(area, about, 14, HPos::Left, (left + BAR + 6, top + 25))?;
        left += 90;
    }
    let row_at = |row: usize| top + TOP + ROW * row as i32;
    for (i, [row, _]) in measured.pairs.iter().enumerate() {
        text(area, &row.setting, 14, HPos::Right, (LEFT - 10, row_at(i) + BAR))?;
    }
    for (i, (title, number)) in columns.into_iter().enumerate() {
        let left = LEFT + COLUMN * i as i32;
        text(area, title, 14, HPos::Left, (left, top + TOP - 20))?;
        let most = measured.pairs.as_flattened().iter().map(number).fold(0.0, f64::max);
        for (i, pair) in measured.pairs.iter().enumerate() {
            for (j, (row, color)) in pair.iter().zip([PLAIN, SHUFFLED]).enumerate() {
                let (number, top) = (number(row), row_at(i) + BAR * j as i32);
                let right = left + (number / most * f64::from(LONGEST)).round().max(1.0) as i32;
                area.draw(&Rectangle::new([(left, top), (right, top + BAR)], color.filled()))?;
                let digits = if number < 10.0 { 2 } else { 0 };
                let number = format!("{number:.digits$}");
                text(area, &number, 11, HPos::Left, (right + 5, top + BAR / 2 + 1))?;
            }
        }
    }
    Ok(())
}

fn text(area: &Area<'_>, text: &str, size: i32, at: HPos, place: (i32, i32)) -> Drawn {
    let style = ("sans-serif", size).into_text_style(area).color(&INK);
    Ok(area.draw_text(text, &style.pos(Pos::new(at, VPos::Center)), place)?)
}
