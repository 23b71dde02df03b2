//! Heap references and garbage collection.

use super::Store;
use crate::error::Error;
use crate::runtime::heap::RootMark;
use crate::runtime::vm::RawFrame;
use crate::types::{HeapType, ValType};
use std::any::Any;
use std::sync::Arc;

impl Store {
    /// A reference to a host value. It is rooted: no collection frees it until an enclosing
    /// [`Store::release_roots`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit) if the heap is full.
    pub fn externref_new(&mut self, value: Arc<dyn Any + Send + Sync>) -> Result<u64, Error> {
        if self.heap.is_due() {
            self.collect_garbage();
        }
        let reference = self.heap.insert(value)?;
        self.runtime.roots = self.heap.roots();
        Ok(reference)
    }

    /// The host value that a reference refers to; `None` if it is null or not a reference of this store.
    pub fn externref_get(&self, raw: u64) -> Option<Arc<dyn Any + Send + Sync>> {
        self.heap.get(raw).cloned()
    }

    /// Marks which references are rooted now. The host takes a mark before it makes references for arguments or
    /// results, and releases it when they are where a collection finds them: in a frame, a global or a table.
    #[inline]
    pub fn root_mark(&self) -> RootMark {
        RootMark::at(self.runtime.roots)
    }

    /// Unroots the references that were made since `mark` was taken.
    #[inline]
    pub fn release_roots(&mut self, mark: RootMark) {
        if mark != self.root_mark() {
            self.unroot(mark);
        }
    }

    fn unroot(&mut self, mark: RootMark) {
        self.heap.release_roots(mark);
        self.runtime.roots = self.heap.roots();
    }

    /// Roots a reference that the host got from a guest.
    pub(in crate::runtime) fn root(&mut self, raw: u64) {
        self.heap.root(raw);
        self.runtime.roots = self.heap.roots();
    }

    /// Number of host values that references refer to, those that the next collection would free included.
    pub fn live_externrefs(&self) -> usize {
        self.heap.live()
    }

    /// Frees the host values that no guest can reach any more.
    pub fn collect_garbage(&mut self) {
        let mut heap = std::mem::replace(&mut self.heap, crate::runtime::heap::Heap::new());
        heap.begin_marking();
        for instance in self.instances() {
            for table in &instance.tables {
                table.slots().into_iter().flatten().for_each(|raw| heap.mark(*raw));
            }
            for (index, ty) in (0..).zip(&instance.module.globals) {
                if matches!(ty.content, ValType::Ref(r) if r.heap == HeapType::Extern)
                    && let Some([raw, _]) = instance.global_value(index)
                {
                    heap.mark(raw);
                }
            }
        }
        let mut mark = |frame: &RawFrame| {
            for i in 0..frame.refs_len {
                // SAFETY: the engine says that these are the frame's reference slots, and its guest is stopped.
                heap.mark(unsafe { *frame.refs.add(i) });
            }
            true
        };
        self.for_each_frame(&mut mark);
        self.suspended.for_each_frame(|_, _, frame| {
            mark(frame);
        });
        let dead = heap.sweep();
        self.heap = heap;
        // The host's own code: the store is in order before it runs.
        drop(dead);
    }

    /// Calls `visit` for each guest frame of the innermost call in progress, innermost first, until it returns `false`.
    pub(in crate::runtime) fn for_each_frame_of_innermost(&self, mut visit: impl FnMut(&RawFrame) -> bool) {
        // SAFETY: as in `for_each_frame`.
        if let Some(current) = unsafe { self.runtime.activation.as_ref() } {
            // SAFETY: as above; `state` belongs to `walk`.
            unsafe { (current.walk)(current.state, &mut visit) };
        }
    }

    /// Calls `visit` for each guest frame of all calls in progress, innermost first, until it returns `false`.
    pub(in crate::runtime) fn for_each_frame(&self, mut visit: impl FnMut(&RawFrame) -> bool) {
        let mut go_on = true;
        let mut activation = self.runtime.activation;
        // SAFETY: the engine links the calls in progress, which outlive this borrow of the store, and the guest is
        // stopped, as somebody else has the store.
        while let Some(current) = unsafe { activation.as_ref() }
            && go_on
        {
            let mut visitor = |frame: &RawFrame| {
                go_on = visit(frame);
                go_on
            };
            // SAFETY: as above; `state` belongs to `walk`.
            unsafe { (current.walk)(current.state, &mut visitor) };
            activation = current.outer;
        }
    }
}
