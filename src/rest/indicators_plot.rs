//! Small plots of the indicators' page, as SVG in the page: a line over days, and bars. Each has a name and a sentence that says what is to be
//! seen, which is what a screen reader tells; the figures themselves are in the table beside it. The scale names the lowest and highest value
//! and the first and last day. The drawing is stretched to the width there is, and so are no letters: those of the scale stand beside it in the
//! page's own size. No style of its own: colours are the page's, and tell nothing alone.

use maud::{Markup, html};

/// Size of the drawing, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 190.0;
/// Room on all sides for half a letter of the scale, and for half a stroke.
const MARGIN: f64 = 8.0;
const BOTTOM: f64 = HEIGHT - MARGIN;
const LEFT: f64 = MARGIN;
const RIGHT: f64 = WIDTH - MARGIN;

/// What a plot is called, and its scale.
pub(super) struct Plot<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub description: &'a str,
    /// The days at both ends, as written.
    pub days: [&'a str; 2],
    /// How a value is written.
    pub number: fn(Option<f64>) -> String,
}

impl Plot<'_> {
    /// A line through one value a day; days whose value is not known or may not be told are left open.
    pub(super) fn line(&self, values: &[Option<f64>]) -> Markup {
        let known = || values.iter().flatten().copied();
        let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
        let across = (RIGHT - LEFT) / positive(count(values.len()) - 1.0);
        let up = (BOTTOM - MARGIN) / positive(high - low);
        let mut strokes: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
        for (place, value) in values.iter().enumerate() {
            match (value, strokes.last_mut()) {
                (Some(value), Some(stroke)) => stroke.push((LEFT + across * count(place), BOTTOM - up * (value - low))),
                (None, Some(stroke)) if !stroke.is_empty() => strokes.push(Vec::new()),
                _ => {}
            }
        }
        let scale = match (low.is_finite(), high > low) {
            (false, _) => [None; 3],
            (true, false) => [None, None, Some(low)],
            (true, true) => [Some(high), None, Some(low)],
        };
        self.drawing(
            scale,
            &html! {
                @for stroke in &strokes {
                    @match stroke.as_slice() {
                        [] => {}
                        // Of no length, with round ends: a dot however the drawing is stretched.
                        [(x, y)] => line .point x1=(at(*x)) x2=(at(*x)) y1=(at(*y)) y2=(at(*y)) {}
                        points => polyline .curve points=(points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ")) {}
                    }
                }
            },
        )
    }

    /// Bars side by side, one a day and series, upwards and downwards from a middle line.
    pub(super) fn bars(&self, up: &[Option<f64>], down: &[Option<f64>]) -> Markup {
        let most = up.iter().chain(down).flatten().copied().fold(0.0, f64::max);
        let middle = f64::midpoint(MARGIN, BOTTOM);
        let room = (middle - MARGIN) / positive(most);
        let across = (RIGHT - LEFT) / positive(count(up.len()));
        let bars = |values: &[Option<f64>], upwards: bool| -> Vec<[String; 4]> {
            let bar = |(place, value): (usize, &Option<f64>)| {
                let height = room * (*value)?;
                let y = if upwards { middle - height } else { middle };
                Some([LEFT + across * count(place), y, across * 0.8, height].map(at))
            };
            values.iter().enumerate().filter_map(bar).collect()
        };
        let end = (most > 0.0).then_some(most);
        self.drawing(
            [end, Some(0.0), end],
            &html! {
                @for [x, y, width, height] in bars(up, true) { rect .up x=(x) y=(y) width=(width) height=(height) {} }
                @for [x, y, width, height] in bars(down, false) { rect .down x=(x) y=(y) width=(width) height=(height) {} }
            },
        )
    }

    /// `scale`: what the top, the middle and the bottom of the drawing stand for, as far as they are told.
    fn drawing(&self, scale: [Option<f64>; 3], shapes: &Markup) -> Markup {
        let (name, words) = (format!("{}-titre", self.id), format!("{}-texte", self.id));
        let [first, last] = self.days;
        let heights = [MARGIN, f64::midpoint(MARGIN, BOTTOM), BOTTOM];
        html! {
            div .chart {
                div .scale aria-hidden="true" {
                    @for value in scale { span { @if value.is_some() { ((self.number)(value)) } } }
                }
                svg .plot role="img" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" aria-labelledby=(format!("{name} {words}")) {
                    title id=(name) { (self.title) }
                    desc id=(words) { (self.description) }
                    @for height in heights.into_iter().zip(scale).filter_map(|(height, value)| value.map(|_| at(height))) {
                        line .axis x1="0" x2=(WIDTH) y1=(height) y2=(height) {}
                    }
                    (shapes)
                }
                div .days aria-hidden="true" {
                    span { (first) }
                    @if first != last { span { (last) } }
                }
            }
        }
    }
}

/// A share of a whole, as a bar in a cell of a table; the number stands beside it.
pub(super) fn share(of_one: f64) -> Markup {
    let width = format!("{:.1}", of_one.clamp(0.0, 1.0) * 100.0);
    html! {
        svg .share viewBox="0 0 100 8" width="100" height="8" aria-hidden="true" focusable="false" {
            rect .whole x="0" y="0" width="100" height="8" {}
            rect .part x="0" y="0" width=(width) height="8" {}
        }
    }
}

fn at(place: f64) -> String {
    format!("{place:.1}")
}

#[expect(clippy::cast_precision_loss, reason = "places of a plot")]
fn count(number: usize) -> f64 {
    number as f64
}

fn positive(number: f64) -> f64 {
    if number > 0.0 && number.is_finite() { number } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot() -> Plot<'static> {
        let number = |value: Option<f64>| format!("n{:.0}", value.unwrap_or_default());
        Plot { id: "a", title: "Titre <1>", description: "Texte", days: ["01/11", "04/11"], number }
    }

    #[test]
    fn plots_have_a_name_and_leave_hidden_days_open() {
        let drawn = plot().line(&[Some(1.0), Some(3.0), None, Some(2.0)]).into_string();
        assert_eq!((drawn.matches("<polyline").count(), drawn.matches("class=\"point\"").count()), (1, 1));
        assert!(drawn.contains("<title id=\"a-titre\">Titre &lt;1&gt;</title>") && drawn.contains("role=\"img\""), "{drawn}");
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        for values in [&[][..], &[None], &[Some(5.0)], &[Some(0.0), Some(0.0)]] {
            let drawn = plot().line(values).into_string() + &plot().bars(values, values).into_string();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
        assert!(share(2.0).into_string().contains("width=\"100.0\""));
    }

    #[test]
    fn the_scale_names_both_ends_of_both_axes() {
        let drawn = plot().line(&[Some(10.0), Some(30.0), None, Some(20.0)]).into_string();
        for label in [">n10<", ">n30<", ">01/11<", ">04/11<"] {
            assert_eq!(drawn.matches(label).count(), 1, "{label} in {drawn}");
        }
        assert!(!drawn.contains(">n20<"));
        let drawn = plot().bars(&[Some(7.0), None], &[Some(2.0), Some(0.0)]).into_string();
        assert_eq!((drawn.matches(">n7<").count(), drawn.matches(">n0<").count()), (2, 1), "{drawn}");
        assert_eq!(drawn.matches("<rect class=\"up\"").count(), 1, "what is not known has no bar");
        assert_eq!(plot().line(&[Some(5.0)]).into_string().matches(">n5<").count(), 1);
        assert!(!drawn.contains("<text"), "letters in the drawing would be stretched with it");
    }
}
