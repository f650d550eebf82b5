//! Exhaustive tests of pointers and lengths, in the scopes that each test names.

use std::ptr;

use super::*;

/// Lengths at the limits of their arithmetic.
const LENGTHS: [usize; 11] = [
    0,
    1,
    2,
    u32::MAX as usize,
    isize::MAX as usize / 2,
    isize::MAX as usize / 2 + 1,
    isize::MAX as usize - 1,
    isize::MAX as usize,
    isize::MAX as usize + 1,
    usize::MAX - 1,
    usize::MAX,
];

fn code<T>(outcome: Result<T>) -> Option<Code> {
    outcome.err().map(|error| error.code())
}

/// Scope: a null pointer with each of the lengths above, in each conversion.
#[test]
fn null_pointers() {
    for len in LENGTHS {
        let required = Some(Code::Null);
        let with_length = (len > 0).then_some(Code::Null);
        // SAFETY: the pointer is null.
        assert_eq!(code(unsafe { bytes(ptr::null(), len) }), with_length);
        // SAFETY: as above.
        let writable = unsafe { bytes_mut(ptr::null_mut(), len) };
        assert_eq!(code(writable), with_length);
        // SAFETY: as above.
        assert_eq!(code(unsafe { required_bytes(ptr::null(), len) }), required);
        // SAFETY: as above.
        let numbers = unsafe { required_slice_mut::<u16>(ptr::null_mut(), len) };
        assert_eq!(code(numbers), required);
        // SAFETY: as above.
        let optional = unsafe { optional_bytes(ptr::null(), len) };
        assert_eq!(optional.expect("no bytes"), b"");
    }
    // SAFETY: the pointer is null.
    assert_eq!(code(unsafe { str(ptr::null()) }), Some(Code::Null));
    // SAFETY: as above.
    assert_eq!(unsafe { optional_str(ptr::null()) }, None);
}

/// Scope: a pointer to bytes with each of the lengths above that no object can have.
#[test]
fn lengths_that_no_object_has() {
    let mut place = [0_u16; 4];
    let numbers = place.as_mut_ptr();
    let start = numbers.cast::<u8>();
    for len in LENGTHS {
        let is_rejected = len > isize::MAX as usize;
        if is_rejected {
            let expected = Some(Code::InvalidArgument);
            // SAFETY: a length above `isize::MAX` is rejected before the pointer is used.
            assert_eq!(code(unsafe { bytes(start, len) }), expected);
            // SAFETY: as above.
            assert_eq!(code(unsafe { bytes_mut(start, len) }), expected);
            // SAFETY: as above.
            assert_eq!(code(unsafe { required_bytes(start, len) }), expected);
            // SAFETY: as above.
            assert_eq!(code(unsafe { optional_bytes(start, len) }), expected);
        }
        // The length in bytes is that of two for each number.
        if len > isize::MAX as usize / 2 {
            // SAFETY: a slice of more than `isize::MAX` bytes is rejected before the pointer is
            // used.
            let rejected = unsafe { required_slice_mut(numbers, len) };
            assert_eq!(code(rejected), Some(Code::InvalidArgument));
        }
    }
}

/// Scope: each start and length within 8 bytes, among them empty slices at any address, the end and
/// an address without memory.
#[test]
fn slices_have_their_address_and_length() {
    let mut place = [1_u8, 2, 3, 4, 5, 6, 7, 8];
    let copy = place;
    let start = place.as_mut_ptr();
    for from in 0..=place.len() {
        // SAFETY: at most one byte behind the array.
        let at = unsafe { start.add(from) };
        for len in 0..=copy.len() - from {
            let expected = &copy[from..from + len];
            // SAFETY: `len` bytes can be read there.
            assert_eq!(unsafe { bytes(at, len) }.expect("valid"), expected);
            // SAFETY: as above.
            assert_eq!(unsafe { required_bytes(at, len) }.expect("valid"), expected);
            // SAFETY: as above.
            assert_eq!(unsafe { optional_bytes(at, len) }.expect("valid"), expected);
            // SAFETY: `len` bytes can be written there, and no other reference exists.
            assert_eq!(unsafe { bytes_mut(at, len) }.expect("valid"), expected);
            // SAFETY: as above.
            let slice = unsafe { required_slice_mut(at, len) };
            assert_eq!(slice.expect("valid"), expected);
        }
    }
    let nowhere = ptr::without_provenance_mut(1);
    // SAFETY: no byte is read.
    assert_eq!(unsafe { bytes(nowhere, 0) }.expect("empty"), b"");
    // SAFETY: no byte is read or written.
    assert_eq!(unsafe { bytes_mut(nowhere, 0) }.expect("empty"), b"");
}

/// Scope: counts from the minimum of `int` to 3 around each limit, for a list, and for none; each
/// combination of up to 3 entries that are strings or null.
#[test]
fn lists_of_strings() {
    let text = c"text";
    for count in [
        c_int::MIN,
        c_int::MIN + 1,
        -1,
        0,
        1,
        2,
        c_int::MAX - 1,
        c_int::MAX,
    ] {
        // SAFETY: the list is null.
        let list = unsafe { strings(ptr::null(), count) };
        assert_eq!(list.expect("empty").len(), 0);
    }
    for (count, nulls) in
        (0..=3).flat_map(|count| (0..1_u32 << count).map(move |nulls| (count, nulls)))
    {
        let entry = |at| match nulls >> at & 1 {
            0 => text.as_ptr(),
            _ => ptr::null(),
        };
        let entries: Vec<_> = (0..count).map(entry).collect();
        // SAFETY: the list has `count` entries, which are null or strings.
        let list = unsafe { strings(entries.as_ptr(), count) };
        match nulls {
            0 => assert_eq!(list.expect("valid"), vec![text; count as usize]),
            _ => assert_eq!(code(list), Some(Code::Null)),
        }
        for none in [c_int::MIN, -1, 0] {
            // SAFETY: no entry is read.
            let list = unsafe { strings(entries.as_ptr(), none) };
            assert_eq!(list.expect("empty").len(), 0);
        }
    }
}
