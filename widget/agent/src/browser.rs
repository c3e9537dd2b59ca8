//! The browser, by name.
//!
//! Every property and method is reached by its name, and what is missing or throws reads as `undefined`: an old browser
//! or a page that has replaced something costs a figure, never an exception in the host page. It is also what keeps the
//! glue small, since one import serves for all properties.

use rapport_shared::id::Id;
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

    /// A function of one argument, kept for as long as the browser holds it.
    pub fn function(action: impl FnMut(Js) -> Js + 'static) -> Self {
        let mut action = action;
        let closure: Box<dyn FnMut(JsValue) -> JsValue> = Box::new(move |argument| action(Js(argument)).0);
        Self(Closure::wrap(closure).into_js_value())
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

    /// The elements of something with a `length`.
    pub fn elements(&self) -> impl Iterator<Item = Js> + '_ {
        (0..self.get_number("length") as u32).map(|index| self.call_at(index))
    }

    fn call_at(&self, index: u32) -> Js {
        self.get(&decimal(u64::from(index)))
    }

    /// Listens to an event, on its way down, so that nobody can stop it before.
    pub fn listen(&self, event: &str, action: impl FnMut(Js) + 'static) {
        let mut action = action;
        let listener = Js::function(move |event| {
            action(event);
            Js::default()
        });
        self.call("addEventListener", &[&Js::text(event), &listener, &Js::flag(true)]);
    }
}

fn array(elements: &[&Js]) -> JsValue {
    let array = new_array();
    for (index, element) in elements.iter().enumerate() {
        let _ = reflect_set(&array, &decimal(index as u64), &element.0);
    }
    array
}

/// Runs something after so many milliseconds.
pub fn after(delay_ms: f64, action: impl FnOnce() + 'static) {
    let mut action = Some(action);
    let callback = Js::function(move |_| {
        if let Some(action) = action.take() {
            action();
        }
        Js::default()
    });
    Js::window().call("setTimeout", &[&callback, &Js::number(delay_ms)]);
}

/// A number in decimal digits, without the formatting machinery of `core`, which weighs more than the agent's rules.
pub fn decimal(mut number: u64) -> String {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    digits[at..].iter().map(|digit| *digit as char).collect()
}

/// The number at the start of a text; 0 when there is none.
pub fn leading_number(text: &str) -> u64 {
    text.bytes()
        .take_while(u8::is_ascii_digit)
        .fold(0, |number: u64, digit| number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')))
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
        Js::global(self.0).call("getItem", &[&Js::text(key)]).0.as_string().unwrap_or_default()
    }

    /// Writes a value; whether it can be read back.
    pub fn write(&self, key: &str, value: &str) -> bool {
        Js::global(self.0).call("setItem", &[&Js::text(key), &Js::text(value)]);
        self.read(key) == value
    }

    /// Forgets a key.
    pub fn remove(&self, key: &str) {
        Js::global(self.0).call("removeItem", &[&Js::text(key)]);
    }

    /// Every key.
    pub fn keys(&self) -> Vec<String> {
        let area = Js::global(self.0);
        let keys =
            (0..area.get_number("length") as u32).map(|index| area.call("key", &[&Js::number(f64::from(index))]));
        keys.filter_map(|key| key.0.as_string()).collect()
    }
}
