# A packet capture of a session, and its key log.
cc "$PROJECT/tests/c/capture.c" -I"$PROJECT/tests/c" -o capture $(pkg-config --cflags --libs s2n)
./capture "$CERTS" 13 capture.pcap keys.log

# bpftrace requires root and the kernel's support. Here each tracepoint of its program must exist in the file.
bpftrace() {
    printf '%s\n' "$2" | sed -n 's/^usdt:\(.*\):rs2n:\([a-z_]*\) .*/\1 \2/p' >tracepoints
    [ "$(wc -l <tracepoints)" -eq 3 ] || return 1
    while read -r library name; do
        readelf --notes "$library" | grep -q "Name: $name\$" || return 1
    done <tracepoints
}
