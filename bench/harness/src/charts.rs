//! Charts as SVG.

use crate::plan::Measure;
use crate::report::{
    compile_means, compile_throughput, execution_baseline, execution_means, execution_ratio,
};
use crate::results::Results;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::ops::Range;

/// A chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The name of its file.
    pub file: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// The picture.
    pub svg: String,
}

/// Colours that most people can tell apart (Okabe and Ito), and some more.
const COLOURS: [RGBColor; 11] = [
    RGBColor(213, 94, 0),
    RGBColor(230, 159, 0),
    RGBColor(0, 114, 178),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(90, 90, 90),
    RGBColor(120, 70, 20),
    RGBColor(0, 0, 0),
    RGBColor(110, 50, 160),
    RGBColor(160, 160, 0),
];

/// Draws what the results have figures for.
///
/// # Errors
///
/// A picture cannot be drawn.
pub fn draw(results: &Results) -> Result<Vec<Chart>, String> {
    let mut charts = Vec::new();
    charts.extend(execution(results)?);
    charts.extend(throughput(results)?);
    charts.extend(plane(results)?);
    Ok(charts)
}

/// Points of one engine: row and value.
struct Series {
    /// What the engine's markers look like.
    look: usize,
    name: String,
    points: Vec<(usize, f64)>,
}

fn execution(results: &Results) -> Result<Option<Chart>, String> {
    let entries: Vec<_> = results.of(Measure::Execution).collect();
    let mut rows: Vec<_> = entries.iter().map(|entry| entry.subject.clone()).collect();
    let means = execution_means(results);
    if rows.len() > 1 {
        rows.push("geometric mean".to_owned());
    }
    let series = series(results, |engine| {
        let ratios = entries.iter().enumerate();
        let mut points: Vec<_> =
            ratios.filter_map(|(row, entry)| Some((row, execution_ratio(results, entry, engine)?))).collect();
        if rows.len() > entries.len() {
            points.extend(means.shared[engine].map(|mean| (entries.len(), mean)));
        }
        points
    });
    let base = execution_baseline(results).map_or("no engine", |engine| &results.engines[engine].name);
    let title = format!("Execution: CPU time as a multiple of that of {base} (left is faster)");
    let svg = dot_plot(&title, "ratio, logarithmic", &rows, &series)?;
    Ok(svg.map(|svg| Chart { file: "execution.svg", title: "Execution ratio of each kernel", svg }))
}

fn throughput(results: &Results) -> Result<Option<Chart>, String> {
    let entries: Vec<_> = results.of(Measure::Compile).collect();
    let rows: Vec<_> = entries.iter().map(|entry| entry.subject.clone()).collect();
    let series = series(results, |engine| {
        let rates = entries.iter().enumerate();
        rates.filter_map(|(row, entry)| Some((row, compile_throughput(entry, engine)?))).collect()
    });
    let title = "Compiling on one thread (right is faster)";
    let svg = dot_plot(title, "MB of code section a CPU second, logarithmic", &rows, &series)?;
    Ok(svg.map(|svg| Chart { file: "compile.svg", title: "Compile throughput", svg }))
}

/// The engines that charts show, each with the number of its looks: variants differ too little.
fn shown(results: &Results) -> impl Iterator<Item = (usize, usize)> {
    (0..results.engines.len()).filter(|engine| !results.is_variant(*engine)).enumerate()
}

fn series(results: &Results, points: impl Fn(usize) -> Vec<(usize, f64)>) -> Vec<Series> {
    shown(results)
        .map(|(look, engine)| Series {
            look,
            name: results.engines[engine].name.clone(),
            points: points(engine),
        })
        .filter(|series| !series.points.is_empty())
        .collect()
}

/// A range that has all values, with some room; nothing without positive values.
fn around(values: impl Iterator<Item = f64> + Clone) -> Option<Range<f64>> {
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    (low > 0.0 && low.is_finite() && high.is_finite()).then(|| low / 1.25..high * 1.25)
}

/// Numbers on a logarithmic axis that are inside `range`: 1, 2 and 5 in each decade.
fn ticks(range: &Range<f64>) -> Vec<f64> {
    let decades = range.start.log10().floor() as i32..=range.end.log10().ceil() as i32;
    let all = decades.flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(decade)));
    all.filter(|tick| range.contains(tick)).collect()
}

fn number(value: f64) -> String {
    if value >= 1.0 { format!("{value:.0}") } else { format!("{value}") }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn text(area: &Area<'_>, at: (i32, i32), what: &str, size: i32, anchor: HPos) -> Result<(), String> {
    let style = ("sans-serif", size).into_font().color(&BLACK).pos(Pos::new(anchor, VPos::Center));
    area.draw(&Text::new(what.to_owned(), at, style)).map_err(|error| error.to_string())
}

fn line(area: &Area<'_>, from: (i32, i32), to: (i32, i32), colour: RGBColor) -> Result<(), String> {
    area.draw(&PathElement::new(vec![from, to], colour)).map_err(|error| error.to_string())
}

/// A marker whose shape and colour are an engine's.
fn marker(area: &Area<'_>, at: (i32, i32), look: usize, own: bool) -> Result<(), String> {
    let colour = COLOURS[look % COLOURS.len()];
    let style = ShapeStyle { color: colour.mix(0.9), filled: true, stroke_width: 2 };
    let size = if own { 7 } else { 5 };
    // Five shapes and eleven colours: 55 engines before two look the same.
    let drawn = match look % 5 {
        0 => area.draw(&Circle::new(at, size, style)),
        1 => area.draw(&TriangleMarker::new(at, size + 1, style)),
        2 => area.draw(&Rectangle::new(
            [(at.0 - size + 1, at.1 - size + 1), (at.0 + size - 1, at.1 + size - 1)],
            style,
        )),
        3 => area.draw(&Cross::new(at, size, ShapeStyle { stroke_width: 3, ..style })),
        _ => area.draw(&Circle::new(at, size, ShapeStyle { filled: false, stroke_width: 3, ..style })),
    };
    drawn.map_err(|error| error.to_string())
}

fn is_own(name: &str) -> bool {
    name.starts_with("wz")
}

/// Rows of points on a logarithmic axis, and a legend.
fn dot_plot(title: &str, axis: &str, rows: &[String], series: &[Series]) -> Result<Option<String>, String> {
    const WIDTH: i32 = 1000;
    const ROW: i32 = 26;
    const LEFT: i32 = 150;
    const RIGHT: i32 = 190;
    const TOP: i32 = 60;
    const BOTTOM: i32 = 60;
    const LEGEND_ROW: i32 = 24;
    let values = series.iter().flat_map(|series| series.points.iter().map(|(_, value)| *value));
    let Some(range) = around(values) else { return Ok(None) };
    let count = i32::try_from(rows.len()).unwrap_or(i32::MAX / ROW - TOP);
    let legend = i32::try_from(series.len()).unwrap_or(0) * LEGEND_ROW;
    // Few rows are as high as the legend together.
    let height = (legend / count.max(1)).max(ROW);
    let bottom = TOP + count * height;
    let x = |value: f64| {
        let part = (value / range.start).ln() / (range.end / range.start).ln();
        LEFT + (part * f64::from(WIDTH - LEFT - RIGHT)).round() as i32
    };
    let y = |row: usize| TOP + height / 2 + i32::try_from(row).unwrap_or(0) * height;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size(WIDTH, bottom + BOTTOM)).into_drawing_area();
        area.fill(&WHITE).map_err(|error| error.to_string())?;
        text(&area, (LEFT, 26), title, 20, HPos::Left)?;
        for tick in ticks(&range) {
            let colour = if tick == 1.0 { RGBColor(110, 110, 110) } else { RGBColor(215, 215, 215) };
            line(&area, (x(tick), TOP), (x(tick), bottom), colour)?;
            text(&area, (x(tick), bottom + 16), &number(tick), 15, HPos::Center)?;
        }
        text(&area, ((LEFT + WIDTH - RIGHT) / 2, bottom + 40), axis, 15, HPos::Center)?;
        for (row, name) in rows.iter().enumerate() {
            line(&area, (LEFT, y(row)), (WIDTH - RIGHT, y(row)), RGBColor(235, 235, 235))?;
            text(&area, (LEFT - 12, y(row)), name, 15, HPos::Right)?;
        }
        // Own markers last, so that they are on top.
        for own in [false, true] {
            for series in series.iter().filter(|series| is_own(&series.name) == own) {
                for (row, value) in &series.points {
                    marker(&area, (x(*value), y(*row)), series.look, own)?;
                }
            }
        }
        for (place, series) in series.iter().enumerate() {
            let at = TOP + LEGEND_ROW / 2 + i32::try_from(place).unwrap_or(0) * LEGEND_ROW;
            marker(&area, (WIDTH - RIGHT + 24, at), series.look, is_own(&series.name))?;
            text(&area, (WIDTH - RIGHT + 40, at), &series.name, 15, HPos::Left)?;
        }
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(Some(svg))
}

/// The room that a marker or a word takes.
struct Room {
    left: i32,
    right: i32,
    middle: i32,
}

impl Room {
    /// What begins at `start` and is so wide.
    fn new(start: (i32, i32), width: i32) -> Room {
        Room { left: start.0, right: start.0 + width, middle: start.1 }
    }

    fn overlaps(&self, other: &Room) -> bool {
        const HEIGHT: i32 = 15;
        self.left < other.right && other.left < self.right && (self.middle - other.middle).abs() < HEIGHT
    }
}

/// Where the name of a point begins: beside it where there is room, else a line or two above or below.
fn label(taken: &mut Vec<Room>, at: (i32, i32), name: &str) -> (i32, i32) {
    let width = i32::try_from(name.len()).unwrap_or(0) * 8;
    let beside = (at.0 + 13, at.1);
    let places = [0, -16, 16, -32, 32].map(|lines| (beside.0, beside.1 + lines));
    let free = |place: &(i32, i32)| !taken.iter().any(|other| Room::new(*place, width).overlaps(other));
    let place = places.into_iter().find(free).unwrap_or(beside);
    taken.push(Room::new(place, width));
    place
}

/// Every engine as a point: what compiling costs, what the code then costs.
fn plane(results: &Results) -> Result<Option<Chart>, String> {
    const WIDTH: i32 = 900;
    const HEIGHT: i32 = 620;
    const LEFT: i32 = 80;
    const RIGHT: i32 = 160;
    const TOP: i32 = 60;
    const BOTTOM: i32 = 70;
    let means = execution_means(results);
    let costs = compile_means(results);
    let points: Vec<_> = shown(results)
        .filter_map(|(look, engine)| {
            let name = results.engines[engine].name.as_str();
            Some((look, name, 1e3 / costs[engine]?, means.shared[engine]?))
        })
        .collect();
    let ranges = around(points.iter().map(|point| point.2)).zip(around(points.iter().map(|point| point.3)));
    let Some((across, up)) = ranges else { return Ok(None) };
    let part = |value: f64, range: &Range<f64>| (value / range.start).ln() / (range.end / range.start).ln();
    let x = |value: f64| LEFT + (part(value, &across) * f64::from(WIDTH - LEFT - RIGHT)).round() as i32;
    let y =
        |value: f64| HEIGHT - BOTTOM - (part(value, &up) * f64::from(HEIGHT - TOP - BOTTOM)).round() as i32;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size(WIDTH, HEIGHT)).into_drawing_area();
        area.fill(&WHITE).map_err(|error| error.to_string())?;
        let title = "What compiling costs, and what the code costs (lower left is better)";
        text(&area, (LEFT, 26), title, 20, HPos::Left)?;
        let grey = RGBColor(215, 215, 215);
        for tick in ticks(&across) {
            line(&area, (x(tick), TOP), (x(tick), HEIGHT - BOTTOM), grey)?;
            text(&area, (x(tick), HEIGHT - BOTTOM + 16), &number(tick), 15, HPos::Center)?;
        }
        for tick in ticks(&up) {
            line(&area, (LEFT, y(tick)), (WIDTH - RIGHT, y(tick)), grey)?;
            text(&area, (LEFT - 10, y(tick)), &number(tick), 15, HPos::Right)?;
        }
        let below = "compile: CPU milliseconds for 1 MB of code section, one thread, logarithmic";
        text(&area, ((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 24), below, 15, HPos::Center)?;
        text(&area, (LEFT, TOP - 12), "execution: geometric mean of ratios, logarithmic", 15, HPos::Left)?;
        let mut taken: Vec<_> =
            points.iter().map(|(.., cost, mean)| Room::new((x(*cost) - 9, y(*mean)), 18)).collect();
        for (look, name, cost, mean) in points {
            let at = (x(cost), y(mean));
            marker(&area, at, look, is_own(name))?;
            text(&area, label(&mut taken, at, name), name, 15, HPos::Left)?;
        }
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(Some(Chart { file: "plane.svg", title: "Compile time and execution time", svg }))
}

fn size(width: i32, height: i32) -> (u32, u32) {
    (width.unsigned_abs(), height.unsigned_abs())
}
