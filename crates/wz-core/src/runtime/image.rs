//! Images: the initial contents of memories, made once for a module and mapped by its instances.

use super::sys::{ImageFile, host_page_size};
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Most images that exist at once: each is an open file.
const MAX_IMAGES: usize = 256;
/// Bytes of data below which copying is as fast as mapping.
const WORTH_BYTES: usize = 16 << 10;
/// Bytes that an image may span, however little data there is.
const SMALL_SPAN: usize = 16 << 20;

static IMAGES: AtomicUsize = AtomicUsize::new(0);

/// Names an image for the lifetime of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ImageId(u64);

/// Initial contents of a part of a memory; the rest is zero.
pub(super) struct Image {
    id: ImageId,
    /// Where in the memory it starts: a multiple of the host's page size.
    start: usize,
    file: ImageFile,
    _counted: Counted,
}

/// Counts an image for as long as it exists.
struct Counted;

impl Counted {
    fn one() -> Option<Counted> {
        let counted = IMAGES.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |images| {
            (images < MAX_IMAGES).then_some(images + 1)
        });
        counted.is_ok().then_some(Counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        IMAGES.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Image {
    /// An image of segments, given as their offsets and bytes in the order in which they are applied. They are in a memory
    /// of at most 4 GiB, whose size is a multiple of the host's page size. `None` if copying them is as good.
    pub(super) fn new<'a>(
        segments: impl Iterator<Item = (usize, &'a [u8])> + Clone,
    ) -> io::Result<Option<Image>> {
        let filled = segments.filter(|(_, bytes)| !bytes.is_empty());
        let data: usize = filled.clone().map(|(_, bytes)| bytes.len()).sum();
        let low = filled.clone().map(|(offset, _)| offset).min().unwrap_or(0);
        let high = filled.clone().map(|(offset, bytes)| offset + bytes.len()).max().unwrap_or(0);
        let page = host_page_size();
        let (start, end) = (low / page * page, high.next_multiple_of(page));
        let is_dense = end - start < SMALL_SPAN || end - start < data.saturating_mul(2);
        if data < WORTH_BYTES || !is_dense {
            return Ok(None);
        }
        let Some(counted) = Counted::one() else { return Ok(None) };
        let mut contents = Vec::new();
        contents.try_reserve_exact(end - start).map_err(|_| io::ErrorKind::OutOfMemory)?;
        contents.resize(end - start, 0);
        for (offset, bytes) in filled {
            contents[offset - start..][..bytes.len()].copy_from_slice(bytes);
        }
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = ImageId(NEXT.fetch_add(1, Ordering::Relaxed));
        Ok(Some(Image { id, start, file: ImageFile::new(&contents)?, _counted: counted }))
    }

    /// Which image it is.
    pub(super) fn id(&self) -> ImageId {
        self.id
    }

    /// Where in the memory it starts.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Where in the memory it ends.
    pub(super) fn end(&self) -> usize {
        self.start + self.file.bytes()
    }

    /// Its bytes.
    pub(super) fn file(&self) -> &ImageFile {
        &self.file
    }
}
