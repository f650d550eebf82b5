/* Calls of connections whose result has the error, and callbacks: see glue.c. */

int64_t rs2n_py_negotiate(struct s2n_connection *conn);
int64_t rs2n_py_send(struct s2n_connection *conn, const void *data, size_t length);
int64_t rs2n_py_recv(struct s2n_connection *conn, void *buffer, size_t size);
int64_t rs2n_py_shutdown(struct s2n_connection *conn);
int64_t rs2n_py_shutdown_send(struct s2n_connection *conn);
uint8_t rs2n_py_accept_name(const char *name, size_t length, void *data);
