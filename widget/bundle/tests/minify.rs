//! What the build script's minifier does to scripts, and what it leaves alone.

/// As in the build script, whose module is included below.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[path = "../build/minify.rs"]
mod minify;

fn check(source: &str, expected: &str) {
    assert_eq!(minify::script(source).expect("it can be read"), format!("{expected}\n"), "{source}");
}

#[test]
fn comments_and_white_space_go_and_line_breaks_that_matter_stay() {
    check("const  a = 1; // one\nlet b /* two */ = a + +c", "const a=1;let b=a+ +c");
    check("a = b\n[1].forEach(c)", "a=b\n[1].forEach(c)");
    check("return\nx", "return\nx");
    check("if (a) {\n  b()\n}\nelse c()", "if(a){b()}\nelse c()");
}

#[test]
fn literals_are_copied() {
    check("x = 'a  // b' + \"\\\"  \"", "x='a  // b'+\"\\\"  \"");
    check("y = `a ${ b +  `${c}  ` }  d`", "y=`a ${b+`${c}  `}  d`");
    check("z = s.replace(/\\/[^/ ]*  $/g, w) / 2 / 1", "z=s.replace(/\\/[^/ ]*  $/g,w)/2/1");
}

#[test]
fn names_of_the_outermost_scope_become_short_unless_they_are_properties() {
    check("function longName(value) { return value } longName(longName)", "function a(value){return value}a(a)");
    check("const size = 1; x.size = size", "const size=1;x.size=size");
    check("const part = 1; x = { part: part }", "const part=1;x={part:part}");
    check("const part = 1; x = { part }", "const part=1;x={part}");
    check(
        "export async function start() {} function stop() {} stop()",
        "export async function start(){}function a(){}a()",
    );
    check("function start() {} export { start as begin }", "function start(){}export{start as begin}");
    check("export async function start() { start() }", "export async function start(){start()}");
    check("(function () { const inner = 1; use(inner) })()", "(function(){const a=1;use(a)})()");
}

#[test]
fn functions_nobody_names_go() {
    check("function one(a = {}) { if (a) { two() } } function two() {} go(1)", "go(1)");
    check("x = function one() {}; export function two() {}", "x=function a(){};export function two(){}");
}

#[test]
fn short_names_never_meet_names_in_use() {
    check("let a = 1; function other() { return a } b(other)", "let a=1;function c(){return a}b(c)");
}

#[test]
fn a_literal_without_end_is_refused() {
    for source in ["x = 'a", "x = `a", "/* a"] {
        assert!(minify::script(source).is_err(), "{source}");
    }
}
