/* The floor: the same job with epoll and nothing else. floor PORT SESSIONS */
#define _GNU_SOURCE
#include "frames.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 65536, SEEN = 1 << 16, SLICES = 150 };

struct session {
    int fd;
    uint8_t upgraded, registered;
    double beat_at;      /* when an open heartbeat was sent; 0: none is open */
    long beat;
    uint8_t *rest;       /* the beginning of a frame that is not all there */
    uint32_t rest_size;
    uint64_t *seen;      /* hashes of the ids seen, open addressing; from the first message on */
};

static struct session *sessions;
static long next_mid;

/* What one event causes leaves in one send; 64 KiB that are read cause less than as much. */
static uint8_t out_buffer[2 * BUFFER];
static size_t out_size;

static void send_all(struct session *s) {
    for (size_t sent = 0; sent < out_size;) {
        ssize_t n = send(s->fd, out_buffer + sent, out_size - sent, MSG_NOSIGNAL);
        if (n < 0) {
            close(s->fd);
            break;
        }
        sent += (size_t)n;
    }
    out_size = 0;
}

static void text(struct session *s, const char *bytes, size_t length) {
    if (out_size + length + 14 > sizeof out_buffer) send_all(s);
    out_size += frame_write(out_buffer + out_size, 1, bytes, length, 1);
}

static void registration(struct session *s) {
    char out[300];
    int n = snprintf(out, sizeof out,
        "{\"lwp\":\"/reg\",\"headers\":{\"cache-header\":\"app-key token ua wv\",\"app-key\":\"444\",\"token\":\"t\",\"ua\":\"u\","
        "\"dt\":\"j\",\"wv\":\"im:3,au:3,sy:6\",\"sync\":\"0,0;0;0;\",\"did\":\"d\",\"mid\":\"r%ld 0\"}}", next_mid++);
    text(s, out, (size_t)n);
}

static void message(struct session *s, char *in, size_t length) {
    size_t mid_size;
    char *mid = field(in, length, "\"mid\":\"", &mid_size);
    if (!mid) return;
    if (memmem(in, length < 12 ? length : 12, "\"code\":200", 10)) {
        if (!s->registered) {
            s->registered = 1;
        } else if (s->beat_at && atol(mid + 1) == s->beat) {
            s->beat_at = 0;
        }
        return;
    }
    char inner[2048], out[300];
    size_t id_size;
    char *id = message_id(in, length, inner, sizeof inner, &id_size);
    if (id) seen(&s->seen, SEEN, id, id_size);
    text(s, out, acknowledgement(out, sizeof out, mid, mid_size));
}

static void readable(struct session *s) {
    static uint8_t buffer[2 * BUFFER];
    memcpy(buffer, s->rest, s->rest_size);
    ssize_t got = recv(s->fd, buffer + s->rest_size, BUFFER, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) close(s->fd);
        return;
    }
    size_t have = s->rest_size + (size_t)got, used = 0;
    if (!s->upgraded) {
        char *end = memmem(buffer, have, "\r\n\r\n", 4);
        if (end) {
            used = (size_t)(end + 4 - (char *)buffer);
            s->upgraded = 1;
            registration(s);
        }
    }
    while (s->upgraded) {
        int opcode;
        char *payload;
        size_t length, frame = frame_read(buffer + used, have - used, &opcode, &payload, &length);
        if (!frame) break;
        used += frame;
        if (opcode == 1) message(s, payload, length);
    }
    send_all(s);
    free(s->rest);
    s->rest = NULL;
    s->rest_size = (uint32_t)(have - used);
    if (s->rest_size) s->rest = memcpy(malloc(s->rest_size), buffer + used, s->rest_size);
}

/* A tenth of a second's share of the sessions: each beats every 15 s. */
static void beat(int count) {
    static int slice;
    double now = seconds_now();
    for (int i = slice; i < count; i += SLICES) {
        struct session *s = &sessions[i];
        if (!s->registered) continue;
        if (s->beat_at && now - s->beat_at > 30) {
            close(s->fd);
            continue;
        }
        char out[100];
        s->beat = next_mid++;
        if (!s->beat_at) s->beat_at = now;
        int n = snprintf(out, sizeof out, "{\"lwp\":\"/!\",\"headers\":{\"mid\":\"b%ld 0\"}}", s->beat);
        text(s, out, (size_t)n);
        send_all(s);
    }
    slice = (slice + 1) % SLICES;
}

int main(int argc, char **argv) {
    if (argc < 3) return 64;
    signal(SIGPIPE, SIG_IGN);
    int count = atoi(argv[2]), poller = epoll_create1(0), on = 1, begun = 0;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    sessions = calloc((size_t)count, sizeof *sessions);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event events[512];
    double next_beat = seconds_now() + 0.1;
    for (;;) {
        for (int i = 0; i < 100 && begun < count; i++, begun++) {
            int fd = socket(AF_INET, SOCK_STREAM, 0);
            if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) {
                perror("connect");
                return 1;
            }
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            sessions[begun].fd = fd;
            struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)begun};
            epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
            char out[300];
            int n = snprintf(out, sizeof out,
                "GET /s%d HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", begun);
            if (send(fd, out, (size_t)n, MSG_NOSIGNAL) < 0) return 1;
        }
        int n = epoll_wait(poller, events, 512, begun < count ? 0 : 20);
        for (int i = 0; i < n; i++) readable(&sessions[events[i].data.u32]);
        while (seconds_now() >= next_beat) {
            beat(count);
            next_beat += 0.1;
        }
    }
}
