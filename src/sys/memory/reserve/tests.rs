use std::collections::HashSet;
use std::thread;

use super::*;

/// Creates a reserve in static memory, as it is too large for a stack.
macro_rules! reserve {
    () => {{
        static RESERVE: Reserve = Reserve::new();
        &RESERVE
    }};
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).expect("a layout")
}

fn give_back(reserve: &Reserve, block: *const u8, size: usize) {
    // SAFETY: the tests give back what they took, and do not look at it again.
    unsafe { reserve.give_back(block, size, 0) };
}

/// Allocates all blocks of a layout.
fn take_all(reserve: &Reserve, layout: Layout) -> Vec<*mut u8> {
    std::iter::from_fn(|| reserve.take(layout)).collect()
}

#[test]
fn blocks_do_not_overlap() {
    let reserve = reserve!();
    let mut places = HashSet::new();
    for size in [1, 63, 64, 65, 1000, 4095, 4096, 4097, 20_000, 262_144] {
        let block = reserve.take(layout(size, 1)).expect("there is room");
        for place in [0, size - 1] {
            assert!(reserve.owns(block.wrapping_add(place)), "{size} bytes");
        }
        // Miri compares some of the places.
        let step = if cfg!(miri) { 509 } else { 1 };
        let places_of_block = (block.addr()..block.addr() + size).step_by(step);
        assert!(
            places_of_block
                .into_iter()
                .all(|place| places.insert(place))
        );
    }
}

#[test]
fn only_its_own_blocks_are_owned() {
    let reserve = reserve!();
    let heap_block = Box::new([0_u8; 64]);
    let start = std::ptr::from_ref(reserve).cast::<u8>();
    let end = start.wrapping_add(size_of::<Reserve>());
    for place in [
        std::ptr::null(),
        heap_block.as_ptr(),
        start.wrapping_sub(1),
        end,
    ] {
        assert!(!reserve.owns(place));
    }
}

#[test]
fn blocks_are_aligned() {
    let reserve = reserve!();
    for align in (0..=12).map(|power| 1 << power) {
        for size in [1, align, 5000] {
            let block = reserve.take(layout(size, align)).expect("there is room");
            assert_eq!(block.addr() % align, 0, "{size} bytes");
        }
    }
    assert!(reserve.take(layout(1, 8192)).is_none());
}

#[test]
fn requests_that_are_too_large_are_refused() {
    let reserve = reserve!();
    assert!(reserve.take(layout(262_145, 1)).is_none());
    assert!(reserve.take(layout(usize::MAX / 4, 1)).is_none());
    assert!(reserve.take(layout(262_144, 1)).is_some());
}

#[test]
fn all_of_a_mebibyte_is_allocated_and_freed() {
    let reserve = reserve!();
    // Only the largest under Miri: the others are too many.
    let blocks = [(262_144, 2), (4096, 128 + 128), (64, 8192 + 128)];
    for (size, count) in blocks.into_iter().take(if cfg!(miri) { 1 } else { 3 }) {
        for _ in 0..2 {
            let blocks = take_all(reserve, layout(size, 1));
            assert_eq!(blocks.len(), count, "{size} bytes");
            for block in blocks {
                give_back(reserve, block, size);
            }
        }
    }
}

#[test]
fn the_tail_of_a_block_can_be_freed() {
    let reserve = reserve!();
    let block = reserve.take(layout(4096, 1)).expect("there is room");
    // SAFETY: the tail is not used.
    unsafe { reserve.give_back(block, 4096, 65) };
    let next = reserve.take(layout(64, 1)).expect("there is room");
    assert_eq!(next, block.wrapping_add(128));
    give_back(reserve, block, 65);
    assert_eq!(reserve.take(layout(128, 1)), Some(block));
}

#[test]
fn there_is_room_while_half_of_each_pool_is_free() {
    let reserve = reserve!();
    let block = layout(4096, 1);
    let small: Vec<_> = (0..64).map(|_| reserve.take(block)).collect();
    assert!(reserve.has_room());
    let one_more = reserve.take(block).expect("there is room");
    assert!(!reserve.has_room());
    give_back(reserve, one_more, 4096);
    assert!(reserve.has_room());
    drop(small);

    let large = reserve.take(layout(262_144, 1));
    assert!(large.is_some() && reserve.has_room());
    assert!(reserve.take(layout(4097, 1)).is_some() && !reserve.has_room());
}

#[test]
fn threads_never_share_a_block() {
    // Miri, which detects data races anyway, compares few bytes.
    const TURNS: usize = if cfg!(miri) { 4 } else { 5000 };
    const STEP: usize = if cfg!(miri) { 3001 } else { 37 };
    const STRIDE: usize = if cfg!(miri) { 997 } else { 1 };

    let reserve = reserve!();
    let threads: Vec<_> = (0..4_u8)
        .map(|mark| {
            thread::spawn(move || {
                for turn in 0..TURNS {
                    let size = 1 + turn * STEP % 9000;
                    let Some(block) = reserve.take(layout(size, 1)) else {
                        continue;
                    };
                    // SAFETY: the block is this thread's, and has this size.
                    unsafe { block.write_bytes(mark, size) };
                    // SAFETY: as above.
                    let bytes = unsafe { std::slice::from_raw_parts(block, size) };
                    assert!(bytes.iter().step_by(STRIDE).all(|&byte| byte == mark));
                    give_back(reserve, block, size);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    assert_eq!(take_all(reserve, layout(262_144, 1)).len(), 2);
}
