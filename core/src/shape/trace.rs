//! The tracer: run a type's `Deserialize` on samples until every field and variant was asked for.
//!
//! Each pass builds one value. At an enum it takes a variant nobody looked into yet; a sample that was refused is
//! replaced by the next in the following pass. A type met inside itself gets the shortest value there is: an empty
//! sequence, `None`, the variant that was finished first.

use std::any::TypeId;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::de::DeserializeOwned;

use super::questions::Questions;
use super::{Coverage, Kind, Leaf, Node, NodeId};
use crate::beside;

/// Passes without anything new before a type is given up.
const IDLE_PASSES: usize = 160;
/// Questions answered before a type is given up: wide types that nest widely grow exponentially.
const MAX_QUESTIONS: usize = 1 << 20;
/// How deep types may nest; what walks a shape recurses as deep.
const MAX_DEPTH: usize = 128;
/// The longest fixed-size array or tuple that is followed.
const MAX_ARITY: usize = 1 << 16;

pub(super) struct Traced {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
    pub(super) coverage: Coverage,
}

pub(super) fn trace<T: DeserializeOwned>() -> Traced {
    let mut tracer = Tracer::new();
    loop {
        tracer.begin_pass();
        let answer = catch_unwind(AssertUnwindSafe(|| {
            let value = beside::tracing(|| T::deserialize(Questions::root(&mut tracer)));
            value.map(drop).map_err(|refusal| refusal.0)
        }));
        let answer = answer
            .unwrap_or_else(|_| Err(tracer.give_up("its Deserialize panics on a sample value")));
        if let Some(coverage) = tracer.after_pass(answer) {
            return Traced { nodes: tracer.nodes, root: tracer.root, coverage };
        }
    }
}

/// Where a question is asked: a child of a node. Samples that were refused are remembered by place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) parent: NodeId,
    pub(super) slot: u32,
}

/// The place of the type itself.
pub(super) const ROOT: Place = Place { parent: NodeId::MAX, slot: 0 };

/// Who asks: the compiler's identity of the visitor, which tells `G<u8>` from `G<u16>`, or a variant of an enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Asker {
    Visitor(TypeId),
    Variant(Place),
}

#[derive(Default)]
struct Sampling {
    index: usize,
    asked_in_pass: usize,
}

/// Which variants of an enum were built.
struct Variants {
    built: Vec<bool>,
    /// Could not be built yet without a value of a type that is under way.
    deferred: Vec<bool>,
    first_built: Option<u32>,
}

pub(super) struct Tracer {
    nodes: Vec<Node>,
    root: NodeId,
    ids: HashMap<(Asker, Kind), NodeId>,
    enums: HashMap<NodeId, Variants>,
    samplings: HashMap<Place, Sampling>,
    self_describing: bool,
    questions: usize,
    idle: usize,
    stop: Option<String>,
    pass: usize,
    progress: bool,
    /// Per node: an enum reachable from it has variants to see.
    pending: Vec<bool>,
    asked: Vec<(Place, usize)>,
    open: Vec<NodeId>,
    picks: Vec<(NodeId, u32)>,
}

/// How far the stacks reached when a node was entered.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    open: usize,
    picks: usize,
}

impl Tracer {
    fn new() -> Self {
        let leaf = |leaf: &Leaf| Node { kind: Kind::Leaf(*leaf), children: Vec::new() };
        Self {
            nodes: Leaf::ALL.iter().map(leaf).collect(),
            root: Leaf::Unseen.id(),
            ids: HashMap::new(),
            enums: HashMap::new(),
            samplings: HashMap::new(),
            self_describing: false,
            questions: 0,
            idle: 0,
            stop: None,
            pass: 0,
            progress: false,
            pending: Vec::new(),
            asked: Vec::new(),
            open: Vec::new(),
            picks: Vec::new(),
        }
    }

    fn begin_pass(&mut self) {
        self.pass += 1;
        self.progress = false;
        self.asked.clear();
        self.open.clear();
        self.picks.clear();
        self.pending = self.reaches_unfinished_enum();
    }

    /// Decides whether that was all.
    fn after_pass(&mut self, answer: Result<(), String>) -> Option<Coverage> {
        let complete = self.is_complete();
        let why = if let Some(why) = &self.stop {
            why.clone()
        } else if complete {
            String::new()
        } else if self.progress {
            self.idle = 0;
            return None;
        } else {
            self.idle += 1;
            match answer {
                Err(_) if self.next_sample() && self.idle < IDLE_PASSES => return None,
                Ok(()) if self.pending.contains(&true) && self.idle < IDLE_PASSES => return None,
                Err(why) => format!("it refused every sample value: {why}"),
                Ok(()) => "it did not ask for all of its fields or variants".to_owned(),
            }
        };
        Some(if self.self_describing {
            Coverage::SelfDescribing
        } else if complete {
            Coverage::Whole
        } else {
            Coverage::Opaque(why)
        })
    }

    /// The last sample is the likeliest cause of a refusal: take its next one, as on an odometer.
    fn next_sample(&mut self) -> bool {
        for (place, samples) in self.asked.iter().rev() {
            let sampling = self.samplings.entry(*place).or_default();
            sampling.index += 1;
            if sampling.index < *samples {
                return true;
            }
            sampling.index = 0;
        }
        false
    }

    /// Whether every place below the root was asked for and every variant built.
    fn is_complete(&self) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut todo = vec![self.root];
        while let Some(id) = todo.pop() {
            if id == Leaf::Unseen.id() || self.enums.get(&id).is_some_and(Variants::unfinished) {
                return false;
            }
            if !std::mem::replace(&mut seen[id as usize], true) {
                todo.extend(&self.nodes[id as usize].children);
            }
        }
        true
    }

    fn reaches_unfinished_enum(&self) -> Vec<bool> {
        let mut pending: Vec<bool> = (0..self.nodes.len() as NodeId)
            .map(|id| self.enums.get(&id).is_some_and(Variants::unfinished))
            .collect();
        let mut grew = self.enums.values().any(Variants::unfinished);
        while grew {
            grew = false;
            for (id, node) in self.nodes.iter().enumerate() {
                if !pending[id] && node.children.iter().any(|child| pending[*child as usize]) {
                    pending[id] = true;
                    grew = true;
                }
            }
        }
        pending
    }

    /// Ends the tracing after this pass.
    pub(super) fn give_up(&mut self, why: &str) -> String {
        self.stop.get_or_insert_with(|| why.to_owned()).clone()
    }

    fn link(&mut self, place: Place, id: NodeId) -> Result<(), String> {
        self.questions += 1;
        if self.questions > MAX_QUESTIONS {
            return Err(self.give_up("it is too large to follow"));
        }
        let child = match place {
            ROOT => &mut self.root,
            _ => &mut self.nodes[place.parent as usize].children[place.slot as usize],
        };
        if *child == Leaf::Unseen.id() {
            *child = id;
            self.progress = true;
        } else if *child != id {
            return Err(self.give_up("what it asks for depends on the data"));
        }
        Ok(())
    }

    /// A leaf is asked for at `place`: which of so many samples to give.
    pub(super) fn leaf(
        &mut self,
        place: Place,
        leaf: Leaf,
        samples: usize,
    ) -> Result<usize, String> {
        self.link(place, leaf.id())?;
        self.self_describing |= leaf == Leaf::Any;
        Ok(self.sample(place, samples))
    }

    pub(super) fn sample(&mut self, place: Place, samples: usize) -> usize {
        let sampling = self.samplings.entry(place).or_default();
        if sampling.asked_in_pass != self.pass {
            sampling.asked_in_pass = self.pass;
            self.asked.push((place, samples));
        }
        sampling.index
    }

    /// Something with places inside is asked for.
    pub(super) fn enter(
        &mut self,
        place: Place,
        asker: Asker,
        kind: Kind,
    ) -> Result<(NodeId, Mark), String> {
        let mark = Mark { open: self.open.len(), picks: self.picks.len() };
        if mark.open >= MAX_DEPTH || kind.arity() > MAX_ARITY {
            return Err(self.give_up("it is too large to follow"));
        }
        let next = self.nodes.len() as NodeId;
        let id = *self.ids.entry((asker, kind)).or_insert(next);
        if id == next {
            self.nodes.push(Node { kind, children: vec![Leaf::Unseen.id(); kind.arity()] });
        }
        self.link(place, id)?;
        self.open.push(id);
        Ok((id, mark))
    }

    /// Also after a refusal: a `Deserialize` may go on where a part of it failed.
    pub(super) fn leave(&mut self, mark: Mark) {
        self.open.truncate(mark.open);
        self.picks.truncate(mark.picks);
    }

    /// Whether the node just entered is inside itself.
    pub(super) fn is_recursion(&self) -> bool {
        self.open.split_last().is_some_and(|(id, outer)| outer.contains(id))
    }

    /// The variant to build of the enum just entered.
    pub(super) fn pick(&mut self, id: NodeId, variants: usize) -> Result<u32, String> {
        let state = self.enums.entry(id).or_insert_with(|| Variants::new(variants));
        let around = self.picks.iter().filter(|(outer, _)| *outer == id).count();
        let pick = match (around, state.first_built) {
            (0, first) => state.unseen().or_else(|| {
                let bodies = &self.nodes[id as usize].children;
                let leads_on = |i: &u32| {
                    let body = bodies[*i as usize] as usize;
                    state.built[*i as usize] && self.pending.get(body).is_some_and(|p| *p)
                };
                let leading: Vec<u32> = (0..variants as u32).filter(leads_on).collect();
                leading.get(self.pass % leading.len().max(1)).copied().or(first)
            }),
            (_, Some(first)) => Some(first),
            // Round once more: a sequence on the way is empty then.
            (1, None) => self.picks.iter().rfind(|(outer, _)| *outer == id).map(|(_, pick)| *pick),
            (_, None) => None,
        };
        let Some(pick) = pick else {
            if let Some((outer, pick)) = self.picks.last()
                && let Some(state) = self.enums.get_mut(outer)
            {
                self.progress |= !std::mem::replace(&mut state.deferred[*pick as usize], true);
            }
            return Err("no value of it is finite".to_owned());
        };
        self.picks.push((id, pick));
        Ok(pick)
    }

    /// The variant was built to its end.
    pub(super) fn built(&mut self, id: NodeId, pick: u32) {
        let Some(state) = self.enums.get_mut(&id) else { return };
        if std::mem::replace(&mut state.built[pick as usize], true) {
            return;
        }
        state.first_built.get_or_insert(pick);
        self.progress = true;
        self.enums.values_mut().for_each(|state| state.deferred.fill(false));
    }
}

impl Variants {
    fn new(count: usize) -> Self {
        Self { built: vec![false; count], deferred: vec![false; count], first_built: None }
    }

    fn unfinished(&self) -> bool {
        self.built.contains(&false)
    }

    fn unseen(&self) -> Option<u32> {
        let open = |i: &usize| !self.built[*i] && !self.deferred[*i];
        (0..self.built.len()).find(open).map(|i| i as u32)
    }
}
