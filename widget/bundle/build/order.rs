//! The order of a module's functions: those that begin alike stand side by side, since brotli says less of what it has
//! just said. Yew makes the same few functions of every component; 1.3 % of the panel's module.

/// Sections of a module that are read here, and the one that names functions.
const IMPORTS: u8 = 2;
const CODE: u8 = 10;
const CUSTOM: u8 = 0;

/// The module with a name for each function that tells its place: `wasm-opt --reorder-functions-by-name` puts it there.
/// `None` when it cannot be read.
pub fn named(module: &[u8]) -> Option<Vec<u8>> {
    let imported = imported_functions(section(module, IMPORTS).unwrap_or(&[0]))?;
    let bodies = bodies(section(module, CODE)?)?;
    let mut order: Vec<usize> = (0..bodies.len()).collect();
    order.sort_by_key(|index| bodies[*index]);
    let mut places = vec![0; bodies.len()];
    order.iter().enumerate().for_each(|(place, index)| places[*index] = place);

    let mut names = number(bodies.len());
    for (index, place) in places.into_iter().enumerate() {
        names.extend(number(imported + index));
        names.extend(text(&format!("{place:06}")));
    }
    // The names of functions are the first subsection of the section of names.
    let contents = [text("name"), vec![1], number(names.len()), names].concat();
    Some([module, &[CUSTOM], &number(contents.len()), &contents].concat())
}

/// The contents of the first section of that kind.
fn section(module: &[u8], kind: u8) -> Option<&[u8]> {
    let mut rest = module.get(8..)?;
    while let Some((found, after)) = rest.split_first() {
        rest = after;
        let length = take_number(&mut rest)?;
        let contents = take(&mut rest, length)?;
        if *found == kind {
            return Some(contents);
        }
    }
    None
}

/// How many functions are imported: they come first in the numbering.
fn imported_functions(mut rest: &[u8]) -> Option<usize> {
    let mut functions = 0;
    for _ in 0..take_number(&mut rest)? {
        for _ in 0..2 {
            let length = take_number(&mut rest)?;
            take(&mut rest, length)?;
        }
        match take(&mut rest, 1)?[0] {
            0 => {
                take_number(&mut rest)?;
                functions += 1;
            }
            // A table has a type before its limits.
            kind @ (1 | 2) => {
                take(&mut rest, usize::from(kind == 1))?;
                let has_most = take_number(&mut rest)? & 1 == 1;
                for _ in 0..1 + usize::from(has_most) {
                    take_number(&mut rest)?;
                }
            }
            3 => drop(take(&mut rest, 2)?),
            _ => return None,
        }
    }
    Some(functions)
}

fn bodies(mut rest: &[u8]) -> Option<Vec<&[u8]>> {
    let count = take_number(&mut rest)?;
    let mut bodies = Vec::new();
    for _ in 0..count {
        let length = take_number(&mut rest)?;
        bodies.push(take(&mut rest, length)?);
    }
    Some(bodies)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

/// A number in LEB128, without its sign.
fn take_number(rest: &mut &[u8]) -> Option<usize> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = take(rest, 1)?[0];
        number |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte < 0x80 {
            return Some(number);
        }
    }
}

fn number(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [number(text.len()), text.as_bytes().to_vec()].concat()
}
