//! Work shared out over threads. The only file that says rayon.
//!
//! A run owns its threads: a [`Pool`]. What it does within [`Pool::install`] is shared out over them, and two runs in one
//! process do not know of each other. Results come in the order of what they are made of, whatever the number of threads.
//! Each thread that does work of a run uses the names of that run.

use std::io;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::model::name::Names;

/// The threads of a run. They end when the last copy is dropped.
#[derive(Debug, Clone, Default)]
pub struct Pool(Option<Arc<ThreadPool>>);

impl Pool {
    /// No threads of its own: work is shared out over those of the caller, or where the caller is in no pool over one a
    /// processor.
    pub const CALLERS: Self = Self(None);

    /// So many threads, or one a processor, for the run of the caller.
    ///
    /// # Errors
    /// Where threads cannot be started.
    pub fn new(threads: Option<NonZeroUsize>) -> io::Result<Self> {
        let threads = threads.map_or(0, NonZeroUsize::get);
        let names = Names::current();
        let builder = ThreadPoolBuilder::new().num_threads(threads).start_handler(move |_| names.clone().adopt());
        let pool = builder.build().map_err(io::Error::other)?;
        Ok(Self(Some(Arc::new(pool))))
    }

    /// Does `work` on one of the threads; all that it shares out goes to them.
    pub fn install<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        match &self.0 {
            Some(pool) => {
                let names = Names::current();
                pool.install(|| names.enter(work))
            }
            None => work(),
        }
    }
}

/// How many threads share the work of the caller.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// What `work` makes of each index in `order`, sorted by index. A thread that is done takes the next of `order`.
pub fn in_order_of<T: Send>(order: &[usize], work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, names) = (AtomicUsize::new(0), Names::current());
    let mut results: Vec<(usize, T)> = rayon::broadcast(|_| {
        names.enter(|| {
            let mut mine = Vec::new();
            while let Some(index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                mine.push((*index, work(*index)));
            }
            mine
        })
    })
    .into_iter()
    .flatten()
    .collect();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Hands parts of a work to other threads.
#[expect(missing_debug_implementations, reason = "it stands for threads")]
pub struct Scope<'w, 's>(&'w rayon::Scope<'s>);

impl<'s> Scope<'_, 's> {
    /// Lets another thread do a part.
    pub fn spawn(&self, part: impl FnOnce() + Send + 's) {
        let names = Names::current();
        self.0.spawn(move |_| names.enter(part));
    }
}

/// Runs `work`, which may hand parts of itself to other threads, and waits for them.
pub fn scope<'s, T>(work: impl FnOnce(Scope<'_, 's>) -> T) -> T {
    rayon::in_place_scope(|scope| work(Scope(scope)))
}

/// What `work` makes of each number below `count`.
pub fn map<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    let names = Names::current();
    (0..count).into_par_iter().map(|index| names.enter(|| work(index))).collect()
}

/// What `work` makes of each item.
pub fn map_each<I: Send, T: Send>(items: Vec<I>, work: impl Fn(I) -> T + Sync + Send) -> Vec<T> {
    let names = Names::current();
    items.into_par_iter().map(|item| names.enter(|| work(item))).collect()
}

/// What `work` makes of each pair of items with the same index.
pub fn map_pairs<A: Send, B: Send, T: Send>(a: Vec<A>, b: Vec<B>, work: impl Fn(A, B) -> T + Sync + Send) -> Vec<T> {
    let names = Names::current();
    a.into_par_iter().zip(b).map(|(a, b)| names.enter(|| work(a, b))).collect()
}

/// What `work` makes of as many ranges as there are threads, which together are all numbers below `count`.
pub fn map_ranges<T: Send>(count: usize, work: impl Fn(Range<usize>) -> T + Sync + Send) -> Vec<T> {
    let parts = threads();
    map(parts, |part| work(count * part / parts..count * (part + 1) / parts))
}

/// What `work` makes of each `length` items, in order, while this thread does what is to be done `here`.
pub fn map_chunks_while<I: Sync, T: Send, H>(
    items: &[I],
    length: usize,
    work: impl Fn(&[I]) -> T + Sync,
    here: impl FnOnce() -> H,
) -> (Vec<T>, H) {
    let chunks = items.chunks(length);
    let mut made: Vec<Option<T>> = chunks.clone().map(|_| None).collect();
    let work = &work;
    let done = scope(|scope| {
        for (chunk, made) in chunks.zip(&mut made) {
            scope.spawn(move || *made = Some(work(chunk)));
        }
        here()
    });
    (made.into_iter().flatten().collect(), done)
}

/// Sorts by a key that holds no names; the order of equals is not kept.
pub fn sort_by_key<I: Send, K: Ord>(items: &mut [I], key: impl Fn(&I) -> K + Sync) {
    items.par_sort_unstable_by_key(key);
}

/// Sorts what may be ordered by its names; the order of equals is not kept.
pub fn sort<I: Send + Ord>(items: &mut [I]) {
    let names = Names::current();
    items.par_sort_unstable_by(|a, b| names.enter(|| a.cmp(b)));
}

/// Sorts by a key that takes long to compare or belongs to items that are long to move; the order of equals is kept.
pub fn sort_by_cached_key<I: Send + Sync, K: Ord + Send + Sync>(items: &mut [I], key: impl Fn(&I) -> K + Sync) {
    let items_now = &*items;
    let mut order: Vec<(K, usize)> = map(items.len(), |index| (key(&items_now[index]), index));
    sort(&mut order);
    put_in_order(items, order);
}

/// The same for keys that hold no names, where long stretches are in order already.
pub fn sort_by_plain_key<I: Send + Sync, K: Ord + Send>(items: &mut [I], key: impl Fn(&I) -> K) {
    let mut order: Vec<(K, usize)> = items.iter().enumerate().map(|(index, item)| (key(item), index)).collect();
    order.par_sort();
    put_in_order(items, order);
}

/// Puts items in an order: for each place the index of the item that belongs there.
fn put_in_order<I, K>(items: &mut [I], mut order: Vec<(K, usize)>) {
    // Each item is moved to its rank; one that was moved already is found where it went.
    for index in 0..items.len() {
        let mut from = order[index].1;
        while from < index {
            from = order[from].1;
        }
        order[index].1 = from;
        items.swap(index, from);
    }
}

/// Both results, made at the same time.
pub fn both<A: Send, B: Send>(a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
    let names = Names::current();
    rayon::join(|| names.enter(a), || names.enter(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pool_has_its_own_number_of_threads() {
        let pools = [1, 3, 2].map(|count| (count, Pool::new(NonZeroUsize::new(count)).unwrap()));
        for (count, pool) in &pools {
            assert_eq!(pool.install(threads), *count);
            assert_eq!(pool.install(|| Pool::CALLERS.install(threads)), *count);
            assert_eq!(pool.install(|| map(5, |n| n * n)), [0, 1, 4, 9, 16]);
        }
        assert_eq!(pools[0].1.install(|| pools[1].1.install(threads)), 3);
    }
}
