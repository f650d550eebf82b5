# A packet capture of a session, and its key log.
cc "$PROJECT/tests/c/capture.c" -I"$PROJECT/tests/c" -o capture $(pkg-config --cflags --libs s2n)
./capture "$CERTS" 13 capture.pcap keys.log
