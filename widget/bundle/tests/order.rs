//! The order of a module's functions: each is named by the place of its body among the others.

#[path = "../build/order.rs"]
mod order;

/// A module that imports a table, a memory and two functions, and has three functions with these bodies.
fn module(bodies: [&[u8]; 3]) -> Vec<u8> {
    let imports = [
        &b"\x04"[..],
        b"\x01e\x01t\x01\x70\x00\x01",
        b"\x01e\x01f\x00\x00",
        b"\x01e\x01m\x02\x01\x01\x02",
        b"\x01e\x01g\x00\x00",
    ]
    .concat();
    let code: Vec<u8> = bodies.iter().flat_map(|body| [&[body.len() as u8], *body].concat()).collect();
    let section = |kind: u8, contents: &[u8]| [&[kind, contents.len() as u8], contents].concat();
    [b"\0asm\x01\0\0\0".to_vec(), section(2, &imports), section(10, &[&[3], &code[..]].concat())].concat()
}

#[test]
fn functions_that_begin_alike_get_names_that_follow_each_other() {
    let module = module([b"bb", b"aaaa", b"ba"]);
    let named = order::named(&module).expect("a module");
    let names = b"\x03\x02\x06000002\x03\x06000000\x04\x06000001";
    let section = [&[0, 32][..], b"\x04name\x01\x19", names].concat();
    assert_eq!(named, [module, section].concat());
}

#[test]
fn what_breaks_off_is_no_module() {
    let whole = module([b"bb", b"aaaa", b"ba"]);
    for length in 0..whole.len() {
        assert_eq!(order::named(&whole[..length]), None, "{length} bytes");
    }
}
