//! What of a batch is still to be done.

/// Tasks by their numbers in the batch, in pieces that are sent together.
#[derive(Debug)]
pub(crate) struct Left {
    /// The next one last.
    pieces: Vec<Vec<usize>>,
}

impl Left {
    pub(crate) fn all(tasks: usize) -> Self {
        Self { pieces: vec![(0..tasks).collect()] }
    }

    pub(crate) fn next_piece(&mut self) -> Option<Vec<usize>> {
        self.pieces.pop()
    }

    /// These are to be sent, before all that is left.
    pub(crate) fn put_back(&mut self, tasks: &[usize]) {
        if !tasks.is_empty() {
            self.pieces.push(tasks.to_vec());
        }
    }

    /// As [`put_back`](Self::put_back), alone and after all that is left: it took a worker with it.
    pub(crate) fn put_back_last(&mut self, task: usize) {
        self.pieces.insert(0, vec![task]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_blamed_waits_for_all_others() {
        let mut left = Left::all(4);
        assert_eq!(left.next_piece().unwrap(), [0, 1, 2, 3]);
        left.put_back_last(1);
        left.put_back(&[2, 3]);
        left.put_back(&[0]);
        left.put_back(&[]);
        let pieces: Vec<_> = std::iter::from_fn(|| left.next_piece()).collect();
        assert_eq!(pieces, [vec![0], vec![2, 3], vec![1]]);
    }
}
