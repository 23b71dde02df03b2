//! Closing of instances, and when what they own goes away.
//!
//! An edge from X to Y says that X retains Y: X imports from Y, or could hold a reference to one of Y's functions. An
//! instance goes away once it is closed, it has no frame on a stack, and no instance that is open or has a frame
//! reaches it. Stacks are those of calls in progress and of suspended calls. To find that out, `release` looks at what
//! retains the instance, directly and indirectly; for one that nothing retains that is no work at all, and for others it
//! ends at the first open one.

use super::suspend::Frames;
use super::{InstanceId, Store};
use crate::error::Error;
use crate::runtime::instance::{Instance, State};
use crate::runtime::owned::Owned;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Where a frame is.
#[derive(Clone)]
enum Stack {
    /// Of a call in progress.
    Active,
    /// Of a suspended call: the [`Frames`] and their [`changes`](Frames::changes).
    Suspended(Arc<Frames>, u64),
}

/// A closed instance that could not be freed.
pub(super) struct Closing {
    slot: u32,
    /// A suspended call that retains it, as it was then: unless that changes, there is no need to look again.
    witness: Option<(Arc<Frames>, u64)>,
}

impl Closing {
    fn new(slot: u32) -> Closing {
        Closing { slot, witness: None }
    }

    /// Whether it might be freed by now.
    pub(super) fn is_due(&self) -> bool {
        self.witness.as_ref().is_none_or(|(frames, changes)| frames.changes() != *changes)
    }
}

/// What retains a closed instance.
enum Retained {
    /// An open instance. When that is closed, this one is looked at again.
    ByOpen,
    /// A frame on a stack: nothing looks at the instance again, except when calls end.
    ByFrame(Stack),
    /// Nothing, and nothing retains these others, which reach it, either.
    No(Vec<u32>),
}

impl Store {
    /// Closes an instance. Its names and its host state go, and its handles are invalid, at once; the rest goes when
    /// nothing needs it any more. Frames of it that are on a stack go on running,
    /// until they look at the interrupt word if they do. [`Store::exit_code`] tells the exit
    /// code for as long as no other instance in the same slot is closed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed) if it is closed already.
    pub fn close(&mut self, id: InstanceId, exit_code: u32) -> Result<(), Error> {
        let instance = self.instance_mut(id)?;
        instance.state = State::Closed;
        let host_state = instance.host_state.take();
        for name in instance.names.clone() {
            self.names.remove(&name);
        }
        if let Some(slot) = self.slots.get_mut(id.index() as usize) {
            slot.closed = Some((id.generation(), exit_code));
        }
        self.closing.push(Closing::new(id.index()));
        self.end_calls_of_closed();
        self.release();
        // The host's own code: the store is in order before it runs.
        drop(host_state);
        Ok(())
    }

    /// The exit code that an instance was closed with; `None` if it is open, or was closed too long ago.
    pub fn exit_code(&self, id: InstanceId) -> Option<u32> {
        let (generation, exit_code) = self.slots.get(id.index() as usize)?.closed?;
        (generation == id.generation()).then_some(exit_code)
    }

    /// Closes every open instance.
    pub fn close_all(&mut self, exit_code: u32) {
        let open: Vec<InstanceId> =
            self.instances().filter(|i| i.state == State::Open).map(|i| i.id).collect();
        for id in open {
            // Dropping an instance's host state cannot have closed another one, so this one is open.
            let _ = self.close(id, exit_code);
        }
    }

    /// Says that `x` and `y`, slots of instances, may hold references to each other's functions.
    pub(in crate::runtime) fn link(&mut self, x: u32, y: u32) {
        self.retain(x, y);
        self.retain(y, x);
    }

    /// Adds an edge between slots of instances.
    pub(super) fn retain(&mut self, from: u32, to: u32) {
        if from == to {
            return;
        }
        if let Some(instance) = self.slot_mut(from)
            && instance.retains.insert(to)
            && let Some(instance) = self.slot_mut(to)
        {
            instance.retained_by.insert(from);
        }
    }

    /// Removes an instance that nobody else has seen, and whose edges from others therefore say nothing.
    pub(super) fn discard(&mut self, id: InstanceId) {
        let Some(instance) = self.slot_mut(id.index()) else { return };
        instance.state = State::Closed;
        let retained_by = std::mem::take(&mut instance.retained_by);
        for other in retained_by {
            if let Some(other) = self.slot_mut(other) {
                other.retains.remove(&id.index());
            }
        }
        self.closing.push(Closing::new(id.index()));
        self.release();
    }

    /// Frees the closed instances that wait for it and that nothing retains.
    pub(super) fn release(&mut self) {
        let framed = self.framed();
        let mut waiting = Vec::new();
        let mut dead = Vec::new();
        let mut work: Vec<u32> = self.closing.drain(..).map(|closing| closing.slot).collect();
        while let Some(slot) = work.pop() {
            if !self.slot(slot).is_some_and(|instance| instance.state == State::Closed) {
                continue;
            }
            match self.retained(slot, &framed) {
                Retained::ByOpen => {}
                Retained::ByFrame(stack) => {
                    let witness = match stack {
                        Stack::Active => None,
                        Stack::Suspended(frames, changes) => Some((frames, changes)),
                    };
                    waiting.push(Closing { slot, witness });
                }
                Retained::No(group) => {
                    dead.extend(group.into_iter().filter_map(|slot| self.free(slot, &mut work)));
                }
            }
        }
        waiting.sort_unstable_by_key(|closing| closing.slot);
        waiting.dedup_by_key(|closing| closing.slot);
        self.closing.append(&mut waiting);
        // Host functions and their captured values are the host's own code: the store is in order before it runs.
        drop(dead);
    }

    /// What retains the closed instance in `slot`.
    fn retained(&self, slot: u32, framed: &HashMap<u32, Stack>) -> Retained {
        let mut by_frame: Option<&Stack> = None;
        let mut group = vec![slot];
        let mut seen = HashSet::new();
        let mut next = 0;
        while let Some(&member) = group.get(next) {
            next += 1;
            if !matches!(by_frame, Some(Stack::Suspended(..))) {
                by_frame = framed.get(&member).or(by_frame);
            }
            let Some(instance) = self.slot(member) else { continue };
            for other in &instance.retained_by {
                match self.slot(*other) {
                    Some(other) if other.state == State::Open => return Retained::ByOpen,
                    _ if *other != slot && seen.insert(*other) => group.push(*other),
                    _ => {}
                }
            }
        }
        match by_frame {
            Some(stack) => Retained::ByFrame(stack.clone()),
            None => Retained::No(group),
        }
    }

    /// Takes the instance out of slot `index`, and adds those that it retained to `work`.
    fn free(&mut self, index: u32, work: &mut Vec<u32>) -> Option<Owned<Instance>> {
        let slot = self.slots.get_mut(index as usize)?;
        let instance = slot.instance.take()?;
        if let Some(generation) = slot.generation.checked_add(1) {
            slot.generation = generation;
            self.free_slots.push(index);
        }
        self.live -= 1;
        self.records.remove(&instance.block.record_addresses().start);
        for other in &instance.retains {
            if let Some(retained) = self.slot_mut(*other) {
                retained.retained_by.remove(&index);
                work.push(*other);
            }
        }
        for other in &instance.retained_by {
            if let Some(retainer) = self.slot_mut(*other) {
                retainer.retains.remove(&index);
            }
        }
        Some(instance)
    }

    /// The slots of the instances that have a frame on a stack, or a host function in progress. Where there is a choice, the
    /// stack is that of a suspended call.
    fn framed(&self) -> HashMap<u32, Stack> {
        let mut framed = HashMap::new();
        self.for_each_frame(|frame| {
            // SAFETY: the vmctx of a frame is that of an instance that has a frame, which is alive therefore.
            framed.insert(unsafe { (*frame.vmctx).header.slot() }, Stack::Active);
            true
        });
        let mut host_call = self.runtime.host_calls;
        // SAFETY: the records of host functions in progress are on the stack until these end, and the functions'
        // instances are alive because of them.
        while let Some(record) = unsafe { host_call.as_ref() } {
            // SAFETY: as above.
            framed.insert(unsafe { (*record.callee).header.slot() }, Stack::Active);
            host_call = record.outer;
        }
        self.suspended.for_each_frame(|frames, changes, frame| {
            // SAFETY: as for frames of calls in progress.
            let instance = unsafe { (*frame.vmctx).header.slot() };
            if !matches!(framed.get(&instance), Some(Stack::Suspended(..))) {
                framed.insert(instance, Stack::Suspended(frames.clone(), changes));
            }
        });
        framed
    }
}
