/* What the neutral gateway and the bare client share: frames of RFC 6455, base64, and picking a field out of JSON text. */
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A text frame (opcode 1) into `out`, which has room for the payload and 14 bytes. Returns its length. Masked with zeros where a
   mask is asked for: a mask is there to protect proxies from clever payloads, and there are none of either here. */
static inline size_t frame_write(uint8_t *out, int opcode, const void *payload, size_t length, int masked) {
    size_t n = 0;
    out[n++] = (uint8_t)(0x80 | opcode);
    uint8_t mask = masked ? 0x80 : 0;
    if (length < 126) {
        out[n++] = (uint8_t)(mask | length);
    } else {
        out[n++] = (uint8_t)(mask | 126);
        out[n++] = (uint8_t)(length >> 8);
        out[n++] = (uint8_t)length;
    }
    if (masked) {
        memset(out + n, 0, 4);
        n += 4;
    }
    memcpy(out + n, payload, length);
    return n + length;
}

/* One whole frame at `in`: its length, or 0 if it is not all there. The payload is unmasked in place. */
static inline size_t frame_read(uint8_t *in, size_t have, int *opcode, char **payload, size_t *length) {
    if (have < 2) return 0;
    size_t head = 2, size = in[1] & 0x7f;
    if (size == 126) {
        if (have < 4) return 0;
        size = (size_t)in[2] << 8 | in[3];
        head = 4;
    } else if (size == 127) {
        if (have < 10) return 0;
        size = (size_t)in[6] << 24 | (size_t)in[7] << 16 | (size_t)in[8] << 8 | in[9];
        head = 10;
    }
    int masked = in[1] & 0x80;
    uint8_t *mask = in + head;
    if (masked) head += 4;
    if (have < head + size) return 0;
    if (masked)
        for (size_t i = 0; i < size; i++) in[head + i] ^= mask[i & 3];
    *opcode = in[0] & 15;
    *payload = (char *)in + head;
    *length = size;
    return head + size;
}

/* The text behind `key`, which ends with an opening quote, up to the next quote. Null if there is none. */
static inline char *field(const char *text, size_t length, const char *key, size_t *size) {
    char *at = memmem(text, length, key, strlen(key));
    if (!at) return NULL;
    at += strlen(key);
    char *end = memchr(at, '"', length - (size_t)(at - text));
    if (!end) return NULL;
    *size = (size_t)(end - at);
    return at;
}

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static inline size_t base64_write(char *out, const uint8_t *in, size_t length) {
    size_t n = 0;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t v = (uint32_t)in[i] << 16 | (i + 1 < length ? (uint32_t)in[i + 1] << 8 : 0) | (i + 2 < length ? in[i + 2] : 0);
        out[n++] = base64_alphabet[v >> 18];
        out[n++] = base64_alphabet[v >> 12 & 63];
        out[n++] = i + 1 < length ? base64_alphabet[v >> 6 & 63] : '=';
        out[n++] = i + 2 < length ? base64_alphabet[v & 63] : '=';
    }
    return n;
}

static inline size_t base64_read(char *out, const char *in, size_t length) {
    static int8_t value[256];
    static int known;
    if (!known) {
        memset(value, -1, sizeof value);
        for (int i = 0; i < 64; i++) value[(uint8_t)base64_alphabet[i]] = (int8_t)i;
        known = 1;
    }
    size_t n = 0;
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < length; i++) {
        int8_t v = value[(uint8_t)in[i]];
        if (v < 0) break;
        bits = bits << 6 | (uint32_t)v;
        if ((count += 6) >= 8) out[n++] = (char)(bits >> (count -= 8));
    }
    return n;
}

/* The id of the message in a push, decoded into `inner`, which has room for `room` bytes. Null if there is none. */
static inline char *message_id(const char *in, size_t length, char *inner, size_t room, size_t *id_size) {
    size_t size;
    char *data = field(in, length, "\"data\":\"", &size);
    if (!data || size > room) return NULL;
    return field(inner, base64_read(inner, data, size), "\"3\":\"", id_size);
}

static inline size_t acknowledgement(char *out, size_t room, const char *mid, size_t mid_size) {
    return (size_t)snprintf(out, room, "{\"code\":200,\"headers\":{\"mid\":\"%.*s\",\"sid\":\"s\"}}", (int)mid_size, mid);
}

/* 1 if it was seen before. `*table` has room for so many hashes, open addressing, from the first id on. Forgets everything when
   half full: a bound, not a window. */
static inline int seen(uint64_t **table, size_t room, const char *id, size_t size) {
    uint64_t hash = 1469598103934665603ull;
    for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)id[i]) * 1099511628211ull;
    if (!*table) *table = calloc(room + 1, sizeof **table);
    for (size_t at = hash % room;; at = (at + 1) % room) {
        if ((*table)[at] == hash) return 1;
        if ((*table)[at] == 0) {
            (*table)[at] = hash;
            if (++(*table)[room] > room / 2) memset(*table, 0, (room + 1) * sizeof **table);
            return 0;
        }
    }
}
