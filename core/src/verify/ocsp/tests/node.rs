//! A DER tree, which tests modify and encode.

/// A value of X.690.
#[derive(Clone, Debug)]
pub(super) struct Node {
    tag: u8,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Bytes(Vec<u8>),
    Nodes(Vec<Node>),
}

const OCTET_STRING: u8 = 4;
const SEQUENCE: u8 = 0x30;
const CONSTRUCTED: u8 = 0x20;

impl Node {
    pub(super) fn new(tag: u8, children: &[Self]) -> Self {
        Self {
            tag,
            content: Content::Nodes(children.to_vec()),
        }
    }

    pub(super) fn primitive(tag: u8, bytes: &[u8]) -> Self {
        Self {
            tag,
            content: Content::Bytes(bytes.to_vec()),
        }
    }

    /// Parses one value, and what is encoded within OCTET STRINGs.
    pub(super) fn parse(der: &[u8]) -> Self {
        let mut nodes = Self::parse_all(der).expect("DER");
        assert_eq!(nodes.len(), 1);
        nodes.remove(0)
    }

    fn parse_all(mut bytes: &[u8]) -> Option<Vec<Self>> {
        let mut nodes = Vec::new();
        while let [tag, rest @ ..] = bytes {
            let (len, rest) = match rest {
                [len @ 0..=0x7f, rest @ ..] => (usize::from(*len), rest),
                [0x81, len, rest @ ..] => (usize::from(*len), rest),
                [0x82, high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]).into(), rest),
                _ => return None,
            };
            let content = rest.get(..len)?;
            let holds_der = *tag == OCTET_STRING && content.first() == Some(&SEQUENCE);
            let nodes_within = (holds_der || tag & CONSTRUCTED != 0)
                .then(|| Self::parse_all(content))
                .flatten();
            let content = match nodes_within {
                Some(nodes) => Content::Nodes(nodes),
                None => Content::Bytes(content.to_vec()),
            };
            nodes.push(Self { tag: *tag, content });
            bytes = &rest[len..];
        }
        Some(nodes)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        self.encode_padded(usize::MAX).0
    }

    /// Encodes the value with a needless zero in the length of one node, counted from the outermost
    /// one in the order of their tags, and returns how many nodes there are as well.
    pub(super) fn encode_padded(&self, padded: usize) -> (Vec<u8>, usize) {
        let mut count = 1;
        let content = match &self.content {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Nodes(nodes) => {
                let mut content = Vec::new();
                for node in nodes {
                    let (encoded, within) = node.encode_padded(padded.wrapping_sub(count));
                    content.extend(encoded);
                    count += within;
                }
                content
            }
        };
        let [high, low] = u16::try_from(content.len())
            .expect("a short value")
            .to_be_bytes();
        let head: &[u8] = match (padded, content.len()) {
            (0, _) => &[self.tag, 0x83, 0, high, low],
            (_, 0..0x80) => &[self.tag, low],
            (_, 0x80..0x100) => &[self.tag, 0x81, low],
            _ => &[self.tag, 0x82, high, low],
        };
        ([head, &content].concat(), count)
    }

    pub(super) fn children(&mut self) -> &mut Vec<Self> {
        match &mut self.content {
            Content::Nodes(nodes) => nodes,
            Content::Bytes(_) => panic!("a primitive value"),
        }
    }

    /// Returns the node at the end of a path of places.
    pub(super) fn at(&mut self, path: &[usize]) -> &mut Self {
        path.iter()
            .fold(self, |node, &place| &mut node.children()[place])
    }
}
