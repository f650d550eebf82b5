/* Tests of the code in the guide, chapter records. */
#include "records.md.h"
#include "pair.h"

static uint8_t data[200000];
static uint8_t received[sizeof(data)];

static int writes;

static int count_writes(void *context, const uint8_t *buf, uint32_t len)
{
    writes++;
    return transport_send(context, buf, len);
}

static void a_send_buffer_collects_records(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    struct s2n_config *config = s2n_config_new_minimal();
    CHECK_ERROR(s2n_config_set_send_buffer_size(config, 1033), S2N_ERR_INVALID_ARGUMENT);
    CHECK_OK(s2n_config_free(config));

    CHECK_OK(s2n_connection_set_config(pair->client, pair->config));
    const char *client, *server;
    CHECK_OK(s2n_connection_set_send_cb(pair->client, count_writes));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    writes = 0;
    CHECK(s2n_send(pair->client, data, 80870, &blocked) == 80870);
    CHECK(writes == 10);
    disconnect(pair);

    pair = new_pair(tls13, "ecdsa");
    CHECK_OK(s2n_config_set_send_buffer_size(pair->config, 100000));
    CHECK_OK(s2n_connection_wipe(pair->client));
    attach(pair->client, pair, &pair->to_client, &pair->to_server);
    CHECK_OK(s2n_set_server_name(pair->client, "localhost"));
    CHECK_OK(s2n_connection_set_send_cb(pair->client, count_writes));
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    writes = 0;
    CHECK(s2n_send(pair->client, data, 80870, &blocked) == 80870);
    CHECK(writes == 1 && blocked == S2N_NOT_BLOCKED);
    disconnect(pair);
}

static void dynamic_records_start_small(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    CHECK_OK(s2n_connection_set_send_cb(pair->client, count_writes));
    CHECK_OK(s2n_connection_set_dynamic_record_threshold(pair->client, 10000, 0));
    writes = 0;
    uint64_t before = s2n_connection_get_wire_bytes_out(pair->client);
    pair->to_server.room = 1400;
    CHECK(s2n_send(pair->client, data, 1378 + 1, &blocked) == (tls13 ? 1378 : 1371));
    CHECK(s2n_connection_get_wire_bytes_out(pair->client) - before == 1400);
    disconnect(pair);
}

static void pages_start_with_small_records(int tls13)
{
    struct pair *pair = connected(tls13);
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    size_t overhead = tls13 ? 22 : 29;
    CHECK_OK(tune_for_pages(pair->client));
    CHECK_OK(s2n_connection_set_send_cb(pair->client, count_writes));
    writes = 0;
    uint64_t before = s2n_connection_get_wire_bytes_out(pair->client);
    CHECK(s2n_send(pair->client, data, 150000, &blocked) == 150000);
    uint64_t records = (s2n_connection_get_wire_bytes_out(pair->client) - before - 150000) / overhead;
    /* 48 records for the first 64 KiB, and no more than 7 for the rest. */
    CHECK(records == (uint64_t) writes && records > 50 && records < 58);
    disconnect(pair);
}

static int reads;

static int count_reads(void *context, uint8_t *buf, uint32_t len)
{
    reads++;
    return transport_recv(context, buf, len);
}

static void bulk_transfer_needs_few_calls(int tls13)
{
    struct pair *pair = new_pair(tls13, "ecdsa");
    struct s2n_config *other = s2n_config_new_minimal();
    CHECK_OK(s2n_connection_set_config(pair->client, other));
    CHECK_OK(tune_for_bulk(pair->config, pair->client));
    CHECK_OK(s2n_config_free(other));
    CHECK_OK(s2n_connection_set_recv_buffering(pair->server, true));
    CHECK_OK(s2n_connection_set_send_cb(pair->client, count_writes));
    CHECK_OK(s2n_connection_set_recv_cb(pair->server, count_reads));
    const char *client, *server;
    negotiate(pair, &client, &server);
    CHECK_TEXT(client, "S2N_ERR_OK");
    s2n_blocked_status blocked = S2N_NOT_BLOCKED;
    reads = writes = 0;
    CHECK(s2n_send(pair->client, data, 65536, &blocked) == 65536);
    CHECK(s2n_recv(pair->server, received, 65536, &blocked) == 65536);
    /* Without these settings: 9 writes, and 18 reads in 9 calls. */
    CHECK(writes == 2 && reads <= 5);
    disconnect(pair);
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    folder = argv[1];
    fill_with_pattern(data, sizeof(data));
    CHECK_OK(s2n_init());
    for (int tls13 = 0; tls13 <= 1; tls13++) {
        a_send_buffer_collects_records(tls13);
        dynamic_records_start_small(tls13);
        pages_start_with_small_records(tls13);
        bulk_transfer_needs_few_calls(tls13);
    }
    CHECK_OK(s2n_cleanup_final());
    return 0;
}
