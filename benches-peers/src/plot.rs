//! A bar chart of the table: an SVG for light and dark pages.

use std::fmt::Write;

use crate::results::Peer;
use crate::subject::Job;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 270.0;
const ROW: f64 = 20.0;
const HEAD: f64 = 34.0;

/// Draws one panel for each job, at the middle size. Bare applications are left out, and so is Python, which would make
/// the other bars too short.
pub(crate) fn svg(peers: &[Peer], when: &str) -> String {
    let peers: Vec<_> = peers.iter().filter(|peer| peer.has_sessions() && !is_python(peer)).collect();
    let size = peers[0].rows.len() / 2;
    let panel = HEAD + ROW * peers.len() as f64 + 16.0;
    let height = 44.0 + panel * Job::ALL.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"16\" y=\"24\" font-size=\"15\" font-weight=\"bold\">Microseconds that a session of {} bytes adds to a \
         request</text>\n<text x=\"16\" y=\"42\" fill=\"#555\">{when}; shorter is better</text>\n",
        peers[0].rows[size].0
    );
    for (job, name) in Job::ALL.map(Job::name).into_iter().enumerate() {
        let top = 44.0 + panel * job as f64;
        let _ = writeln!(svg, "<text x=\"16\" y=\"{}\" font-weight=\"bold\">{name}</text>", top + 24.0);
        let longest = peers.iter().map(|peer| peer.rows[size].1[job]).fold(0.1, f64::max);
        for (row, peer) in peers.iter().enumerate() {
            let us = peer.rows[size].1[job].max(0.0);
            let y = top + HEAD + ROW * row as f64;
            let bar = us / longest * (WIDTH - LEFT - 80.0);
            let fill = if peer.is_ours() { "#0e6b5c" } else { "#b9b2a3" };
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
                 <rect x=\"{LEFT}\" y=\"{y}\" width=\"{bar:.1}\" height=\"{}\" fill=\"{fill}\"/>\
                 <text x=\"{:.1}\" y=\"{}\" fill=\"#333\">{us:.2}</text>",
                LEFT - 8.0,
                y + 12.0,
                peer.name,
                ROW - 5.0,
                LEFT + bar + 6.0,
                y + 12.0,
            );
        }
    }
    svg + "</svg>\n"
}

fn is_python(peer: &Peer) -> bool {
    peer.name.starts_with("Pyramid") || peer.name.starts_with("Flask")
}
