use super::*;
use crate::plan::Store;

fn evidence(weather: Weather, lanes: &[(usize, usize, &str)]) -> Evidence {
    let lanes = lanes.iter().map(|(slot, lane, text)| Lane {
        slot: *slot,
        lane: *lane,
        events: (1..).zip(text.split(", ").map(|line| line.parse().unwrap())).collect(),
    });
    let plan = Plan { seed: 1, store: Store::Local, weather, sabotage: None };
    Evidence { plan, lanes: lanes.collect(), kills: Vec::new(), damages: Vec::new() }
}

/// What is charged in the own lane of one process.
fn charges(weather: Weather, text: &str) -> Vec<Charge> {
    let tally = evidence(weather, &[(0, 0, text)]).judge();
    tally.charges.into_iter().map(|(charge, _)| charge).collect()
}

#[test]
fn an_older_value_is_wrong_and_no_value_is_lost() {
    let twice = "begin o.0.0.1 1, kept o.0.0.1 1, begin o.0.0.1 2, kept o.0.0.1 2";
    assert_eq!(charges(Weather::Calm, &format!("{twice}, got o.0.0.1 2")), []);
    assert_eq!(charges(Weather::Calm, &format!("{twice}, got o.0.0.1 1")), [Charge::Wrong]);
    assert_eq!(charges(Weather::Calm, &format!("{twice}, got o.0.0.1 3")), [Charge::Wrong; 2]);
    assert_eq!(charges(Weather::Calm, &format!("{twice}, nothing o.0.0.1")), [Charge::Lost]);
    assert_eq!(charges(Weather::Calm, &format!("{twice}, copy o.0.0.1 1")), [Charge::Wrong]);
    assert_eq!(charges(Weather::Calm, &format!("{twice}, copy o.0.0.1")), [Charge::Lost]);
    assert_eq!(charges(Weather::Evicting, &format!("{twice}, nothing o.0.0.1")), []);
}

#[test]
fn what_is_from_the_future_is_missing_until_it_is_not() {
    let twice = "begin o.0.0.1 1, kept o.0.0.1 1, begin o.0.0.1 2, kept o.0.0.1 2, nothing o.0.0.1";
    assert_eq!(charges(Weather::Jumping, &format!("{twice}, got o.0.0.1 2")), []);
    assert_eq!(charges(Weather::Jumping, &format!("{twice}, got o.0.0.1 1")), [Charge::Wrong]);
}

#[test]
fn what_was_removed_stays_away() {
    let gone = "begin o.0.0.1 1, kept o.0.0.1 1, dropping o.0.0.1, dropped o.0.0.1";
    assert_eq!(charges(Weather::Calm, &format!("{gone}, nothing o.0.0.1")), []);
    assert_eq!(charges(Weather::Calm, &format!("{gone}, got o.0.0.1 1")), [Charge::Wrong]);
}

#[test]
fn a_killed_put_may_have_happened_or_not_but_not_both() {
    let killed = "begin o.0.0.1 1, kept o.0.0.1 1, begin o.0.0.1 2, start false";
    for generation in [1, 2] {
        let look = format!("{killed}, got o.0.0.1 {generation}");
        assert_eq!(charges(Weather::Calm, &look), []);
        let other = 3 - generation;
        assert_eq!(
            charges(Weather::Calm, &format!("{look}, got o.0.0.1 {other}")),
            [Charge::Wrong]
        );
    }
    assert_eq!(charges(Weather::Calm, &format!("{killed}, nothing o.0.0.1")), [Charge::Lost]);
}

#[test]
fn only_the_damaged_key_may_be_missing() {
    let text = "begin o.0.0.1 1, kept o.0.0.1 1, nothing o.0.0.1";
    let mut evidence = evidence(Weather::Damaging, &[(0, 0, text)]);
    assert_eq!(evidence.judge().count(Charge::Lost), 1);
    evidence.damages.push(Damage { key: "o.0.0.1".into(), from: 2, to: 3 });
    assert_eq!(evidence.judge().count(Charge::Lost), 0);
}

#[test]
fn two_at_one_key_are_duplicates_unless_one_was_killed_or_gave_up_waiting() {
    let shared =
        |key: &str| format!("start false, begin {key} 1, end x 9, end x 9, end x 9, end {key} 1");
    let other = "start false, ask s.0.1, end x 9, begin s.0.1 2, end s.0.1 2".to_owned();
    let lanes = |first: &str| evidence(Weather::Calm, &[(0, 1, first), (1, 1, &other)]);
    assert_eq!(lanes(&shared("s.0.1")).judge().count(Charge::Duplicate), 1);
    assert_eq!(lanes(&shared("s.0.2")).judge().count(Charge::Duplicate), 0);
    let mut killed = lanes("start false, begin s.0.1 1");
    assert_eq!(killed.judge().count(Charge::Duplicate), 1, "it holds its lease for good");
    killed.kills.push((0, 3));
    assert_eq!(killed.judge().count(Charge::Duplicate), 0);
    let mut patient = lanes(&shared("s.0.1"));
    for (time, _) in patient.lanes.iter_mut().flat_map(|lane| &mut lane.events) {
        *time *= 1_000_000_000;
    }
    assert_eq!(patient.judge().count(Charge::Duplicate), 1);
    patient.lanes[1].events[0].1 = Event::Start { gives_up: true };
    let tally = patient.judge();
    assert_eq!((tally.count(Charge::Duplicate), tally.impatient), (0, 1));
}

#[test]
fn who_waited_for_one_that_failed_computes_alone() {
    let failed = "start false, ask s.0.1, begin s.0.1 1, end s.0.1 1, failed s.0.1 no room";
    let waited = "start false, ask s.0.1, end x 9, end x 9, end x 9, begin s.0.1 2, end s.0.1 2";
    let both = "start false, ask s.0.1, end x 9, end x 9, end x 9, begin s.0.1 3, end s.0.1 3";
    let lanes =
        |first: &str| evidence(Weather::Full, &[(0, 1, first), (1, 1, waited), (2, 1, both)]);
    let tally = lanes(failed).judge();
    assert_eq!((tally.count(Charge::Duplicate), tally.released), (0, 2));
    let kept = lanes(&failed.replace("failed s.0.1 no room", "kept s.0.1 1")).judge();
    assert_eq!((kept.count(Charge::Duplicate), kept.released), (1, 0));
}

#[test]
fn what_was_kept_for_all_is_not_computed_again() {
    let text = "start false, ask s.0.1, begin s.0.1 1, end s.0.1 1, kept s.0.1 1, ask s.0.1";
    let again = format!("{text}, begin s.0.1 2, end s.0.1 2");
    assert_eq!(charges(Weather::Calm, &again), [Charge::Lost]);
    assert_eq!(charges(Weather::Evicting, &again), []);
    assert_eq!(charges(Weather::Calm, &format!("{text}, nothing s.0.1")), [Charge::Lost]);
}

#[test]
fn errors_need_a_reason() {
    assert_eq!(charges(Weather::Calm, "failed o.0.0.1 no room"), [Charge::Trouble]);
    assert_eq!(charges(Weather::Full, "failed o.0.0.1 no room"), []);
}
