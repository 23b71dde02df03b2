//! The store: the owner of all runtime objects of one runtime.
//!
//! # Ownership
//!
//! Instances live in slots and own their memories, tables and globals; compiled code and other instances have raw
//! pointers to these. They stay valid because an instance goes away only when nothing that could hold such a pointer
//! is left (`close`). A handle ([`InstanceId`], [`Extern`]) names a slot and its generation and is checked at
//! each use.
//!
//! While a guest runs, the embedder's context, and with it the store, is lent to the engine, which does not touch it
//! except to hand it to host functions; compiled code reaches what it needs through its vmctx. When a host function
//! has the store, the guest is stopped. So no reference into the store is alive while a guest writes through its
//! pointers.

mod call;
mod close;
mod collect;
mod config;
mod imports;
mod instantiate;
mod items;
mod suspend;
mod types;

pub use call::{Callee, call, call_callee};
pub use config::{InstanceOptions, StoreConfig};
pub use suspend::{SuspendedCall, call_resumable, resume, resume_err};

use super::heap::Heap;
use super::instance::{Functions, Instance, State};
use super::owned::Owned;
use super::vm::{VmHeader, VmRuntime};
use crate::engine::{CallEngine, Engine};
use crate::error::Error;
use crate::module::{ExternIndex, Module};
use close::Closing;
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::num::{NonZeroU32, NonZeroU64};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use suspend::SuspendedCalls;
use types::TypeRegistry;

/// Tells stores apart, for the lifetime of the process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StoreId(NonZeroU64);

impl StoreId {
    fn fresh() -> StoreId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        StoreId(NonZeroU64::MIN.saturating_add(NEXT.fetch_add(1, Ordering::Relaxed)))
    }
}

/// Names a module instance of a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InstanceId(
    /// The generation, which is not 0, and in the upper half the slot. One number, as host functions get it in a register.
    NonZeroU64,
);

impl InstanceId {
    /// Slot of the instance in its store.
    pub fn index(self) -> u32 {
        (self.0.get() >> 32) as u32
    }

    /// How many instances have been in the slot, this one included.
    pub fn generation(self) -> u32 {
        self.0.get() as u32
    }

    /// The instance that a header names.
    #[inline]
    pub(super) fn of(header: &VmHeader) -> Option<InstanceId> {
        NonZeroU64::new(header.instance).map(InstanceId)
    }

    fn new(index: u32, generation: NonZeroU32) -> InstanceId {
        InstanceId(NonZeroU64::from(generation) | u64::from(index) << 32)
    }

    pub(super) fn as_number(self) -> u64 {
        self.0.get()
    }
}

/// Names an item of an instance: an index in one of its module's index spaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Extern {
    /// The instance.
    pub instance: InstanceId,
    /// The item.
    pub index: ExternIndex,
}

struct Slot {
    generation: NonZeroU32,
    instance: Option<Owned<Instance>>,
    /// Generation and exit code of the instance that was closed last.
    closed: Option<(u32, u32)>,
}

/// The owner of all runtime objects of one runtime.
pub struct Store {
    id: StoreId,
    pub(in crate::runtime) config: StoreConfig,
    engine: Arc<dyn Engine>,
    pub(in crate::runtime) runtime: Owned<VmRuntime>,
    pub(in crate::runtime) interrupt: Arc<AtomicU32>,
    /// Whether calls in progress have frames of instances that are closed, and are to end.
    pub(in crate::runtime) ending: bool,
    slots: Vec<Slot>,
    free_slots: Vec<u32>,
    /// Instances that exist, closed ones included.
    live: usize,
    names: HashMap<String, InstanceId>,
    types: TypeRegistry,
    /// Start of each instance's records of functions, with their end and the instance's slot.
    records: BTreeMap<usize, (usize, u32)>,
    heap: Heap,
    /// What the next call takes, and what calls in it take.
    idle: Option<Box<dyn CallEngine>>,
    more_idle: Vec<Box<dyn CallEngine>>,
    /// Slots of closed instances that had frames on a stack when they were closed.
    closing: Vec<Closing>,
    suspended: SuspendedCalls,
    /// Where on the host's stack the outermost call in progress began.
    entry_stack: usize,
}

// SAFETY: everything in a store is owned by it, and its parts are `Send`: engines' objects, host state and heap
// values by their traits; the raw pointers in instances, records and the runtime block point to other parts of the
// same store, which move to the other thread with it. A store is not moved while a call is in progress, because the
// call borrows it.
unsafe impl Send for Store {}

impl Store {
    /// An empty store that runs code with `engine`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if the configuration makes no sense.
    pub fn new(engine: Arc<dyn Engine>, config: StoreConfig) -> Result<Store, Error> {
        if config.max_memory_pages > StoreConfig::PAGES_LIMIT {
            return Err(Error::usage(format!(
                "a memory limit of {} pages: the most is {}",
                config.max_memory_pages,
                StoreConfig::PAGES_LIMIT
            )));
        }
        let interrupt = Arc::new(AtomicU32::new(0));
        let runtime = Owned::new(VmRuntime {
            fuel: 0,
            interrupt: Arc::as_ptr(&interrupt),
            activation: ptr::null_mut(),
            nesting: 0,
            reserved: 0,
            host_calls: ptr::null(),
            roots: 0,
            host_sp: 0,
            guest_sp: 0,
        });
        Ok(Store {
            id: StoreId::fresh(),
            config,
            engine,
            runtime,
            interrupt,
            ending: false,
            slots: Vec::new(),
            free_slots: Vec::new(),
            live: 0,
            names: HashMap::new(),
            types: TypeRegistry::new(),
            records: BTreeMap::new(),
            heap: Heap::new(),
            idle: None,
            more_idle: Vec::new(),
            closing: Vec::new(),
            suspended: SuspendedCalls::default(),
            entry_stack: 0,
        })
    }

    /// Which store this is.
    pub fn id(&self) -> StoreId {
        self.id
    }

    /// The engine.
    pub fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// Replaces the engine, before it has run anything: host functions are what may exist already.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if there are instances of guests, calls in progress, or host
    /// tables that may hold functions.
    pub fn set_engine(&mut self, engine: Arc<dyn Engine>) -> Result<(), Error> {
        let mut instances = self.slots.iter_mut().filter_map(|slot| slot.instance.as_deref_mut());
        let untouched = |instance: &mut Instance| {
            matches!(instance.functions, Functions::Host(..)) && instance.tables.is_empty()
        };
        if self.runtime.nesting > 0 || !instances.all(untouched) {
            return Err(Error::usage("the engine cannot change once there are instances"));
        }
        let entry = engine.host_entry();
        for instance in self.slots.iter_mut().filter_map(|slot| slot.instance.as_deref_mut()) {
            instance.set_host_entry(entry);
        }
        self.idle = None;
        self.more_idle.clear();
        self.engine = engine;
        Ok(())
    }

    /// The configuration.
    pub fn config(&self) -> &StoreConfig {
        &self.config
    }

    /// Fuel that is left.
    pub fn fuel(&self) -> u64 {
        self.runtime.fuel
    }

    /// Sets the fuel that is left.
    pub fn set_fuel(&mut self, fuel: u64) {
        self.runtime.fuel = fuel;
    }

    /// The interrupt word: code that polls it stops with [`TrapCode::Interrupted`](crate::TrapCode::Interrupted)
    /// while it is not 0. Bits are those of [`interrupt`](super::interrupt).
    pub fn interrupt_word(&self) -> Arc<AtomicU32> {
        self.interrupt.clone()
    }

    /// Number of instances that exist, closed ones that are still retained included.
    pub fn live_instances(&self) -> usize {
        self.live
    }

    pub(super) fn runtime(&self) -> *mut VmRuntime {
        self.runtime.as_ptr()
    }

    /// The instance in a slot, open or closed.
    #[inline]
    pub(super) fn slot(&self, index: u32) -> Option<&Instance> {
        self.slots.get(index as usize)?.instance.as_deref()
    }

    fn slot_mut(&mut self, index: u32) -> Option<&mut Instance> {
        self.slots.get_mut(index as usize)?.instance.as_deref_mut()
    }

    /// An open instance.
    #[inline]
    fn instance(&self, id: InstanceId) -> Result<&Instance, Error> {
        match self.slot(id.index()) {
            Some(instance) if instance.id == id && instance.state == State::Open => Ok(instance),
            _ => Err(Error::closed("the module instance")),
        }
    }

    #[inline]
    fn instance_mut(&mut self, id: InstanceId) -> Result<&mut Instance, Error> {
        match self.slot_mut(id.index()) {
            Some(instance) if instance.id == id && instance.state == State::Open => Ok(instance),
            _ => Err(Error::closed("the module instance")),
        }
    }

    /// Every instance, open or closed.
    fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.slots.iter().filter_map(|slot| slot.instance.as_deref())
    }

    /// Whether the instance exists and is not closed.
    #[inline]
    pub fn is_open(&self, id: InstanceId) -> bool {
        self.slot(id.index()).is_some_and(|instance| instance.id == id && instance.state == State::Open)
    }

    /// Gives an open instance a name in the store's namespace. It may have several.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`](crate::ErrorKind::Usage) if another instance has the name.
    pub fn register(&mut self, name: &str, id: InstanceId) -> Result<(), Error> {
        self.instance(id)?;
        match self.names.get(name) {
            Some(other) if *other == id => return Ok(()),
            Some(_) => return Err(name_in_use(name)),
            None => {}
        }
        self.names.insert(name.to_owned(), id);
        self.instance_mut(id)?.names.push(name.to_owned());
        Ok(())
    }

    /// The open instance that has `name`.
    pub fn lookup(&self, name: &str) -> Option<InstanceId> {
        self.names.get(name).copied()
    }

    /// The first name of an instance.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed).
    pub fn name(&self, id: InstanceId) -> Result<Option<&str>, Error> {
        Ok(self.instance(id)?.name())
    }

    /// The description of an instance's module.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed).
    pub fn module(&self, id: InstanceId) -> Result<&Arc<Module>, Error> {
        Ok(&self.instance(id)?.module)
    }

    /// What the host keeps with an instance. It is dropped when the instance is closed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed).
    pub fn host_state(&self, id: InstanceId) -> Result<Option<&(dyn Any + Send)>, Error> {
        Ok(self.instance(id)?.host_state.as_deref())
    }

    /// What the host keeps with an instance.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed).
    pub fn host_state_mut(&mut self, id: InstanceId) -> Result<Option<&mut (dyn Any + Send)>, Error> {
        Ok(self.instance_mut(id)?.host_state.as_deref_mut())
    }

    /// Replaces what the host keeps with an instance, and returns what it was.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Closed`](crate::ErrorKind::Closed).
    pub fn set_host_state(
        &mut self,
        id: InstanceId,
        state: Option<Box<dyn Any + Send>>,
    ) -> Result<Option<Box<dyn Any + Send>>, Error> {
        Ok(std::mem::replace(&mut self.instance_mut(id)?.host_state, state))
    }
}

fn name_in_use(name: &str) -> Error {
    Error::usage(format!("the name {name:?} is in use"))
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("id", &self.id)
            .field("engine", &self.engine.name())
            .finish_non_exhaustive()
    }
}
