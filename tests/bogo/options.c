/*
 * The runner's flags. Those that are not in the list here are unimplemented: a test that passes has
 * tested everything that its flags say.
 */
#include "shim.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { SWITCH, NUMBER, TEXT, BYTES, LIST, NEW_CREDENTIAL, NEW_RAW_KEY, CREDENTIAL_TEXT, CREDENTIAL_BYTES,
    CREDENTIAL_LIST };

struct flag {
    const char *name;
    enum kind kind;
    size_t offset;
};

#define FLAG(name, kind, field) { name, kind, offsetof(struct options, field) }
#define CREDENTIAL(name, kind, field) { name, kind, offsetof(struct credential, field) }

static const struct flag FLAGS[] = {
    FLAG("-port", NUMBER, port),
    FLAG("-shim-id", NUMBER, shim_id),
    FLAG("-ipv6", SWITCH, ipv6),
    FLAG("-server", SWITCH, server),
    FLAG("-async", SWITCH, async),
    FLAG("-resume-count", NUMBER, resume_count),

    FLAG("-min-version", NUMBER, min_version),
    FLAG("-max-version", NUMBER, max_version),
    FLAG("-no-tls1", SWITCH, no_tls1),
    FLAG("-no-tls11", SWITCH, no_tls11),
    FLAG("-no-tls12", SWITCH, no_tls12),
    FLAG("-no-tls13", SWITCH, no_tls13),
    FLAG("-fips-202205", SWITCH, fips_202205),
    FLAG("-wpa-202304", SWITCH, wpa_202304),
    FLAG("-cnsa-202407", SWITCH, cnsa_202407),
    FLAG("-cnsa1-202603", SWITCH, cnsa1_202603),
    FLAG("-curves", LIST, curves),
    FLAG("-verify-prefs", LIST, verify_prefs),

    { "-new-x509-credential", NEW_CREDENTIAL, 0 },
    { "-new-rpk-credential", NEW_RAW_KEY, 0 },
    CREDENTIAL("-cert-file", CREDENTIAL_TEXT, cert_file),
    CREDENTIAL("-key-file", CREDENTIAL_TEXT, key_file),
    CREDENTIAL("-signing-prefs", CREDENTIAL_LIST, signing_prefs),
    CREDENTIAL("-ocsp-response", CREDENTIAL_BYTES, ocsp_response),
    FLAG("-trust-cert", TEXT, trust_cert),
    FLAG("-accepted-peer-cert-types", LIST, accepted_peer_cert_types),
    FLAG("-available-client-cert-types", LIST, available_client_cert_types),
    FLAG("-verify-peer", SWITCH, verify_peer),
    FLAG("-verify-fail", SWITCH, verify_fail),
    FLAG("-require-any-client-certificate", SWITCH, require_any_client_certificate),
    FLAG("-use-custom-verify-callback", SWITCH, use_custom_verify_callback),
    FLAG("-enable-ocsp-stapling", SWITCH, enable_ocsp_stapling),
    FLAG("-use-early-callback", SWITCH, use_early_callback),
    FLAG("-fail-early-callback", SWITCH, fail_early_callback),
    FLAG("-use-old-client-cert-callback", SWITCH, use_old_client_cert_callback),
    FLAG("-use-client-ca-list", TEXT, use_client_ca_list),

    FLAG("-host-name", TEXT, host_name),
    FLAG("-advertise-alpn", TEXT, advertise_alpn),
    FLAG("-select-alpn", TEXT, select_alpn),
    FLAG("-decline-alpn", SWITCH, decline_alpn),

    FLAG("-no-ticket", SWITCH, no_ticket),
    FLAG("-enable-early-data", SWITCH, enable_early_data),
    FLAG("-resumption-delay", NUMBER, resumption_delay),

    FLAG("-quic", SWITCH, quic),
    FLAG("-quic-transport-params", BYTES, quic_transport_params),
    FLAG("-expect-quic-transport-params", BYTES, expect_quic_transport_params),
    FLAG("-quic-use-legacy-codepoint", NUMBER, quic_use_legacy_codepoint),
    FLAG("-quic-early-data-context", TEXT, quic_early_data_context),

    FLAG("-ech-config-list", BYTES, ech_config_list),
    FLAG("-reject-unusable-ech-config", SWITCH, reject_unusable_ech_config),
    FLAG("-enable-ech-grease", SWITCH, enable_ech_grease),
    FLAG("-expect-ech-accept", SWITCH, expect_ech_accept),
    FLAG("-expect-no-ech-name-override", SWITCH, expect_no_ech_name_override),
    FLAG("-expect-ech-retry-configs", BYTES, expect_ech_retry_configs),
    FLAG("-expect-no-ech-retry-configs", SWITCH, expect_no_ech_retry_configs),

    FLAG("-export-label", TEXT, export_label),
    FLAG("-export-context", TEXT, export_context),
    FLAG("-export-keying-material", NUMBER, export_keying_material),
    FLAG("-use-export-context", SWITCH, use_export_context),
    FLAG("-use-exporter-between-reads", SWITCH, use_exporter_between_reads),
    FLAG("-shim-writes-first", SWITCH, shim_writes_first),
    FLAG("-read-with-unfinished-write", SWITCH, read_with_unfinished_write),
    FLAG("-write-different-record-sizes", SWITCH, write_different_record_sizes),
    FLAG("-shim-initial-write", TEXT, shim_initial_write),
    FLAG("-repeat-shim-initial-write", NUMBER, repeat_shim_initial_write),
    FLAG("-read-size", NUMBER, read_size),
    FLAG("-max-send-fragment", NUMBER, max_send_fragment),
    FLAG("-peek-then-read", SWITCH, peek_then_read),
    FLAG("-key-update", SWITCH, key_update),
    FLAG("-key-update-before-read", SWITCH, key_update_before_read),
    FLAG("-shim-shuts-down", SWITCH, shim_shuts_down),
    FLAG("-check-close-notify", SWITCH, check_close_notify),
    FLAG("-no-op-extra-handshake", SWITCH, no_op_extra_handshake),
    FLAG("-handshake-twice", SWITCH, handshake_twice),
    FLAG("-renegotiate-ignore", SWITCH, renegotiate_ignore),
    FLAG("-handshake-never-done", SWITCH, handshake_never_done),

    FLAG("-expect-version", NUMBER, expect_version),
    FLAG("-expect-cipher", NUMBER, expect_cipher),
    FLAG("-expect-curve-id", NUMBER, expect_curve_id),
    FLAG("-expect-peer-signature-algorithm", NUMBER, expect_peer_signature_algorithm),
    FLAG("-expect-hrr", SWITCH, expect_hrr),
    FLAG("-expect-no-hrr", SWITCH, expect_no_hrr),
    FLAG("-expect-server-name", TEXT, expect_server_name),
    FLAG("-expect-no-server-name", SWITCH, expect_no_server_name),
    FLAG("-expect-alpn", TEXT, expect_alpn),
    FLAG("-expect-advertised-alpn", TEXT, expect_advertised_alpn),
    FLAG("-expect-ocsp-response", BYTES, expect_ocsp_response),
    FLAG("-expect-verify-result", SWITCH, expect_verify_result),
    FLAG("-expect-no-peer-cert", SWITCH, expect_no_peer_cert),
    FLAG("-expect-peer-cert-file", TEXT, expect_peer_cert_file),
    FLAG("-expect-peer-certificate-type", NUMBER, expect_peer_certificate_type),
    FLAG("-expect-peer-rpk-sha256", BYTES, expect_peer_rpk_sha256),
    FLAG("-expect-client-ca-list", TEXT, expect_client_ca_list),
    FLAG("-expect-selected-credential", NUMBER, expect_selected_credential),
    FLAG("-expect-session-miss", SWITCH, expect_session_miss),
    FLAG("-expect-no-session", SWITCH, expect_no_session),
    FLAG("-expect-session-id", SWITCH, expect_session_id),
    FLAG("-expect-no-session-id", SWITCH, expect_no_session_id),
    FLAG("-expect-ticket-supports-early-data", SWITCH, expect_ticket_supports_early_data),
    FLAG("-expect-accept-early-data", SWITCH, expect_accept_early_data),
    FLAG("-expect-reject-early-data", SWITCH, expect_reject_early_data),
    FLAG("-expect-no-offer-early-data", SWITCH, expect_no_offer_early_data),
    FLAG("-expect-early-data-reason", TEXT, expect_early_data_reason),
};

/* Each flag that ended a run as unimplemented is added to the file of this variable, to be counted. */
static void record(const char *what)
{
    const char *path = getenv("BOGO_UNIMPLEMENTED");
    int file = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (file < 0) {
        return;
    }
    char line[128];
    int len = snprintf(line, sizeof(line), "%s\n", what);
    if (len > 0 && (size_t) len < sizeof(line) && write(file, line, (size_t) len) != len) {
        perror(path);
    }
    close(file);
}

_Noreturn void unimplemented(const char *what)
{
    record(what);
    fprintf(stderr, "unimplemented: %s\n", what);
    exit(UNIMPLEMENTED);
}

static _Noreturn void invalid(const char *flag)
{
    fprintf(stderr, "%s: the value is not valid\n", flag);
    exit(FAILED);
}

static int number(const char *flag, const char *value)
{
    char *end;
    long result = strtol(value, &end, 10);
    if (end == value || *end != '\0' || result < INT32_MIN || result > INT32_MAX) {
        invalid(flag);
    }
    return (int) result;
}

static int base64_digit(char c)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c == '\0' ? NULL : strchr(DIGITS, c);
    return found == NULL ? -1 : (int) (found - DIGITS);
}

struct bytes decode_base64(const char *flag, const char *value)
{
    struct bytes bytes = { .is_set = true, .data = malloc(strlen(value) + 1) };
    if (bytes.data == NULL) {
        invalid(flag);
    }
    uint32_t bits = 0;
    int count = 0;
    for (; *value != '\0' && *value != '='; value++) {
        int digit = base64_digit(*value);
        if (digit < 0) {
            invalid(flag);
        }
        bits = bits << 6 | (uint32_t) digit;
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes.data[bytes.size++] = (uint8_t) (bits >> count);
        }
    }
    return bytes;
}

static void append(const char *flag, const char *value, struct list *list)
{
    if (list->count == MAX_ITEMS) {
        invalid(flag);
    }
    list->items[list->count++] = (uint16_t) number(flag, value);
}

static bool has_value(enum kind kind)
{
    return kind != SWITCH && kind != NEW_CREDENTIAL && kind != NEW_RAW_KEY;
}

static void set(struct options *options, const struct flag *flag, const char *value)
{
    char *field = (char *) options + flag->offset;
    char *of_credential = (char *) &options->credentials[options->credential_count] + flag->offset;
    switch (flag->kind) {
    case SWITCH: *(bool *) field = true; break;
    case NUMBER: *(int *) field = number(flag->name, value); break;
    case TEXT: *(const char **) field = value; break;
    case BYTES: *(struct bytes *) field = decode_base64(flag->name, value); break;
    case LIST: append(flag->name, value, (struct list *) field); break;
    case NEW_CREDENTIAL:
    case NEW_RAW_KEY:
        if (options->credential_count++ == MAX_CREDENTIALS) {
            invalid(flag->name);
        }
        options->credentials[options->credential_count].is_raw_key = flag->kind == NEW_RAW_KEY;
        break;
    case CREDENTIAL_TEXT: *(const char **) of_credential = value; break;
    case CREDENTIAL_BYTES: *(struct bytes *) of_credential = decode_base64(flag->name, value); break;
    case CREDENTIAL_LIST: append(flag->name, value, (struct list *) of_credential); break;
    }
}

static const struct flag *find_flag(const char *name)
{
    for (size_t i = 0; i < sizeof(FLAGS) / sizeof(FLAGS[0]); i++) {
        if (strcmp(FLAGS[i].name, name) == 0) {
            return &FLAGS[i];
        }
    }
    return NULL;
}

/* Removes a prefix such as "-on-resume" from a flag; the rest begins with a hyphen. */
static bool remove_prefix(const char **name, const char *prefix)
{
    size_t len = strlen(prefix);
    if (strncmp(*name, prefix, len) != 0 || (*name)[len] != '-') {
        return false;
    }
    *name += len;
    return true;
}

static void set_defaults(struct options *options)
{
    options->repeat_shim_initial_write = 1;
    options->shim_initial_write = "hello";
    options->expect_selected_credential = ANY_CREDENTIAL;
    options->expect_peer_certificate_type = ANY_TYPE;
}

void parse_options(int argc, char **argv, struct all_options *options)
{
    set_defaults(&options->initial);
    set_defaults(&options->resume);
    set_defaults(&options->retry);
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        /* There is no second process, as BoringSSL has for split handshakes: this one is the shim. */
        (void) remove_prefix(&name, "-on-shim");
        bool initial = remove_prefix(&name, "-on-initial");
        bool resume = !initial && remove_prefix(&name, "-on-resume");
        bool retry = !initial && !resume && remove_prefix(&name, "-on-retry");
        bool all = !initial && !resume && !retry;
        const struct flag *flag = find_flag(name);
        if (flag == NULL) {
            unimplemented(name);
        }
        const char *value = NULL;
        if (has_value(flag->kind)) {
            if (++i == argc) {
                invalid(name);
            }
            value = argv[i];
        }
        if (all || initial) {
            set(&options->initial, flag, value);
        }
        if (all || resume) {
            set(&options->resume, flag, value);
        }
        if (all || retry) {
            set(&options->retry, flag, value);
        }
    }
}
