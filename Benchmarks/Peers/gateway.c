/* The neutral gateway that every peer is measured against: it upgrades, answers registrations and heartbeats, pushes chat messages
   and times their acknowledgements. One thread, epoll. What one event causes for a connection leaves it in one send: a gateway that
   sent message by message would measure the kernel, and hide what the peers cost.

     gateway PORT [ADDRESS [CERTIFICATE KEY]]    with certificate and key (PEM): TLS

   Commands on standard input, one per line; each is answered by one line of JSON:
     stats                 sessions that are registered, heartbeats answered, when the last registration was answered
     flood WINDOW SECONDS  every session always has WINDOW messages that are not acknowledged; up to 100 sessions
     rate N SECONDS        N messages a second over all sessions, evenly; with the quantiles of push to acknowledgement
     quit */
#define _GNU_SOURCE
#include "frames.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_FD = 70000, BUFFER = 65536, FLOODED = 100, LATENCIES = 4000000 };

struct connection {
    uint8_t *in;
    size_t have, room;
    uint8_t *out;            /* what is to be sent, from `out_sent` to `out_have` */
    size_t out_have, out_sent, out_room;
    int waits_for_room;      /* the socket is full: epoll tells when there is room again */
    SSL *tls;                /* null: in the clear */
    int upgraded, registered;
    int unanswered;
};

static struct connection *connections[MAX_FD];
static int registered[MAX_FD], registered_count;
static int poller;
static SSL_CTX *tls;
static int unsent[MAX_FD], unsent_count;
static double first_accept, last_registration;
static long heartbeats, acks, pushed, sequence;
static double run_end, push_interval, next_push;
static int window, next_session;
static double *latencies;
static long latency_count;

static uint32_t rotl(uint32_t x, int n) { return x << n | x >> (32 - n); }

/* SHA-1 (FIPS 180-4) of at most 119 bytes: enough for a key and the magic text. */
static void sha1(const char *text, size_t length, uint8_t digest[20]) {
    uint8_t block[128] = {0};
    memcpy(block, text, length);
    block[length] = 0x80;
    size_t total = length < 56 ? 64 : 128;
    block[total - 2] = (uint8_t)(length * 8 >> 8);
    block[total - 1] = (uint8_t)(length * 8);
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    for (size_t at = 0; at < total; at += 64) {
        uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 16; i++)
            w[i] = (uint32_t)block[at + 4 * i] << 24 | (uint32_t)block[at + 4 * i + 1] << 16
                | (uint32_t)block[at + 4 * i + 2] << 8 | block[at + 4 * i + 3];
        for (int i = 16; i < 80; i++) w[i] = rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        for (int i = 0; i < 80; i++) {
            uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 ? b ^ c ^ d : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
            uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
            uint32_t next = rotl(a, 5) + f + e + k + w[i];
            e = d, d = c, c = rotl(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

/* As recv and send of a socket that does not block. Of TLS, all records that are there. */
static ssize_t take(int fd, struct connection *c, uint8_t *bytes, size_t room) {
    if (!c->tls) return recv(fd, bytes, room, 0);
    ssize_t have = 0;
    int n;
    ERR_clear_error();
    while ((n = SSL_read(c->tls, bytes + have, (int)(room - (size_t)have))) > 0)
        if ((size_t)(have += n) == room) return have;
    if (have) return have;
    errno = EAGAIN;
    return SSL_get_error(c->tls, n) == SSL_ERROR_WANT_READ ? -1 : 0;
}

static ssize_t give(int fd, struct connection *c, const void *bytes, size_t length) {
    if (!c->tls) return send(fd, bytes, length, MSG_NOSIGNAL);
    ERR_clear_error();
    int n = SSL_write(c->tls, bytes, (int)length);
    if (n > 0) return n;
    errno = SSL_get_error(c->tls, n) == SSL_ERROR_WANT_WRITE ? EAGAIN : EPIPE;
    return -1;
}

/* Remembers what is to be sent; `send_all` sends it. */
static void put(int fd, const void *bytes, size_t length) {
    struct connection *c = connections[fd];
    if (c->out_have == 0) unsent[unsent_count++] = fd;
    if (c->out_have + length > c->out_room) {
        c->out_room = 2 * (c->out_have + length);
        c->out = realloc(c->out, c->out_room);
    }
    memcpy(c->out + c->out_have, bytes, length);
    c->out_have += length;
}

static void put_text(int fd, const char *text, size_t length) {
    uint8_t frame[4096];
    put(fd, frame, frame_write(frame, 1, text, length, 0));
}

/* A chat message as the gateway of the reference sends them; its id carries the time at which it was sent. */
static void push(int fd) {
    char inner[512], outer[1024], base64[700];
    sequence++;
    int size = snprintf(inner, sizeof inner,
        "{\"1\":{\"2\":\"chat-%d@goofish\",\"3\":\"m-%ld\",\"5\":%lld,\"10\":{\"senderUserId\":\"7\",\"reminderTitle\":\"A buyer\","
        "\"reminderContent\":\"Is this one still to be had?\",\"reminderUrl\":\"x://item?itemId=12\",\"sessionType\":\"1\"}}}",
        fd, sequence, (long long)(time(NULL)) * 1000);
    size_t encoded = base64_write(base64, (uint8_t *)inner, (size_t)size);
    int length = snprintf(outer, sizeof outer,
        "{\"lwp\":\"/s/sync\",\"headers\":{\"mid\":\"%.9f %ld\",\"sid\":\"s\"},\"body\":{\"syncPushPackage\":{\"data\":[{\"data\":\"%.*s\"}]}}}",
        seconds_now(), sequence, (int)encoded, base64);
    connections[fd]->unanswered++;
    pushed++;
    put_text(fd, outer, (size_t)length);
}

static void drop(int fd) {
    struct connection *c = connections[fd];
    if (c->registered) {
        for (int i = 0; i < registered_count; i++)
            if (registered[i] == fd) {
                registered[i] = registered[--registered_count];
                break;
            }
    }
    SSL_free(c->tls);
    free(c->in);
    free(c->out);
    free(c);
    connections[fd] = NULL;
    close(fd);
}

static void wait_for_room(int fd, struct connection *c, int waits) {
    struct epoll_event event = {.events = EPOLLIN | (waits ? EPOLLOUT : 0), .data.fd = fd};
    if (c->waits_for_room != waits) epoll_ctl(poller, EPOLL_CTL_MOD, fd, &event);
    c->waits_for_room = waits;
}

/* Sends what is there for one connection, as far as its socket takes it. */
static void send_one(int fd) {
    struct connection *c = connections[fd];
    while (c->out_sent < c->out_have) {
        ssize_t n = give(fd, c, c->out + c->out_sent, c->out_have - c->out_sent);
        if (n < 0 && errno == EAGAIN) return wait_for_room(fd, c, 1);
        if (n < 0) return drop(fd);
        c->out_sent += (size_t)n;
    }
    c->out_have = c->out_sent = 0;
    wait_for_room(fd, c, 0);
}

static void send_all(void) {
    for (int i = 0; i < unsent_count; i++)
        if (connections[unsent[i]]) send_one(unsent[i]);
    unsent_count = 0;
}

static void upgrade(int fd, struct connection *c) {
    char *end = memmem(c->in, c->have, "\r\n\r\n", 4);
    if (!end) return;
    char *key = NULL;
    for (char *line = (char *)c->in; line < end; line++)
        if (strncasecmp(line, "sec-websocket-key:", 18) == 0) key = line + 18;
    char text[100], answer[300], accept[40];
    if (!key) return drop(fd);
    while (*key == ' ') key++;
    size_t size = strcspn(key, "\r ");
    if (size > 60) return drop(fd);
    memcpy(text, key, size);
    memcpy(text + size, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    uint8_t digest[20];
    sha1(text, size + 36, digest);
    size_t length = base64_write(accept, digest, 20);
    int n = snprintf(answer, sizeof answer,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %.*s\r\n\r\n",
        (int)length, accept);
    size_t used = (size_t)(end + 4 - (char *)c->in);
    memmove(c->in, c->in + used, c->have - used);
    c->have -= used;
    c->upgraded = 1;
    put(fd, answer, (size_t)n);
}

static void message(int fd, struct connection *c, char *text, size_t length) {
    size_t size, path_size;
    char *mid = field(text, length, "\"mid\":\"", &size);
    if (!mid) mid = field(text, length, "\"mid\": \"", &size);
    if (!mid) return;
    char *path = field(text, length, "\"lwp\":\"", &path_size);
    if (!path) path = field(text, length, "\"lwp\": \"", &path_size);
    if (!path) {
        if (c->unanswered > 0) c->unanswered--;
        acks++;
        if (latencies && latency_count < LATENCIES) latencies[latency_count++] = seconds_now() - atof(mid);
        if (window && seconds_now() < run_end) push(fd);
        return;
    }
    if (path_size == 2 && path[1] == '!') heartbeats++;
    int is_registration = path_size == 4 && memcmp(path, "/reg", 4) == 0;
    if (path_size != 2 && !is_registration) return;
    if (is_registration && !c->registered) {
        c->registered = 1;
        registered[registered_count++] = fd;
        last_registration = seconds_now();
    }
    char answer[200];
    int n = snprintf(answer, sizeof answer, "{\"code\":200,\"headers\":{\"mid\":\"%.*s\"}}", (int)(size > 100 ? 100 : size), mid);
    put_text(fd, answer, (size_t)n);
}

static void readable(int fd) {
    static uint8_t buffer[BUFFER];
    struct connection *c = connections[fd];
    ssize_t n = take(fd, c, buffer, sizeof buffer);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) drop(fd);
        return;
    }
    if (c->have + (size_t)n > c->room) {
        c->room = c->have + (size_t)n;
        c->in = realloc(c->in, c->room);
    }
    memcpy(c->in + c->have, buffer, (size_t)n);
    c->have += (size_t)n;
    if (!c->upgraded) {
        upgrade(fd, c);
        if (!connections[fd] || !c->upgraded) return;
    }
    size_t used = 0;
    for (;;) {
        int opcode;
        char *payload;
        size_t length, frame = frame_read(c->in + used, c->have - used, &opcode, &payload, &length);
        if (!frame) break;
        used += frame;
        if (opcode == 8) return drop(fd);
        if (opcode == 9) {
            uint8_t pong[140];
            put(fd, pong, frame_write(pong, 10, payload, length > 125 ? 125 : length, 0));
        }
        if (opcode == 1) message(fd, c, payload, length);
    }
    memmove(c->in, c->in + used, c->have - used);
    c->have -= used;
    if (c->have == 0 && c->room > 4096) {
        free(c->in);
        c->in = NULL;
        c->room = 0;
    }
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void end_run(void) {
    double p50 = 0, p99 = 0;
    if (latency_count) {
        qsort(latencies, (size_t)latency_count, sizeof *latencies, by_size);
        p50 = latencies[latency_count / 2];
        p99 = latencies[latency_count * 99 / 100];
    }
    printf("{\"pushed\":%ld,\"acks\":%ld,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n", pushed, acks, p50 * 1e3, p99 * 1e3);
    fflush(stdout);
    run_end = push_interval = 0;
    window = 0;
}

static void begin_run(double seconds) {
    if (!latencies) latencies = malloc(LATENCIES * sizeof *latencies);
    latency_count = acks = pushed = 0;
    run_end = seconds_now() + seconds;
}

static void command(char *line) {
    double a = 0, b = 0;
    if (sscanf(line, "flood %lf %lf", &a, &b) == 2) {
        begin_run(b);
        window = (int)a;
        for (int i = 0; i < registered_count && i < FLOODED; i++)
            for (int k = 0; k < window; k++) push(registered[i]);
    } else if (sscanf(line, "rate %lf %lf", &a, &b) == 2) {
        begin_run(b);
        push_interval = 1 / a;
        next_push = seconds_now();
    } else if (strncmp(line, "stats", 5) == 0) {
        printf("{\"registered\":%d,\"heartbeats\":%ld,\"establish_s\":%.3f}\n", registered_count, heartbeats,
            last_registration - first_accept);
        fflush(stdout);
    } else if (strncmp(line, "quit", 4) == 0) {
        exit(0);
    }
}

static void use_tls(const char *certificate, const char *key) {
    tls = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls, 0);
    if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1 || SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1) {
        fprintf(stderr, "cannot use %s and %s\n", certificate, key);
        exit(66);
    }
}

int main(int count, char **arguments) {
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(count > 1 ? atoi(arguments[1]) : 0)),
        .sin_addr.s_addr = count > 2 ? inet_addr(arguments[2]) : htonl(INADDR_LOOPBACK)};
    if (count > 4) use_tls(arguments[3], arguments[4]);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 65535)) {
        perror("cannot listen");
        return 69;
    }
    socklen_t size = sizeof address;
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("{\"port\":%d}\n", ntohs(address.sin_port));
    fflush(stdout);
    poller = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event);
    event.data.fd = 0;
    epoll_ctl(poller, EPOLL_CTL_ADD, 0, &event);
    static char line[1000];
    size_t line_size = 0;
    for (;;) {
        int n = epoll_wait(poller, events, 512, run_end ? 1 : -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                int new;
                while ((new = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    if (new >= MAX_FD) {
                        close(new);
                        continue;
                    }
                    if (!first_accept) first_accept = seconds_now();
                    setsockopt(new, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                    connections[new] = calloc(1, sizeof(struct connection));
                    if (tls) {
                        connections[new]->tls = SSL_new(tls);
                        SSL_set_fd(connections[new]->tls, new);
                        SSL_set_accept_state(connections[new]->tls);
                    }
                    event.data.fd = new;
                    epoll_ctl(poller, EPOLL_CTL_ADD, new, &event);
                }
            } else if (fd == 0) {
                ssize_t got = read(0, line + line_size, sizeof line - 1 - line_size);
                if (got <= 0) return 0;
                line_size += (size_t)got;
                line[line_size] = 0;
                char *end;
                while ((end = strchr(line, '\n'))) {
                    *end = 0;
                    command(line);
                    memmove(line, end + 1, line_size -= (size_t)(end + 1 - line));
                    line[line_size] = 0;
                }
            } else if (connections[fd]) {
                if (events[i].events & EPOLLOUT) send_one(fd);
                if (connections[fd] && events[i].events & ~EPOLLOUT) readable(fd);
                /* What OpenSSL has read from the socket epoll does not see any more. */
                while (connections[fd] && connections[fd]->tls && SSL_pending(connections[fd]->tls)) readable(fd);
            }
            send_all();
        }
        if (!run_end) continue;
        double now = seconds_now();
        while (push_interval && next_push <= now && next_push < run_end && registered_count) {
            push(registered[next_session++ % registered_count]);
            next_push += push_interval;
        }
        send_all();
        /* Half a second for the last answers. */
        if (now > run_end + 0.5) end_run();
    }
}
