//! What comes back.

use std::fmt;
use std::sync::Mutex;

use larder::parallel::TaskErrorKind;
use larder::{Array, Parallel, task};
use serde::{Deserialize, Serialize};

use crate::{Elsewhere, across, refused};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Refusal {
    TooLarge { limit: u32 },
    Odd,
}

#[task]
fn half(n: u32, limit: u32) -> Result<Vec<u32>, Refusal> {
    match n {
        _ if n > limit => Err(Refusal::TooLarge { limit }),
        _ if n % 2 == 1 => Err(Refusal::Odd),
        _ => Ok(vec![n / 2; 2000]),
    }
}

#[test]
fn an_error_of_the_function_comes_back_typed() {
    assert_eq!(across(half::delayed(8, 10)), Ok(vec![4; 2000]));
    assert_eq!(across(half::delayed(11, 10)), Err(Refusal::TooLarge { limit: 10 }));
    assert_eq!(across(half::delayed(3, 10)), Err(Refusal::Odd));
}

#[derive(Debug)]
struct Plain(#[expect(dead_code, reason = "shown by Debug")] u8);

#[task]
fn plain_error(fails: bool) -> Result<u8, Plain> {
    if fails { Err(Plain(9)) } else { Ok(1) }
}

#[task]
fn boxed_error(fails: bool) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    if fails { Err("it did not work".into()) } else { Ok(()) }
}

#[task]
fn static_error(fails: bool) -> std::result::Result<u8, &'static str> {
    if fails { Err("no") } else { Ok(2) }
}

#[test]
fn an_error_without_serde_comes_back_as_text() {
    assert_eq!(across(plain_error::delayed(false)).unwrap(), 1);
    let error = refused(plain_error::delayed(true));
    assert!(error.message().contains("Plain(9)") && error.message().contains("serde"), "{error}");
    assert!(plain_error::delayed(true).call().is_err());
    assert_eq!(across(static_error::delayed(false)), Ok(2));
    assert!(refused(static_error::delayed(true)).message().contains("\"no\""));
    assert!(across(boxed_error::delayed(false)).is_ok());
    assert!(refused(boxed_error::delayed(true)).message().contains("it did not work"));
}

struct Opaque;

impl fmt::Debug for Opaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opaque")
    }
}

static RAN: Mutex<u32> = Mutex::new(0);

#[task]
fn opaque() -> Opaque {
    *RAN.lock().unwrap() += 1;
    Opaque
}

#[task]
fn label() -> &'static str {
    "label"
}

#[test]
fn a_result_without_serde_is_refused_before_the_function_runs() {
    let error = refused(opaque::delayed());
    assert!(
        error.message().contains("the result `tasks::results::Opaque` cannot come back"),
        "{error}"
    );
    assert_eq!(*RAN.lock().unwrap(), 0);
    let here = Parallel::new().run([opaque::delayed(), opaque::delayed()]).unwrap();
    assert_eq!((here.len(), *RAN.lock().unwrap()), (2, 2));
    assert_eq!(label::delayed().call(), "label");
    assert!(refused(label::delayed()).message().contains("&str"));
}

#[task]
fn not_a_number() -> serde_json::Value {
    serde_json::Value::Null
}

#[task]
fn array(len: usize) -> (Array<f64>, String) {
    ((0..len).map(|i| i as f64).collect(), "beside".into())
}

#[test]
fn results_cross_by_the_rule_of_stored_values() {
    assert_eq!(across(not_a_number::delayed()), serde_json::Value::Null);
    assert_eq!(across(array::delayed(2000)), array(2000));
}

#[task]
fn breaks(n: u8) -> u8 {
    6 / n
}

#[test]
fn errors_name_the_function_and_its_arguments() {
    let each = Parallel::new().run_each((0..3).map(breaks::delayed)).unwrap();
    let error = each[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), TaskErrorKind::Panicked);
    assert_eq!(error.task().function, "larder::tasks::results::breaks");
    assert!(error.to_string().contains("larder::tasks::results::breaks(n = 0)"), "{error}");
    assert_eq!(*each[2].as_ref().unwrap(), 3);
    let there = Parallel::new().backend(Elsewhere).run((1..4).map(breaks::delayed)).unwrap();
    assert_eq!(there, [6, 3, 2]);
}
