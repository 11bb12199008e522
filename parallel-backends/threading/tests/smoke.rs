use larder_core::{Parallel, delayed};
use larder_threading::Threading;
#[test]
fn smoke() {
    let p = Parallel::new().backend(Threading).n_jobs(2);
    let v: Vec<u64> = (0..20000).collect();
    let r = p.run(v.iter().map(|x| delayed(move || x + 1))).unwrap();
    assert!(r.iter().enumerate().all(|(i, r)| *r == i as u64 + 1));
    let r: Result<Vec<_>, _> = p.iter((0..20000u64).map(|x| delayed(move || x))).unwrap().collect();
    assert!(r.unwrap().is_sorted());
    let mut got: Vec<_> = p.iter_unordered((0..20000u64).map(|x| delayed(move || x))).unwrap().map(|(i, r)| { assert_eq!(i as u64, r.unwrap()); i }).collect();
    got.sort();
    assert_eq!(got.len(), 20000);
    let e = p.run((0..1000).map(|i| delayed(move || if i == 500 { panic!("no {i}") }))).unwrap_err();
    println!("{e}\n{:?}", e.task().unwrap());
    let n = p.iter((0..).map(|x: u64| delayed(move || x))).unwrap().take(10).count();
    assert_eq!(n, 10);
}
