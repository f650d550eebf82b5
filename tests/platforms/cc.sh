#!/bin/sh
# C compiler of `cargo check` for a system whose headers this machine does not have: zig, which has those of many
# systems, compiles the C files of rs2n. Those of dependencies become objects without contents, as nothing is linked:
# compiling AWS-LC takes minutes. ZIG_TARGET is the name of the target for zig.
set -eu
output=
source=
previous=
for argument; do
    [ "$previous" != -o ] || output=$argument
    case $argument in
    *src/ffi/abi/errno.c | *src/sys/cancellation.c) source=$argument ;;
    esac
    previous=$argument
done
if [ -z "$source" ]; then
    # The crate cc determines the kind of compiler: by a preprocessed file, and by an option of clang-cl.
    case " $* " in *' -E '* | *' -? '*) exec clang "$@" ;; esac
    [ -z "$output" ] || clang -x c -c /dev/null -o "$output"
    exit
fi
exec python3 -m ziglang cc -target "$ZIG_TARGET" -Wall -Wextra -Werror -fPIC -c "$source" -o "$output"
