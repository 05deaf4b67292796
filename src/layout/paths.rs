//! The names of fields, each spelt and understood once a thread. JSON's are paths: the next object of a log names the same
//! fields in the same order, so a step down is mostly one comparison.

use std::cell::RefCell;
use std::hash::BuildHasher;
use std::rc::Rc;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::layout::meaning::Meaning;

/// How many paths are remembered, and how many bytes of them.
const MOST: usize = 4096;
/// See [`MOST`].
const MOST_BYTES: usize = 256 << 10;

/// A dotted path and what it says of the value there.
#[derive(Debug)]
pub(super) struct Path {
    /// As it is written out.
    pub(super) text: Box<str>,
    /// `None` where it says nothing.
    pub(super) meaning: Option<Meaning>,
}

/// The index of a node, which is one step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At(u32);

struct Node {
    above: At,
    name: Box<str>,
    /// The node that came first below it the last time.
    first: At,
    /// The node that came after it the last time.
    next: At,
    path: Option<Rc<Path>>,
}

/// All paths that a thread has met, as a tree.
pub(super) struct Paths {
    nodes: Vec<Node>,
    by_name: HashTable<At>,
    bytes: usize,
}

thread_local! {
    static MET: RefCell<Paths> = RefCell::new(Paths::new());
}

impl Paths {
    /// Where every object begins.
    pub(super) const ROOT: At = At(0);

    /// Lets `work` use what this thread has met.
    pub(super) fn with<T>(work: impl FnOnce(&mut Self) -> T) -> T {
        MET.with_borrow_mut(|paths| {
            paths.tidy();
            work(paths)
        })
    }

    fn new() -> Self {
        let mut paths = Self { nodes: Vec::new(), by_name: HashTable::new(), bytes: 0 };
        paths.clear();
        paths
    }

    /// Forgets all paths if they are too many; indices from before must not be used after it.
    fn tidy(&mut self) {
        if self.nodes.len() > MOST || self.bytes > MOST_BYTES {
            self.clear();
        }
    }

    fn clear(&mut self) {
        self.by_name.clear();
        self.bytes = 0;
        self.nodes.clear();
        let root = Node { above: Self::ROOT, name: Box::default(), first: Self::ROOT, next: Self::ROOT, path: None };
        self.nodes.push(root);
    }

    /// One step down from `above`, to what is called `name` and comes after `before`; that is `above` itself if it is the
    /// first there.
    pub(super) fn below(&mut self, above: At, before: At, name: &str) -> At {
        let followed = &self.nodes[before.0 as usize];
        let guess = if before == above { followed.first } else { followed.next };
        if guess != Self::ROOT && self.is(guess, above, name) {
            return guess;
        }
        let found = self.find(above, name);
        let followed = &mut self.nodes[before.0 as usize];
        *(if before == above { &mut followed.first } else { &mut followed.next }) = found;
        found
    }

    fn is(&self, at: At, above: At, name: &str) -> bool {
        let node = &self.nodes[at.0 as usize];
        node.above == above && *node.name == *name
    }

    fn find(&mut self, above: At, name: &str) -> At {
        let hash = |above: At, name: &str| FxBuildHasher.hash_one((above.0, name));
        let own = hash(above, name);
        if let Some(found) = self.by_name.find(own, |at| self.is(*at, above, name)) {
            return *found;
        }
        let new = At(u32::try_from(self.nodes.len()).unwrap_or_default());
        self.bytes += name.len();
        self.nodes.push(Node { above, name: name.into(), first: Self::ROOT, next: Self::ROOT, path: None });
        let nodes = &self.nodes;
        self.by_name.insert_unique(own, new, |at| hash(nodes[at.0 as usize].above, &nodes[at.0 as usize].name));
        new
    }

    /// The path that a whole name is, for names that are not read step by step: a record may have any number of them.
    pub(super) fn named(&mut self, name: &str) -> Rc<Path> {
        self.tidy();
        let at = self.find(Self::ROOT, name);
        self.path(at)
    }

    /// The path to a node.
    pub(super) fn path(&mut self, at: At) -> Rc<Path> {
        if let Some(path) = &self.nodes[at.0 as usize].path {
            return Rc::clone(path);
        }
        let (mut names, mut above) = (Vec::new(), at);
        while above != Self::ROOT {
            let node = &self.nodes[above.0 as usize];
            names.push(&*node.name);
            above = node.above;
        }
        names.reverse();
        let text = names.join(".").into_boxed_str();
        self.bytes += text.len();
        let path = Rc::new(Path { meaning: Meaning::of(&text), text });
        self.nodes[at.0 as usize].path = Some(Rc::clone(&path));
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The texts of the paths to some names below the root, one after the other.
    fn texts(paths: &mut Paths, names: &[&str]) -> Vec<String> {
        let mut before = Paths::ROOT;
        let step = |name: &&str| {
            before = paths.below(Paths::ROOT, before, name);
            paths.path(before).text.to_string()
        };
        names.iter().map(step).collect()
    }

    #[test]
    fn whatever_came_before_a_name_leads_to_its_path() {
        let mut paths = Paths::new();
        for names in [&["a", "b", "c"][..], &["a", "c"], &["c", "b", "a"], &["b", "b"], &["", "a"], &["a", "b", "c"]] {
            assert_eq!(texts(&mut paths, names), names);
        }
        let request = paths.below(Paths::ROOT, Paths::ROOT, "request");
        let id = paths.below(request, request, "id");
        assert_eq!(&*paths.path(id).text, "request.id");
        assert_ne!(paths.below(Paths::ROOT, request, "id"), id, "the same name elsewhere");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut paths = Paths::new();
        for n in 0..3 * MOST {
            paths.tidy();
            texts(&mut paths, &["a", &n.to_string()]);
            assert!(paths.nodes.len() <= MOST + 3 && paths.bytes <= MOST_BYTES);
        }
        for n in 0..3 * MOST {
            assert_eq!(*paths.named(&n.to_string()).text, *n.to_string());
            assert!(paths.nodes.len() <= MOST + 3 && paths.bytes <= MOST_BYTES);
        }
        paths.clear();
        let long = "x".repeat(MOST_BYTES);
        assert_eq!(texts(&mut paths, &[&long]), [long]);
        paths.tidy();
        assert_eq!((paths.nodes.len(), paths.bytes), (1, 0));
    }
}
