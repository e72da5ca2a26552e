//! A Merkle-Patricia trie of which only a part is known (yellow paper, appendix D).
//!
//! A trie begins as a root hash. Nodes are looked up by their hash when a key leads to them, and
//! stay decoded from then on. What isn't known is never assumed: a key that leads to a node that
//! isn't there, and a removal that needs one, are errors. Keys are 32 bytes, hashes themselves.
//!
//! Only nodes above a change are encoded and hashed again; of all others the encoding that was
//! found is used.
//!
//! The same type builds whole tries: from [`Trie::default`], which is empty and needs no nodes.

mod node;
mod store;

use alloc::borrow::Cow;
use alloc::vec::Vec;

use alloy_primitives::{B256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::nodes::{ExtensionNodeRef, LeafNodeRef, RlpNode};
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles};

use node::{KEY_NIBBLES, Link, Node, encode_branch};

pub use store::Store;

/// Why a trie has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrieError {
    /// The node with this hash is needed and not there.
    #[error("the trie node {0} is missing")]
    Missing(B256),
    /// A node is none that a trie of 32-byte keys can have.
    #[error("a trie node is malformed")]
    Malformed,
}

/// A trie of which a part is known.
#[derive(Clone, Debug)]
pub struct Trie<'w> {
    root: Root<'w>,
    slots: Vec<Slot<'w>>,
    /// Where nodes are encoded.
    buffer: Vec<u8>,
}

/// The top of a trie.
#[derive(Clone, Copy, Debug)]
enum Root<'w> {
    /// Nothing is known but the hash.
    Hash(B256),
    /// [`Link::EMPTY`] or [`Link::Open`].
    Link(Link<'w>),
}

/// A node and its encoding as an item of the node above.
#[derive(Clone, Debug)]
struct Slot<'w> {
    node: Node<'w>,
    item: Item<'w>,
}

/// The encoding of a node as an item of the node above.
#[derive(Clone, Debug)]
enum Item<'w> {
    /// The node or one below has changed since.
    Stale,
    /// As it was found in the node above.
    Found(&'w [u8]),
    /// As it was computed.
    Computed(RlpNode),
}

/// Where a link is.
#[derive(Clone, Copy, Debug)]
enum Place {
    Root,
    /// Below the node with this index; the nibble chooses the child of a branch.
    Below(u32, u8),
}

impl Default for Trie<'_> {
    fn default() -> Self {
        Self::new(EMPTY_ROOT_HASH)
    }
}

impl<'w> Trie<'w> {
    /// The trie with the hash `root`, of which nothing else is known.
    pub fn new(root: B256) -> Self {
        let root = if root == EMPTY_ROOT_HASH { Root::Link(Link::EMPTY) } else { Root::Hash(root) };
        Self { root, slots: Vec::new(), buffer: Vec::new() }
    }

    /// The value of `key`, or `None` when the trie has no such key.
    ///
    /// # Errors
    /// When a node on the way is missing or malformed.
    pub fn get(&mut self, nodes: &mut Store<'w>, key: &B256) -> Result<Option<&[u8]>, TrieError> {
        let key = Nibbles::unpack_array(&key.0);
        let found = self.find(nodes, &key, &mut |_, _| ())?;
        Ok(found.and_then(|id| match &self.slots[id as usize].node {
            Node::Leaf { value, .. } => Some(&**value),
            _ => None,
        }))
    }

    /// Sets the value of `key`. An empty value is no value; use [`Self::remove`].
    ///
    /// # Errors
    /// When a node on the way is missing, the trie is as it was; when one is malformed, it's of no
    /// use any more.
    pub fn insert(
        &mut self,
        nodes: &mut Store<'w>,
        key: &B256,
        value: Vec<u8>,
    ) -> Result<(), TrieError> {
        let key = Nibbles::unpack_array(&key.0);
        let mut way = Vec::new();
        let mut place = Place::Root;
        let mut depth = 0;
        let link = loop {
            let Some(id) = self.open(nodes, place)? else {
                break self.push(Node::Leaf { path: key.slice(depth..), value: value.into() });
            };
            match &mut self.slots[id as usize].node {
                Node::Branch { .. } => {
                    place = Place::Below(id, key.get(depth).ok_or(TrieError::Malformed)?);
                    depth += 1;
                }
                Node::Extension { path, .. } => {
                    let rest = key.slice(depth..);
                    if !rest.starts_with(path) {
                        let (path, child) = (*path, self.child(id));
                        break self.split_extension(path, child, rest, value)?;
                    }
                    depth += path.len();
                    place = Place::Below(id, 0);
                }
                Node::Leaf { path, value: present } => {
                    let rest = key.slice(depth..);
                    if rest != *path {
                        let (path, present) = (*path, core::mem::take(present));
                        break self.split_leaf(path, present, rest, value)?;
                    }
                    *present = value.into();
                    break Link::Open(id);
                }
            }
            way.push(id);
        };
        self.set_link(place, link);
        if let Link::Open(id) = link {
            way.push(id);
        }
        self.mark_stale(&way);
        Ok(())
    }

    /// Removes `key`, which need not be there.
    ///
    /// # Errors
    /// When a node is missing or malformed: one on the way, or the only one that is left below a
    /// branch, whose path then becomes longer. The trie may have lost nodes, and is of no use.
    pub fn remove(&mut self, nodes: &mut Store<'w>, key: &B256) -> Result<(), TrieError> {
        let key = Nibbles::unpack_array(&key.0);
        let mut way = Vec::new();
        if self.find(nodes, &key, &mut |id, nibble| way.push((id, nibble)))?.is_none() {
            return Ok(());
        }
        let ids: Vec<_> = way.iter().map(|(id, _)| *id).collect();
        self.mark_stale(&ids);
        way.pop();
        let Some((parent, nibble)) = way.pop() else {
            self.root = Root::Link(Link::EMPTY);
            return Ok(());
        };
        self.set_link(Place::Below(parent, nibble), Link::EMPTY);
        self.collapse(nodes, parent)?;
        // What was a branch may now continue an extension's path.
        if let Some((above, _)) = way.pop() {
            self.join(above)?;
        }
        Ok(())
    }

    /// The hash of the root.
    pub fn root(&mut self) -> B256 {
        match self.root {
            Root::Hash(hash) => hash,
            Root::Link(Link::Open(id)) => {
                self.compute_item(id);
                match self.slots[id as usize].item.as_slice() {
                    [0xA0, hash @ ..] if hash.len() == 32 => B256::from_slice(hash),
                    // The root's node is hashed even when it's short.
                    encoding => keccak256(encoding),
                }
            }
            Root::Link(_) => EMPTY_ROOT_HASH,
        }
    }

    /// Calls `visit` with the encoding of each node that is known and is found by its hash: the
    /// root's, and those of 32 bytes or more.
    pub fn visit_nodes(&mut self, visit: &mut dyn FnMut(&[u8])) {
        let Root::Link(Link::Open(root)) = self.root else {
            return;
        };
        self.compute_item(root);
        let mut ahead = Vec::from([root]);
        while let Some(id) = ahead.pop() {
            let mut encoding = Vec::new();
            self.encode(id, &mut encoding);
            if id == root || encoding.len() >= 32 {
                visit(&encoding);
            }
            let links: &[Link] = match &self.slots[id as usize].node {
                Node::Leaf { .. } => &[],
                Node::Extension { child, .. } => core::slice::from_ref(child),
                Node::Branch { children } => children,
            };
            ahead.extend(links.iter().filter_map(|link| match link {
                Link::Open(id) => Some(*id),
                _ => None,
            }));
        }
    }

    /// The leaf of `key`. Each node on the way to it is passed to `visit` with the nibble that is
    /// taken below it.
    fn find(
        &mut self,
        nodes: &mut Store<'w>,
        key: &Nibbles,
        visit: &mut impl FnMut(u32, u8),
    ) -> Result<Option<u32>, TrieError> {
        let mut place = Place::Root;
        let mut depth = 0;
        loop {
            let Some(id) = self.open(nodes, place)? else {
                return Ok(None);
            };
            let nibble = match &self.slots[id as usize].node {
                Node::Branch { .. } => {
                    let nibble = key.get(depth).ok_or(TrieError::Malformed)?;
                    depth += 1;
                    nibble
                }
                Node::Extension { path, .. } => {
                    if !key.slice(depth..).starts_with(path) {
                        return Ok(None);
                    }
                    depth += path.len();
                    0
                }
                Node::Leaf { path, .. } => {
                    if key.slice(depth..) != *path {
                        return Ok(None);
                    }
                    visit(id, 0);
                    return Ok(Some(id));
                }
            };
            visit(id, nibble);
            place = Place::Below(id, nibble);
        }
    }

    /// The node that the link at `place` leads to, decoded if it wasn't.
    fn open(&mut self, nodes: &mut Store<'w>, place: Place) -> Result<Option<u32>, TrieError> {
        let (encoding, item) = match place {
            Place::Root => match self.root {
                Root::Hash(hash) => {
                    let encoding = nodes.take(&hash).ok_or(TrieError::Missing(hash))?;
                    (encoding, Item::Computed(RlpNode::word_rlp(&hash)))
                }
                Root::Link(Link::Open(id)) => return Ok(Some(id)),
                Root::Link(_) => return Ok(None),
            },
            Place::Below(id, nibble) => match self.link(id, nibble) {
                Link::Open(id) => return Ok(Some(id)),
                Link::Encoded([_]) => return Ok(None),
                Link::Encoded(item @ [0xA0, hash @ ..]) => {
                    let hash = B256::from_slice(hash);
                    let encoding = nodes.take(&hash).ok_or(TrieError::Missing(hash))?;
                    (encoding, Item::Found(item))
                }
                Link::Encoded(item) => (item, Item::Found(item)),
            },
        };
        let node = Node::decode(encoding)?;
        if let Place::Below(above, _) = place {
            let is_extension = |node: &Node| matches!(node, Node::Extension { .. });
            let is_branch = matches!(node, Node::Branch { .. });
            if is_extension(&self.slots[above as usize].node) && !is_branch {
                return Err(TrieError::Malformed);
            }
        }
        let id = self.push_slot(Slot { node, item });
        self.set_link(place, Link::Open(id));
        Ok(Some(id))
    }

    /// The link below the node `id`.
    fn link(&self, id: u32, nibble: u8) -> Link<'w> {
        match &self.slots[id as usize].node {
            Node::Branch { children } => children[usize::from(nibble & 0xF)],
            Node::Extension { child, .. } => *child,
            Node::Leaf { .. } => Link::EMPTY,
        }
    }

    /// The link below the extension `id`.
    fn child(&self, id: u32) -> Link<'w> {
        self.link(id, 0)
    }

    fn set_link(&mut self, place: Place, link: Link<'w>) {
        match place {
            Place::Root => self.root = Root::Link(link),
            Place::Below(id, nibble) => match &mut self.slots[id as usize].node {
                Node::Branch { children } => children[usize::from(nibble & 0xF)] = link,
                Node::Extension { child, .. } => *child = link,
                Node::Leaf { .. } => {}
            },
        }
    }

    fn mark_stale(&mut self, ids: &[u32]) {
        for id in ids {
            self.slots[*id as usize].item = Item::Stale;
        }
    }

    /// A new node, not yet encoded.
    fn push(&mut self, node: Node<'w>) -> Link<'w> {
        Link::Open(self.push_slot(Slot { node, item: Item::Stale }))
    }

    fn push_slot(&mut self, slot: Slot<'w>) -> u32 {
        // A witness with 2³² nodes doesn't fit in the address space of anything.
        let id = self.slots.len() as u32;
        self.slots.push(slot);
        id
    }

    /// What stands in place of a leaf with another path than `rest`: both of them.
    fn split_leaf(
        &mut self,
        path: Nibbles,
        present: Cow<'w, [u8]>,
        rest: Nibbles,
        value: Vec<u8>,
    ) -> Result<Link<'w>, TrieError> {
        let common = path.common_prefix_length(&rest);
        let (old, new) = match (path.get(common), rest.get(common)) {
            (Some(old), Some(new)) => (old, new),
            // One path ends within the other, though all keys have one length.
            _ => return Err(TrieError::Malformed),
        };
        let mut children = [Link::EMPTY; 16];
        let leaf = Node::Leaf { path: path.slice(common + 1..), value: present };
        children[usize::from(old)] = self.push(leaf);
        let leaf = Node::Leaf { path: rest.slice(common + 1..), value: value.into() };
        children[usize::from(new)] = self.push(leaf);
        let branch = self.push(Node::Branch { children });
        Ok(self.extended(rest.slice(..common), branch))
    }

    /// What stands in place of an extension whose path isn't the beginning of `rest`.
    fn split_extension(
        &mut self,
        path: Nibbles,
        child: Link<'w>,
        rest: Nibbles,
        value: Vec<u8>,
    ) -> Result<Link<'w>, TrieError> {
        let common = path.common_prefix_length(&rest);
        let (old, new) = match (path.get(common), rest.get(common)) {
            (Some(old), Some(new)) => (old, new),
            _ => return Err(TrieError::Malformed),
        };
        let mut children = [Link::EMPTY; 16];
        children[usize::from(old)] = self.extended(path.slice(common + 1..), child);
        let leaf = Node::Leaf { path: rest.slice(common + 1..), value: value.into() };
        children[usize::from(new)] = self.push(leaf);
        let branch = self.push(Node::Branch { children });
        Ok(self.extended(rest.slice(..common), branch))
    }

    /// `child`, with an extension above when `path` isn't empty.
    fn extended(&mut self, path: Nibbles, child: Link<'w>) -> Link<'w> {
        if path.is_empty() { child } else { self.push(Node::Extension { path, child }) }
    }

    /// Replaces the branch `id`, which has lost a child, when only one is left.
    fn collapse(&mut self, nodes: &mut Store<'w>, id: u32) -> Result<(), TrieError> {
        let Node::Branch { children } = &self.slots[id as usize].node else {
            return Err(TrieError::Malformed);
        };
        let mut left = (0_u8..).zip(children).filter(|(_, link)| !link.is_empty());
        let (Some((nibble, _)), None) = (left.next(), left.next()) else {
            return Ok(());
        };
        let Some(child) = self.open(nodes, Place::Below(id, nibble))? else {
            return Err(TrieError::Malformed);
        };
        let nibble = Nibbles::from_nibbles([nibble]);
        let node = match &mut self.slots[child as usize].node {
            Node::Leaf { path, value } => {
                Node::Leaf { path: joined(&nibble, path)?, value: core::mem::take(value) }
            }
            Node::Extension { path, child } => {
                Node::Extension { path: joined(&nibble, path)?, child: *child }
            }
            Node::Branch { .. } => Node::Extension { path: nibble, child: Link::Open(child) },
        };
        self.slots[id as usize].node = node;
        Ok(())
    }

    /// Joins the extension `id` with the leaf or extension that its child has become.
    fn join(&mut self, id: u32) -> Result<(), TrieError> {
        let Node::Extension { path, child: Link::Open(child) } = &self.slots[id as usize].node
        else {
            return Ok(());
        };
        let (path, child) = (*path, *child);
        let node = match &mut self.slots[child as usize].node {
            Node::Leaf { path: rest, value } => {
                Node::Leaf { path: joined(&path, rest)?, value: core::mem::take(value) }
            }
            Node::Extension { path: rest, child } => {
                Node::Extension { path: joined(&path, rest)?, child: *child }
            }
            Node::Branch { .. } => return Ok(()),
        };
        self.slots[id as usize].node = node;
        Ok(())
    }

    /// Computes the item of the node `id`, and of those below, where they are stale.
    ///
    /// The depth of the recursion is at most the length of a key.
    fn compute_item(&mut self, id: u32) {
        if !matches!(self.slots[id as usize].item, Item::Stale) {
            return;
        }
        for nibble in 0..16 {
            let link = self.link(id, nibble);
            if let Link::Open(child) = link {
                self.compute_item(child);
            }
            if !matches!(self.slots[id as usize].node, Node::Branch { .. }) {
                break;
            }
        }
        let mut buffer = core::mem::take(&mut self.buffer);
        buffer.clear();
        self.encode(id, &mut buffer);
        self.slots[id as usize].item = Item::Computed(RlpNode::from_rlp(&buffer));
        self.buffer = buffer;
    }

    /// Appends the encoding of the node `id`, below which nothing is stale.
    fn encode(&self, id: u32, out: &mut Vec<u8>) {
        let item = |link: &Link<'w>| match *link {
            Link::Encoded(item) => item,
            Link::Open(id) => self.slots[id as usize].item.as_slice(),
        };
        match &self.slots[id as usize].node {
            Node::Leaf { path, value } => LeafNodeRef::new(path, value).encode(out),
            Node::Extension { path, child } => {
                ExtensionNodeRef::new(path, item(child)).encode(out);
            }
            Node::Branch { children } => encode_branch(&children.each_ref().map(item), out),
        }
    }
}

/// The path `first` and then `rest`, unless that is longer than a key.
fn joined(first: &Nibbles, rest: &Nibbles) -> Result<Nibbles, TrieError> {
    let fits = first.len().saturating_add(rest.len()) <= KEY_NIBBLES;
    fits.then(|| first.join(rest)).ok_or(TrieError::Malformed)
}

impl Item<'_> {
    /// The encoding; empty while it's stale.
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Stale => &[],
            Self::Found(item) => item,
            Self::Computed(item) => item.as_slice(),
        }
    }
}
