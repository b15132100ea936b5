//! Tables of pickles that CPython wrote.

/// A value, and the pickles of a record with this value as its only entry `v`, in protocols 0 to 5.
pub(super) struct Row {
    /// The value, as JSON text or as a Python expression.
    pub(super) label: &'static str,
    /// The JSON text that the value is read as. If the value cannot be read as JSON: `! ` and the reason.
    pub(super) read: &'static str,
    pub(super) pickles: Vec<Vec<u8>>,
}

/// Returns the rows of `data.txt`: values that consist of plain JSON.
pub(super) fn data() -> Vec<Row> {
    rows(include_str!("data.txt"))
}

/// Returns the rows of `objects.txt`: Python values beyond plain JSON. Some of them can still be read as JSON.
pub(super) fn objects() -> Vec<Row> {
    rows(include_str!("objects.txt"))
}

pub(super) fn all() -> Vec<Row> {
    let mut all = data();
    all.extend(objects());
    all
}

fn rows(table: &'static str) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(label) = line.strip_prefix("= ") {
            rows.push(Row { label, read: label, pickles: Vec::new() });
            continue;
        }
        let row = rows.last_mut().expect("a label comes first");
        match line.strip_prefix(&format!("{} ", row.pickles.len())) {
            Some(hex) => row.pickles.push(unhex(hex)),
            None => row.read = line,
        }
    }
    assert!(rows.len() > 70);
    assert!(rows.iter().all(|row| row.pickles.len() == 6));
    rows
}

pub(super) fn unhex(hex: &str) -> Vec<u8> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty());
    let byte = |pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
    pairs.iter().map(|pair| byte(pair)).collect()
}
