//! The browser, by name.
//!
//! Every property and method is reached by its name, and what is missing or throws reads as `undefined`: an old browser
//! or a page that has replaced something costs a figure, never an exception in the host page. It is also what keeps the
//! glue small, since one import serves for all properties.

pub mod json;
pub mod session;

use rapport_shared::id::Id;
use rapport_shared::measure::position;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_name = globalThis)]
    static WINDOW: JsValue;

    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = get)]
    fn reflect_get(target: &JsValue, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = set)]
    fn reflect_set(target: &JsValue, key: &str, value: &JsValue) -> Result<bool, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = apply)]
    fn reflect_apply(function: &JsValue, this: &JsValue, arguments: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = Reflect, js_name = construct)]
    fn reflect_construct(class: &JsValue, arguments: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = Object)]
    fn new_object() -> JsValue;
    #[wasm_bindgen(js_name = Array)]
    fn new_array() -> JsValue;
    #[wasm_bindgen(js_namespace = Array, js_name = of)]
    fn array_of_one(only: &JsValue) -> JsValue;
    #[wasm_bindgen(js_namespace = Array, js_name = of)]
    fn array_of_two(first: &JsValue, second: &JsValue) -> JsValue;

    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_namespace = Date, js_name = now)]
    fn date_now() -> f64;
    #[wasm_bindgen(catch, js_namespace = crypto, js_name = getRandomValues)]
    fn random_values(bytes: &mut [u8]) -> Result<JsValue, JsValue>;
}

/// Milliseconds on the page's clock, which neither jumps nor says when it is.
pub fn now_ms() -> f64 {
    performance_now()
}

/// Milliseconds since 1970 by the visitor's clock: only ever compared with itself.
pub fn epoch_ms() -> u64 {
    date_now() as u64
}

/// Rounded, and never negative.
pub fn milliseconds(exact: f64) -> u64 {
    (exact + 0.5) as u64
}

/// Random bytes; zeros where the browser has none to give.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let _ = random_values(&mut bytes);
    bytes
}

/// A new time-ordered id.
pub fn new_id() -> Id {
    Id::version_7(epoch_ms(), random())
}

/// Any value of the browser.
#[derive(Clone, Default, PartialEq)]
pub struct Js(pub JsValue);

impl Js {
    /// The window.
    pub fn window() -> Self {
        Self(WINDOW.with(Clone::clone))
    }

    /// A property of the window.
    pub fn global(name: &str) -> Self {
        Self::window().get(name)
    }

    /// A string.
    pub fn text(text: &str) -> Self {
        Self(JsValue::from_str(text))
    }

    /// A number.
    pub fn number(number: f64) -> Self {
        Self(JsValue::from_f64(number))
    }

    /// A truth value.
    pub fn flag(flag: bool) -> Self {
        Self(JsValue::from_bool(flag))
    }

    /// An object with those properties.
    pub fn object(properties: &[(&str, Js)]) -> Self {
        let object = Self(new_object());
        for (name, value) in properties {
            object.set(name, value);
        }
        object
    }

    /// An array of those elements.
    pub fn list(elements: &[Js]) -> Self {
        let elements: Vec<&Js> = elements.iter().collect();
        Self(array(&elements))
    }

    /// A function of one argument, kept for as long as the browser holds it.
    pub fn function(action: Box<dyn FnMut(JsValue) -> JsValue>) -> Self {
        Self(Closure::wrap(action).into_js_value())
    }

    /// A property.
    pub fn get(&self, name: &str) -> Js {
        Js(reflect_get(&self.0, name).unwrap_or_default())
    }

    /// A property that is a string, or the empty one.
    pub fn get_text(&self, name: &str) -> String {
        self.get(name).0.as_string().unwrap_or_default()
    }

    /// A property that is a number, or 0.
    pub fn get_number(&self, name: &str) -> f64 {
        self.get(name).0.as_f64().unwrap_or(0.0)
    }

    /// A property that is true.
    pub fn get_flag(&self, name: &str) -> bool {
        self.get(name).is_true()
    }

    /// Sets a property.
    pub fn set(&self, name: &str, value: &Js) {
        let _ = reflect_set(&self.0, name, &value.0);
    }

    /// Calls a method.
    pub fn call(&self, name: &str, arguments: &[&Js]) -> Js {
        Js(reflect_apply(&self.get(name).0, &self.0, &array(arguments)).unwrap_or_default())
    }

    /// Constructs an object of a class of the window.
    pub fn construct(class: &str, arguments: &[&Js]) -> Js {
        Js(reflect_construct(&Self::global(class).0, &array(arguments)).unwrap_or_default())
    }

    /// Whether it is anything but `undefined` and `null`.
    pub fn exists(&self) -> bool {
        !self.0.is_undefined() && !self.0.is_null()
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        self.0.as_bool() == Some(true)
    }

    /// Whether a property is that text.
    pub fn is(&self, name: &str, text: &str) -> bool {
        self.get(name) == Js::text(text)
    }

    /// Calls a method with one text.
    pub fn ask(&self, method: &str, text: &str) -> Js {
        self.call(method, &[&Js::text(text)])
    }

    /// The elements of something with a `length`.
    pub fn elements(&self) -> Vec<Js> {
        let mut elements = Vec::new();
        if !self.exists() {
            return elements;
        }
        for index in 0..self.get_number("length") as u64 {
            elements.push(self.get(&decimal(index)));
        }
        elements
    }
}

#[inline(never)]
fn array(elements: &[&Js]) -> JsValue {
    // Nearly every call has one argument or two, and each name that crosses to the browser is time.
    match elements {
        [only] => return array_of_one(&only.0),
        [first, second] => return array_of_two(&first.0, &second.0),
        _ => {}
    }
    let array = new_array();
    for (index, element) in elements.iter().enumerate() {
        let _ = reflect_set(&array, &decimal(index as u64), &element.0);
    }
    array
}

/// Texts one after the other.
pub fn concat(parts: &[&str]) -> String {
    let mut whole = String::new();
    parts.iter().for_each(|part| whole.push_str(part));
    whole
}

/// A number in decimal digits, without the formatting machinery of `core`, which weighs more than the agent's rules.
pub fn decimal(mut number: u64) -> String {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    let mut text = String::new();
    for digit in &digits[at..] {
        let digit = usize::from(*digit);
        text.push_str("0123456789".get(digit..=digit).unwrap_or(""));
    }
    text
}

/// The number at the start of a text; 0 when there is none.
pub fn leading_number(text: &str) -> u64 {
    text.bytes()
        .take_while(u8::is_ascii_digit)
        .fold(0, |number: u64, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
}

/// What stands before a separator, which is removed with it from the text.
pub fn head<'a>(text: &mut &'a str, separator: u8) -> &'a str {
    let whole = *text;
    let end = position(whole, separator, separator).unwrap_or(whole.len());
    *text = whole.get(end + 1..).unwrap_or("");
    whole.get(..end).unwrap_or("")
}

/// A storage area (`localStorage`, `sessionStorage`); every access to it may be forbidden.
pub struct Storage(&'static str);

/// What outlives the tab.
pub const LOCAL: Storage = Storage("localStorage");
/// What ends with the tab.
pub const SESSION: Storage = Storage("sessionStorage");

impl Storage {
    /// The value of a key, or the empty string.
    pub fn read(&self, key: &str) -> String {
        Js::global(self.0).ask("getItem", key).0.as_string().unwrap_or_default()
    }

    /// Writes a value; whether it can be read back.
    pub fn write(&self, key: &str, value: &str) -> bool {
        Js::global(self.0).call("setItem", &[&Js::text(key), &Js::text(value)]);
        self.read(key) == value
    }

    /// Forgets a key.
    pub fn remove(&self, key: &str) {
        Js::global(self.0).ask("removeItem", key);
    }

    /// Every key.
    pub fn keys(&self) -> Js {
        Js::global("Object").call("keys", &[&Js::global(self.0)])
    }
}
