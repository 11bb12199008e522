//! A few curves in a picture and a table.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::Curve;
use crate::figure::Unit;

const COLORS: [RGBColor; 3] =
    [RGBColor(0x1f, 0x6f, 0x4a), RGBColor(0xe0, 0x8e, 0x2b), RGBColor(0x3b, 0x6e, 0xa5)];

#[derive(Debug)]
pub(crate) struct Plot {
    pub(super) title: &'static str,
    pub(super) file: &'static str,
    of: &'static str,
    unit: Unit,
    pub(super) about: &'static str,
    pub(super) curves: Vec<Curve>,
}

impl Plot {
    pub(super) fn new(
        title: &'static str,
        file: &'static str,
        of: &'static str,
        unit: Unit,
        about: &'static str,
    ) -> Self {
        Self { title, file, of, unit, about, curves: Vec::new() }
    }

    pub(super) fn table(&self) -> String {
        let mut table = format!("| {} |", self.of);
        let longest =
            self.curves.iter().map(|curve| &curve.points).max_by_key(|points| points.len());
        for curve in &self.curves {
            write!(table, " {} |", curve.name).expect("a text");
        }
        writeln!(table, "\n|---|{}", "---|".repeat(self.curves.len())).expect("a text");
        for (i, (count, _)) in longest.into_iter().flatten().enumerate() {
            write!(table, "| {count} |").expect("a text");
            for curve in &self.curves {
                let number = curve.points.get(i).map(|(_, number)| self.unit.show(*number));
                write!(table, " {} |", number.unwrap_or_default()).expect("a text");
            }
            table.push('\n');
        }
        table
    }

    #[expect(clippy::print_stdout, reason = "a bench prints its figures")]
    pub(super) fn print(&self) {
        println!("{}\n\n{}", self.title, self.table());
    }

    pub(super) fn draw(&self, path: &Path) -> Result<()> {
        self.drawn(path).map_err(|error| anyhow!("{}: {error}", path.display()))
    }

    fn drawn(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let counts = points().map(|(count, _)| *count as f64);
        let (least, most) = (counts.clone().fold(f64::MAX, f64::min), counts.fold(0.0, f64::max));
        let numbers = points().map(|(_, number)| self.scaled(*number));
        let low = numbers.clone().fold(f64::MAX, f64::min).log10().floor();
        // With room for the names of the curves above them.
        let high = numbers.fold(0.0, f64::max).log10().ceil() + 1.0;
        let area = SVGBackend::new(path, (640, 320)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(12)
            .margin_right(44)
            .x_label_area_size(36)
            .y_label_area_size(70)
            .build_cartesian_2d(
                (least..most).log_scale(),
                (10_f64.powf(low)..10_f64.powf(high)).log_scale(),
            )?;
        chart
            .configure_mesh()
            .light_line_style(TRANSPARENT)
            .x_desc(self.of)
            .y_desc(self.unit_shown())
            .x_label_formatter(&|count| format!("{count}"))
            .y_label_formatter(&|number| format!("{number}"))
            .label_style(("sans-serif", 13))
            .draw()?;
        for (curve, color) in self.curves.iter().zip(COLORS) {
            let points =
                curve.points.iter().map(|(count, number)| (*count as f64, self.scaled(*number)));
            chart
                .draw_series(LineSeries::new(points, color.stroke_width(2)).point_size(4))?
                .label(curve.name)
                .legend(move |(x, y)| Circle::new((x + 8, y), 4, color.filled()));
        }
        chart
            .configure_series_labels()
            .background_style(WHITE.mix(0.9))
            .position(SeriesLabelPosition::UpperLeft)
            .label_font(("sans-serif", 13))
            .draw()?;
        Ok(area.present()?)
    }

    fn scaled(&self, number: f64) -> f64 {
        match self.unit {
            Unit::Seconds => number * 1e6,
            Unit::Megabytes | Unit::Crates => number.max(0.01),
        }
    }

    fn unit_shown(&self) -> &'static str {
        match self.unit {
            Unit::Seconds => "µs",
            other => other.name(),
        }
    }
}
