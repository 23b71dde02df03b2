//! Moves between registers that happen all at once.

use super::Moves;
use crate::reg::{Kind, Reg, RegSet};

#[derive(Clone, Copy, Debug)]
struct Move {
    dst: Reg,
    src: Reg,
    kind: Kind,
}

/// A set of moves, each register the target of at most one.
#[derive(Clone, Debug, Default)]
pub(super) struct ParallelMoves {
    moves: Vec<Move>,
}

impl ParallelMoves {
    pub(super) fn clear(&mut self) {
        self.moves.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.moves.is_empty()
    }

    /// Adds `dst <- src`.
    pub(super) fn push(&mut self, dst: Reg, src: Reg, kind: Kind) {
        if dst != src {
            self.moves.push(Move { dst, src, kind });
        }
    }

    /// Emits the moves, in an order in which none overwrites what another still reads. Where each of them does, they
    /// form cycles, and a swap shortens one.
    pub(super) fn emit(&mut self, m: &mut impl Moves) {
        while !self.moves.is_empty() {
            let mut read = RegSet::EMPTY;
            for mv in &self.moves {
                read.insert(mv.src);
            }
            let before = self.moves.len();
            self.moves.retain(|mv| {
                let blocked = read.contains(mv.dst);
                if !blocked {
                    m.mov(mv.dst, mv.src, mv.kind);
                }
                blocked
            });
            if self.moves.len() == before
                && let Some(Move { dst, src, .. }) = self.moves.pop()
            {
                m.swap(dst, src);
                for mv in &mut self.moves {
                    mv.src = if mv.src == dst { src } else { mv.src };
                }
                self.moves.retain(|mv| mv.dst != mv.src);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Home;

    /// Registers as numbers.
    struct Machine([u8; Reg::COUNT]);

    impl Moves for Machine {
        fn load(&mut self, _: Reg, _: Home, _: Kind) {}
        fn store(&mut self, _: Home, _: Reg, _: Kind) {}
        fn mov(&mut self, dst: Reg, src: Reg, _: Kind) {
            self.0[usize::from(dst.index())] = self.0[usize::from(src.index())];
        }
        fn swap(&mut self, a: Reg, b: Reg) {
            self.0.swap(usize::from(a.index()), usize::from(b.index()));
        }
        fn constant(&mut self, _: Reg, _: u64, _: Kind) {}
        fn copy_home(&mut self, _: Home, _: Home) {}
    }

    #[test]
    fn moves_happen_at_once() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..5000 {
            let mut machine = Machine(std::array::from_fn(|i| i as u8));
            let mut expected = machine.0;
            let mut moves = ParallelMoves::default();
            let mut targets: Vec<u8> = (0..12).collect();
            rng.shuffle(&mut targets);
            // Permutations as often as not.
            let permute = rng.bool();
            let mut sources = targets.clone();
            rng.shuffle(&mut sources);
            for (dst, src) in targets.iter().zip(&sources).take(rng.usize(..13)) {
                let src = if permute { *src } else { rng.u8(..12) };
                moves.push(Reg::int(*dst), Reg::int(src), Kind::I64);
                expected[usize::from(*dst)] = src;
            }
            moves.emit(&mut machine);
            assert_eq!(machine.0, expected);
        }
    }
}
