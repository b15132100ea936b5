//! Generates valid JSON documents from a fuzzer's bytes, with varied white space, escapes and notations of numbers.
//! Also measures the nesting depth of documents.

use arbitrary::{Result, Unstructured};

/// Maximum depth of generated values. Only [`nest`] exceeds it.
const MAX_DEPTH: usize = 12;

/// Length of the document after which no new list or object begins. Without this limit, a few input bytes could
/// generate a long document.
const MAX_LEN: usize = 4096;

/// Generates a valid document. After the last byte of the input, the generator continues with zeros, which end all
/// lists.
pub fn make(bytes: &[u8]) -> Result<String> {
    let mut out = String::new();
    value(&mut Unstructured::new(bytes), 0, &mut out)?;
    Ok(out)
}

fn value(u: &mut Unstructured<'_>, depth: usize, out: &mut String) -> Result<()> {
    space(u, out)?;
    let may_go_on = depth < MAX_DEPTH && out.len() < MAX_LEN;
    match u.int_in_range(0..=if may_go_on { 8 } else { 5 })? {
        0 => out.push_str(u.choose(&["null", "true", "false"])?),
        1 | 2 => integer(u, out)?,
        3 => float(u, out)?,
        4 | 5 => string(u, out)?,
        6 => list(u, out, |u, out| value(u, depth + 1, out))?,
        7 => object(u, depth, out)?,
        _ => nest(u, out)?,
    }
    space(u, out)
}

fn space(u: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    if u.ratio(1, 8)? {
        out.push_str(u.choose(&[" ", "\n", "\t", "\r\n  "])?);
    }
    Ok(())
}

fn integer(u: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    if u.arbitrary()? {
        let edge = *u.choose(&[0, 1 << 53, i128::from(i64::MAX), i128::from(u64::MAX), i128::MAX >> 1])?;
        let number = (edge + i128::from(u.arbitrary::<i8>()?)) * if u.arbitrary()? { -1 } else { 1 };
        out.push_str(&number.to_string());
    } else {
        out.push_str(if u.arbitrary()? { "-" } else { "" });
        out.push(char::from(u.int_in_range(b'1'..=b'9')?));
        digits(u, 40, out)?;
    }
    Ok(())
}

/// Generates a float: from the bits of an `f64`, from digits, or one of the edge cases. If the `f64` is not finite,
/// generates `0`.
fn float(u: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    const EDGES: [&str; 9] = [
        "-0.0",
        "-0",
        "1e16",
        "1e-5",
        "0.0001",
        "9999999999999998.0",
        "5e-324",
        "1.7976931348623157e308",
        "1E400",
    ];
    match u.int_in_range(0..=2)? {
        0 => match u.arbitrary::<f64>()? {
            float if float.is_finite() && u.arbitrary()? => out.push_str(&format!("{float:e}")),
            float if float.is_finite() => out.push_str(&format!("{float:?}")),
            _ => out.push('0'),
        },
        1 => {
            out.push_str(if u.arbitrary()? { "-" } else { "" });
            out.push(char::from(u.int_in_range(b'1'..=b'9')?));
            digits(u, 20, out)?;
            out.push('.');
            out.push(char::from(u.int_in_range(b'0'..=b'9')?));
            digits(u, 25, out)?;
            if u.arbitrary()? {
                out.push_str(u.choose(&["e", "E", "e+", "E-", "e-"])?);
                out.push_str(&u.int_in_range(0..=340)?.to_string());
            }
        }
        _ => out.push_str(u.choose(&EDGES)?),
    }
    Ok(())
}

fn digits(u: &mut Unstructured<'_>, at_most: usize, out: &mut String) -> Result<()> {
    for _ in 0..u.int_in_range(0..=at_most)? {
        out.push(char::from(u.int_in_range(b'0'..=b'9')?));
    }
    Ok(())
}

fn string(u: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    out.push('"');
    for _ in 0..u.int_in_range(0..=12)? {
        match u.int_in_range(0..=6)? {
            0 => out.push_str(u.choose(&["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"])?),
            1 => out.push_str(&format!("\\u{:04x}", u.arbitrary::<u16>()?)),
            2 => out.push_str(&format!("\\u{:04X}", u.arbitrary::<u16>()?)),
            3 => {
                for unit in u.arbitrary::<char>()?.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            4 => match u.arbitrary::<char>()? {
                char if char < ' ' || char == '"' || char == '\\' => out.push('_'),
                char => out.push(char),
            },
            // The choice is small, so that keys repeat.
            _ => out.push_str(u.choose(&["a", "\\u0061", "é", "\\u00e9", "\u{7f}"])?),
        }
    }
    out.push('"');
    Ok(())
}

fn list(
    u: &mut Unstructured<'_>,
    out: &mut String,
    mut part: impl FnMut(&mut Unstructured<'_>, &mut String) -> Result<()>,
) -> Result<()> {
    out.push('[');
    parts(u, out, &mut part)?;
    out.push(']');
    Ok(())
}

fn object(u: &mut Unstructured<'_>, depth: usize, out: &mut String) -> Result<()> {
    out.push('{');
    parts(u, out, &mut |u, out| {
        space(u, out)?;
        string(u, out)?;
        space(u, out)?;
        out.push(':');
        value(u, depth + 1, out)
    })?;
    out.push('}');
    Ok(())
}

fn parts(
    u: &mut Unstructured<'_>,
    out: &mut String,
    part: &mut dyn FnMut(&mut Unstructured<'_>, &mut String) -> Result<()>,
) -> Result<()> {
    for i in 0..u.int_in_range(0..=6)? {
        out.push_str(if i > 0 { "," } else { "" });
        part(u, out)?;
    }
    space(u, out)
}

/// Generates lists or objects that can be nested more deeply than a session is allowed to be.
fn nest(u: &mut Unstructured<'_>, out: &mut String) -> Result<()> {
    let depth = u.int_in_range(0..=140)?;
    let (open, close) = *u.choose(&[("[", "]"), (r#"{"a":"#, "}")])?;
    out.push_str(&open.repeat(depth));
    out.push('0');
    out.push_str(&close.repeat(depth));
    Ok(())
}

/// Returns the nesting depth of lists and objects in a valid document.
pub fn nesting(document: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = document.iter();
    let mut in_string = false;
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => drop(bytes.next()),
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
