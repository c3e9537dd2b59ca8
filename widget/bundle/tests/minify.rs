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
fn names_that_are_declared_become_short_and_properties_stay() {
    check("function longName(value) { return value } longName(longName)", "function a(b){return b}a(a)");
    check("const size = 1; x.size = size", "const a=1;x.size=a");
    check("const part = 1; x = { part: part }", "const a=1;x={part:a}");
    check("const part = 1; x = { part }", "const part=1;x={part}");
    check(
        "export async function start() {} function stop() {} stop()",
        "export async function start(){}function a(){}a()",
    );
    check("function start() {} export { start as begin }", "function start(){}export{start as begin}");
    check("export async function start() { start() }", "export async function start(){start()}");
    check("(function () { const inner = 1; use(inner) })()", "(function(){const a=1;use(a)})()");
    check("for (const [key, value] of all) use(key, value)", "for(const[a,b]of all)use(a,b)");
    check("try { x() } catch (error) { y(error) }", "try{x()}catch(a){y(a)}");
    check("x = async (one, ...others) => `${one} }${others}`", "x=async(a,...b)=>`${a} }${b}`");
    check("x((event = {}) => event.target, event => { event() })", "x((a={})=>a.target,a=>{a()})");
}

#[test]
fn what_may_be_a_global_keeps_its_name() {
    check("x((name) => name, name)", "x((name)=>name,name)");
    check("{ const open = 1; use(open) } open()", "{const open=1;use(open)}open()");
    check("x = (event) => y\nevent()", "x=(event)=>y\nevent()");
    check("function one() { var held = 1 } held", "held");
    check("let { first } = x; first", "let{first}=x;first");
    check("x = { close() {} }; const close = 1; close", "x={close(){}};const close=1;close");
    check("class A { size = 1 } const size = 2; x.size = size", "class A{size=1}const size=2;x.size=size");
}

#[test]
fn names_that_never_meet_may_be_the_same() {
    check("x((one) => one); x((two) => two)", "x((a)=>a);x((a)=>a)");
    check("x((one) => y((two) => one + two))", "x((a)=>y((b)=>a+b))");
    check(
        "const all = 1; { const one = all; one() } { const two = 2; two() }",
        "const a=1;{const b=a;b()}{const b=2;b()}",
    );
}

#[test]
fn marks_that_say_nothing_go() {
    check("a(b, [c,], { d: 1, },)", "a(b,[c],{d:1})");
    check("x = [, ,]; { a(); }", "x=[,,];{a()}");
    check("x = (y = (1)); f(() => (a), { b: (c) })", "x=y=1;f(()=>a,{b:c})");
    check("return (\n  a\n);", "return a;");
    check("x = (a, b); x = (a) => (b)", "x=(a,b);x=(a)=>(b)");
    check("x = () => ({ a: 1 }); x = (a)(); y = (a || b) && c;", "x=()=>({a:1});x=(a)();y=(a||b)&&c;");
    check("{ if (a) ; } { for (;;) ; } { if (a) b(); else ; }", "{if(a);}{for(;;);}{if(a)b();else;}");
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
