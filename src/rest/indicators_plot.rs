//! Small plots of the indicators' page, as SVG in the page: a line over days, and bars. Each has a name and a sentence that says what is to be
//! seen; the figures themselves are in the table beside it. No style of its own: colours are the page's, and tell nothing alone.

use maud::{Markup, html};

/// Size of the drawing, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 160.0;
const MARGIN: f64 = 8.0;

/// A line through one value a day; days whose value may not be told are left open.
pub(super) fn line(id: &str, title: &str, description: &str, values: &[Option<f64>]) -> Markup {
    let known = || values.iter().flatten().copied();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let across = (WIDTH - 2.0 * MARGIN) / positive(count(values.len()) - 1.0);
    let up = (HEIGHT - 2.0 * MARGIN) / positive(high - low);
    let mut strokes: Vec<String> = vec![String::new()];
    for (place, value) in values.iter().enumerate() {
        match (value, strokes.last_mut()) {
            (Some(value), Some(stroke)) => {
                let (x, y) = (MARGIN + across * count(place), HEIGHT - MARGIN - up * (value - low));
                stroke.push_str(&format!("{x:.1},{y:.1} "));
            }
            (None, Some(stroke)) if !stroke.is_empty() => strokes.push(String::new()),
            _ => {}
        }
    }
    drawing(
        id,
        title,
        description,
        &html! {
            @for stroke in strokes.iter().filter(|stroke| !stroke.is_empty()) {
                polyline .curve points=(stroke.trim_end()) {}
            }
        },
    )
}

/// Bars side by side, one a day and series, upwards and downwards from a middle line.
pub(super) fn bars(id: &str, title: &str, description: &str, up: &[Option<f64>], down: &[Option<f64>]) -> Markup {
    let most = up.iter().chain(down).flatten().copied().fold(0.0, f64::max);
    let (middle, room) = (HEIGHT / 2.0, (HEIGHT / 2.0 - MARGIN) / positive(most));
    let across = (WIDTH - 2.0 * MARGIN) / positive(count(up.len()));
    let bars = |values: &[Option<f64>], upwards: bool| -> Vec<[String; 4]> {
        let bar = |(place, value): (usize, &Option<f64>)| {
            let height = room * value.unwrap_or_default();
            let y = if upwards { middle - height } else { middle };
            [MARGIN + across * count(place), y, across * 0.8, height].map(|number| format!("{number:.1}"))
        };
        values.iter().enumerate().map(bar).collect()
    };
    drawing(
        id,
        title,
        description,
        &html! {
            @for [x, y, width, height] in bars(up, true) { rect .up x=(x) y=(y) width=(width) height=(height) {} }
            @for [x, y, width, height] in bars(down, false) { rect .down x=(x) y=(y) width=(width) height=(height) {} }
            line .axis x1=(MARGIN) x2=(WIDTH - MARGIN) y1=(middle) y2=(middle) {}
        },
    )
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

fn drawing(id: &str, title: &str, description: &str, shapes: &Markup) -> Markup {
    let (name, words) = (format!("{id}-titre"), format!("{id}-texte"));
    html! {
        svg .plot role="img" viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) aria-labelledby=(format!("{name} {words}")) {
            title id=(name) { (title) }
            desc id=(words) { (description) }
            (shapes)
        }
    }
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

    #[test]
    fn plots_have_a_name_and_leave_hidden_days_open() {
        let drawn = line("a", "Titre <1>", "Texte", &[Some(1.0), Some(3.0), None, Some(2.0)]).into_string();
        assert_eq!(drawn.matches("<polyline").count(), 2);
        assert!(drawn.contains("<title id=\"a-titre\">Titre &lt;1&gt;</title>") && drawn.contains("role=\"img\""), "{drawn}");
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        for values in [&[][..], &[None], &[Some(5.0)], &[Some(0.0), Some(0.0)]] {
            let drawn = line("a", "t", "d", values).into_string() + &bars("b", "t", "d", values, values).into_string();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
        assert!(share(2.0).into_string().contains("width=\"100.0\""));
    }
}
