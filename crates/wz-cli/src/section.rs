//! The sections of a binary, as they lie in it.

/// A section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Section<'a> {
    pub(crate) kind: Kind<'a>,
    /// Where its contents begin.
    pub(crate) offset: usize,
    /// Bytes of its contents.
    pub(crate) len: usize,
    /// How many items it says it has, if it is one that counts.
    pub(crate) count: Option<u32>,
}

/// What is in a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind<'a> {
    /// A custom section, by its name.
    Custom(&'a [u8]),
    /// One that the specification defines, by its name there.
    Known(&'static str),
    /// One that wz does not know, by its number.
    Unknown(u8),
}

/// Bytes of the magic number and the version.
const HEADER: usize = 8;

/// The sections in order, as far as they can be told apart.
pub(crate) fn sections(binary: &[u8]) -> impl Iterator<Item = Section<'_>> {
    let mut reader = Reader { bytes: binary, at: HEADER };
    std::iter::from_fn(move || {
        let id = reader.byte()?;
        let len = reader.leb_u32()?;
        let offset = reader.at;
        let contents = reader.take(len)?;
        Some(Section::new(id, offset, contents))
    })
}

impl Section<'_> {
    fn new(id: u8, offset: usize, contents: &[u8]) -> Section<'_> {
        let mut reader = Reader { bytes: contents, at: 0 };
        let kind = match id {
            0 => Kind::Custom(reader.name().unwrap_or_default()),
            1 => Kind::Known("type"),
            2 => Kind::Known("import"),
            3 => Kind::Known("function"),
            4 => Kind::Known("table"),
            5 => Kind::Known("memory"),
            6 => Kind::Known("global"),
            7 => Kind::Known("export"),
            8 => Kind::Known("start"),
            9 => Kind::Known("element"),
            10 => Kind::Known("code"),
            11 => Kind::Known("data"),
            12 => Kind::Known("data count"),
            13 => Kind::Known("tag"),
            other => Kind::Unknown(other),
        };
        let counts = matches!(kind, Kind::Known(name) if name != "start");
        let count = if counts { reader.leb_u32() } else { None };
        Section { kind, offset, len: contents.len(), count }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: u32) -> Option<&'a [u8]> {
        let end = self.at.checked_add(usize::try_from(len).ok()?)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn leb_u32(&mut self) -> Option<u32> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            let bits = u32::from(byte & 0x7f);
            value |= bits.checked_mul(1 << shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn name(&mut self) -> Option<&'a [u8]> {
        let len = self.leb_u32()?;
        self.take(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_told_apart() {
        let binary =
            b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x00\x84\x00\x02ab!\x08\x01\0\x63\x00";
        let found: Vec<Section> = sections(binary).collect();
        let section = |kind, offset, len, count| Section { kind, offset, len, count };
        assert_eq!(
            found,
            [
                section(Kind::Known("type"), 10, 4, Some(1)),
                section(Kind::Known("function"), 16, 2, Some(1)),
                // Its length is written in two bytes.
                section(Kind::Custom(b"ab"), 21, 4, None),
                section(Kind::Known("start"), 27, 1, None),
                section(Kind::Unknown(0x63), 30, 0, None),
            ]
        );
    }

    #[test]
    fn what_is_malformed_ends_the_list() {
        for tail in [
            &b""[..],
            b"\x01",
            b"\x01\x05\0",
            b"\x01\xff\xff\xff\xff\xff",
            b"\x01\xff\xff\xff\xff\x7f",
            b"\x01\x80\x80\x80\x80\x80\0",
        ] {
            let binary = [b"\0asm\x01\0\0\0", tail].concat();
            assert_eq!(sections(&binary).count(), 0, "{tail:?}");
        }
        assert_eq!(sections(b"\0as").count(), 0);
        // A name that is longer than its section.
        let cut = sections(b"\0asm\x01\0\0\0\x00\x02\x05a").next().unwrap();
        assert_eq!(cut.kind, Kind::Custom(b""));
    }
}
