//! Bar charts: an SVG for light and dark pages.

use std::fmt::Write;

use crate::results::Peer;
use crate::subject::Job;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 270.0;
const ROW: f64 = 20.0;
const HEAD: f64 = 34.0;

/// A group of bars with a heading, such as the times of all applications for one job.
pub(crate) struct Panel {
    pub(crate) name: String,
    pub(crate) bars: Vec<Bar>,
}

pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) is_ours: bool,
}

/// Draws one panel for each job, with the middle session size. Leaves out applications without sessions, and those in
/// Python, whose long bars would make the other bars too short.
pub(crate) fn svg(peers: &[Peer], when: &str) -> String {
    let peers: Vec<_> = peers.iter().filter(|peer| peer.has_sessions() && !is_python(peer)).collect();
    let size = peers[0].rows.len() / 2;
    let panel = |(job, name): (usize, &str)| {
        let bar = |peer: &&Peer| Bar {
            name: peer.name.clone(),
            value: peer.rows[size].1[job],
            is_ours: peer.is_ours(),
        };
        Panel { name: name.to_owned(), bars: peers.iter().map(bar).collect() }
    };
    let panels: Vec<_> = Job::ALL.map(Job::name).into_iter().enumerate().map(panel).collect();
    let title = format!("Microseconds that a session of {} bytes adds to a request", peers[0].rows[size].0);
    draw(&title, &format!("{when}; shorter is better"), &panels, 2)
}

/// Draws the panels. Writes the values with `digits` digits after the decimal point.
pub(crate) fn draw(title: &str, subtitle: &str, panels: &[Panel], digits: usize) -> String {
    let height_of = |panel: &Panel| HEAD + ROW * panel.bars.len() as f64 + 16.0;
    let height = 44.0 + panels.iter().map(height_of).sum::<f64>();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"bold\">{title}</text>\n\
         <text x=\"16\" y=\"42\" fill=\"#555\">{subtitle}</text>\n"
    );
    let mut top = 44.0;
    for panel in panels {
        let _ =
            writeln!(svg, "<text x=\"16\" y=\"{}\" font-weight=\"bold\">{}</text>", top + 24.0, panel.name);
        let longest = panel.bars.iter().map(|bar| bar.value).fold(0.1, f64::max);
        for (row, Bar { name, value, is_ours }) in panel.bars.iter().enumerate() {
            let value = value.max(0.0);
            let y = top + HEAD + ROW * row as f64;
            let width = value / longest * (WIDTH - LEFT - 80.0);
            let fill = if *is_ours { "#0e6b5c" } else { "#b9b2a3" };
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{name}</text>\
                 <rect x=\"{LEFT}\" y=\"{y}\" width=\"{width:.1}\" height=\"{}\" fill=\"{fill}\"/>\
                 <text x=\"{:.1}\" y=\"{}\" fill=\"#333\">{value:.digits$}</text>",
                LEFT - 8.0,
                y + 12.0,
                ROW - 5.0,
                LEFT + width + 6.0,
                y + 12.0,
            );
        }
        top += height_of(panel);
    }
    svg + "</svg>\n"
}

fn is_python(peer: &Peer) -> bool {
    peer.name.starts_with("Pyramid") || peer.name.starts_with("Flask")
}
