/* The job on libwebsockets, as its minimal examples show it. lws PORT SESSIONS [CA] */
#define _GNU_SOURCE
#include "frames.h"
#include <libwebsockets.h>
#include <sys/resource.h>

enum { SEEN = 1 << 14, SLICES = 150 };

struct waiting {
    struct waiting *next;
    size_t size;
    uint8_t text[];         /* behind LWS_PRE bytes for the library */
};

struct session {
    struct lws *wsi;
    long open;              /* the number of the open heartbeat; 0: none */
    double open_since;
    int registered;
    struct waiting *first, *last;   /* messages to be written, one per callback */
    uint64_t *seen;
};

static struct lws_context *context;
static struct session *sessions;
static int port, count, begun, uses_tls;
static long next_mid = 1;

static void text(struct session *s, const char *bytes) {
    size_t size = strlen(bytes);
    struct waiting *out = malloc(sizeof *out + LWS_PRE + size);
    out->next = NULL;
    out->size = size;
    memcpy(out->text + LWS_PRE, bytes, size);
    if (s->first) s->last->next = out;
    else s->first = out;
    s->last = out;
    lws_callback_on_writable(s->wsi);
}

static void beat(struct session *s) {
    if (!s->wsi || !s->registered) return;
    if (s->open && seconds_now() - s->open_since > 30) {
        lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
        return;
    }
    char out[100];
    s->open = next_mid++;
    s->open_since = seconds_now();
    snprintf(out, sizeof out, "{\"lwp\":\"/!\",\"headers\":{\"mid\":\"b%ld 0\"}}", s->open);
    text(s, out);
}

/* A tenth of a second's share of the sessions: each beats every 15 s. A timer of its own for each would be simpler, but the
   library keeps its timers in one sorted list, and with 19 500 of them does nothing but walk it. */
static void beat_some(lws_sorted_usec_list_t *timer) {
    static int slice;
    for (int i = slice; i < begun; i += SLICES) beat(&sessions[i]);
    slice = (slice + 1) % SLICES;
    lws_sul_schedule(context, 0, timer, beat_some, 15 * LWS_US_PER_SEC / SLICES);
}

static void begin(void) {
    if (begun == count) return;
    struct session *s = &sessions[begun++];
    struct lws_client_connect_info info = {.context = context, .address = "127.0.0.1", .port = port, .path = "/s",
        .host = "127.0.0.1", .origin = "127.0.0.1", .protocol = NULL, .local_protocol_name = "job",
        .opaque_user_data = s, .pwsi = &s->wsi, .ssl_connection = uses_tls ? LCCSCF_USE_SSL : 0};
    lws_client_connect_via_info(&info);
}

static void message(struct session *s, char *in, size_t length) {
    size_t mid_size;
    char *mid = field(in, length, "\"mid\":\"", &mid_size);
    if (!mid) return;
    if (!memmem(in, length, "\"lwp\":", 6)) {
        if (!s->registered) {
            s->registered = 1;
        } else if (atol(mid + 1) == s->open) {
            s->open = 0;
        }
        return;
    }
    char inner[2048], out[300];
    size_t id_size;
    char *id = message_id(in, length, inner, sizeof inner, &id_size);
    if (id) seen(&s->seen, SEEN, id, id_size);
    acknowledgement(out, sizeof out, mid, mid_size);
    text(s, out);
}

static int on(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
    struct session *s = lws_get_opaque_user_data(wsi);
    (void)user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        s->wsi = wsi;
        text(s, "{\"lwp\":\"/reg\",\"headers\":{\"cache-header\":\"app-key token ua wv\",\"app-key\":\"444\",\"token\":\"t\",\"ua\":\"u\","
                "\"dt\":\"j\",\"wv\":\"im:3,au:3,sy:6\",\"sync\":\"0,0;0;0;\",\"did\":\"d\",\"mid\":\"r0 0\"}}");
        begin();
        break;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        message(s, in, length);
        break;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        if (s->first) {
            struct waiting *out = s->first;
            s->first = out->next;
            int written = lws_write(wsi, out->text + LWS_PRE, out->size, LWS_WRITE_TEXT);
            free(out);
            if (written < 0) return -1;
            if (s->first) lws_callback_on_writable(wsi);
        }
        break;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        fprintf(stderr, "%s\n", in ? (char *)in : "cannot connect");
        begin();
        break;
    case LWS_CALLBACK_CLIENT_CLOSED:
        s->wsi = NULL;
        break;
    default:
        break;
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 3) return 64;
    port = atoi(argv[1]);
    count = atoi(argv[2]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    sessions = calloc((size_t)count, sizeof *sessions);
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_protocols protocols[] = {{"job", on, 0, 4096, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};
    uses_tls = argc > 3;
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN, .protocols = protocols,
        .options = LWS_SERVER_OPTION_LIBUV};  /* Its own loop is poll(), whose cost grows with the number of sockets. */
    if (uses_tls) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.client_ssl_ca_filepath = argv[3];
    }
    context = lws_create_context(&info);
    if (!context) return 1;
    static lws_sorted_usec_list_t timer;
    beat_some(&timer);
    for (int i = 0; i < 200; i++) begin();
    while (lws_service(context, 0) >= 0) {}
    return 0;
}
