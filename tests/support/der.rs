//! A tree of the values in DER, for mutations that keep the encoding of the other values valid.

/// Returns a number below its argument: from an input of a fuzz target, or at random.
pub type Choices<'a> = dyn FnMut(usize) -> usize + 'a;

/// An encoded value (X.690, 8.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    pub tag: u8,
    pub content: Content,
    /// The length has one byte more than necessary, which DER does not allow.
    pub is_long: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Bytes(Vec<u8>),
    /// The values in a constructed one, or in the OCTET STRING of an extension.
    Nodes(Vec<Node>),
}

const OCTET_STRING: u8 = 4;
const CONSTRUCTED: u8 = 0x20;

/// Tags that occur in certificates.
const TAGS: &[u8] = &[
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x1e, 0x30, 0x31, 0x80, 0x81,
    0x82, 0x84, 0x86, 0x87, 0x88, 0xa0, 0xa1, 0xa3, 0xa4,
];

/// Contents of values at which outcomes change: booleans, numbers, object identifiers, names, masks.
const CONTENTS: &[&[u8]] = &[
    b"",
    &[0],
    &[1],
    &[2],
    &[0xff],
    &[0x80],
    &[0, 0],
    &[0, 1],
    &[7, 0x80],
    &[0x55, 0x1d, 0x11],
    &[0x55, 0x1d, 0x13],
    &[0x55, 0x1d, 0x25],
    &[0x55, 0x1d, 0x1e],
    &[0x55, 0x1d, 0x20],
    &[0x55, 0x1d, 0x25, 0],
    &[0x2b, 6, 1, 5, 5, 7, 3, 1],
    b"*.leaf.test",
    b"leaf.test",
    b"LEAF.TEST",
    b"leaf.test.",
    b".test",
    b"leaf.test\0",
    b"*",
    &[192, 0, 2, 1],
    &[192, 0, 2, 0, 255, 255, 255, 0],
    &[192, 0, 2, 0, 255, 0, 255, 0],
    &[0; 8],
    b"20260101000000Z",
    b"260101000000Z",
    b"991231235959Z",
    b"2601010000Z",
];

impl Node {
    /// Parses consecutive values; `None` if they are malformed, or if a tag has several bytes.
    pub fn parse_all(mut bytes: &[u8]) -> Option<Vec<Self>> {
        let mut nodes = Vec::new();
        while !bytes.is_empty() {
            let (&tag, rest) = bytes.split_first()?;
            let (&first, mut rest) = rest.split_first()?;
            let len = match first {
                0..=0x7f => first.into(),
                0x81..=0x83 => {
                    let (digits, after) = rest.split_at_checked((first & 0x7f).into())?;
                    rest = after;
                    digits
                        .iter()
                        .fold(0, |len, &digit| len << 8 | usize::from(digit))
                }
                _ => return None,
            };
            let (content, after) = rest.split_at_checked(len)?;
            bytes = after;
            let digits = (usize::BITS - len.leading_zeros()).div_ceil(8);
            let is_long = first >= 0x80 && (len < 0x80 || u32::from(first & 0x7f) > digits);
            let has_nodes = tag & CONSTRUCTED != 0 || tag == OCTET_STRING && !content.is_empty();
            let inner = has_nodes.then(|| Self::parse_all(content)).flatten();
            nodes.push(Self {
                tag,
                content: match inner {
                    Some(inner) => Content::Nodes(inner),
                    None => Content::Bytes(content.to_vec()),
                },
                is_long,
            });
        }
        Some(nodes)
    }

    /// Parses one value without trailing bytes.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut nodes = Self::parse_all(bytes)?;
        let node = nodes.pop()?;
        nodes.is_empty().then_some(node)
    }

    /// Returns the values in a value; none if it is primitive.
    pub fn nodes(&self) -> &[Self] {
        match &self.content {
            Content::Nodes(nodes) => nodes,
            Content::Bytes(_) => &[],
        }
    }

    /// Returns the content of the value.
    pub fn content(&self) -> Vec<u8> {
        match &self.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Nodes(nodes) => nodes.iter().flat_map(Self::encode).collect(),
        }
    }

    pub fn encode(&self) -> Vec<u8> {
        let content = self.content();
        let digits = (content.len() as u32).to_be_bytes();
        let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
        let digits = &digits[zeros.min(3)..];
        let mut encoded = vec![self.tag];
        match (content.len(), self.is_long) {
            (0..=0x7f, false) => encoded.extend(digits),
            (_, false) => {
                encoded.push(0x80 | digits.len() as u8);
                encoded.extend(digits);
            }
            (_, true) => {
                let padding: &[u8] = if content.len() < 0x80 { &[] } else { &[0] };
                encoded.push(0x80 | (padding.len() + digits.len()) as u8);
                encoded.extend(padding);
                encoded.extend(digits);
            }
        }
        encoded.extend(content);
        encoded
    }

    /// Returns the number of values in the tree.
    fn count(&self) -> usize {
        1 + self.nodes().iter().map(Self::count).sum::<usize>()
    }

    /// Applies `change` to a list of values and a place in it: the value with a number in the order of
    /// the encoding, from 1.
    fn change<R>(
        &mut self,
        number: usize,
        change: impl FnOnce(&mut Vec<Self>, usize) -> R,
    ) -> Option<R> {
        let Content::Nodes(nodes) = &mut self.content else {
            return None;
        };
        let mut before = 1;
        for place in 0..nodes.len() {
            let count = nodes[place].count();
            match number {
                _ if number == before => return Some(change(nodes, place)),
                _ if number < before + count => {
                    return nodes[place].change(number - before, change);
                }
                _ => before += count,
            }
        }
        None
    }

    /// Applies one random mutation to a value below this one. `others` are values to insert.
    pub fn mutate(&mut self, choices: &mut Choices<'_>, others: &Self) {
        let number = 1 + choices(self.count().saturating_sub(1).max(1));
        let kind = choices(10);
        let mut other = None;
        if kind >= 8 {
            let mut source = others.clone();
            let number = 1 + choices(source.count().saturating_sub(1).max(1));
            other = source.change(number, |nodes, place| nodes[place].clone());
        }
        self.change(number, |nodes, place| match kind {
            0 => nodes[place].tag = TAGS[choices(TAGS.len())],
            1 => nodes[place].content = Content::Bytes(CONTENTS[choices(CONTENTS.len())].to_vec()),
            2 => nodes[place].damage(choices),
            3 => drop(nodes.remove(place)),
            4 => nodes.insert(place, nodes[place].clone()),
            5 => {
                let with = choices(nodes.len());
                nodes.swap(place, with);
            }
            6 => nodes[place].is_long = true,
            7 => nodes[place].tag ^= 1 << choices(8),
            8 => nodes.splice(place..=place, other).for_each(drop),
            _ => nodes.splice(place..place, other).for_each(drop),
        });
    }

    /// Changes a byte of the content, or its length.
    fn damage(&mut self, choices: &mut Choices<'_>) {
        let mut bytes = self.content();
        let place = choices(bytes.len() + 1);
        match bytes.get_mut(place) {
            Some(byte) => match choices(4) {
                0 => *byte ^= 1 << choices(8),
                1 => *byte = choices(256) as u8,
                2 => bytes.truncate(place),
                _ => bytes.insert(place, choices(256) as u8),
            },
            None => bytes.push(choices(256) as u8),
        }
        let inner = Self::parse_all(&bytes).filter(|_| !self.nodes().is_empty());
        self.content = inner.map_or(Content::Bytes(bytes), Content::Nodes);
    }
}
