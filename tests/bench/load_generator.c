/*
 * Closed-loop or paced HTTP/1.1 load through a proxy, cheap enough that the proxy is what is measured.
 *
 *   load_generator [options] HOST:PORT ORIGIN_HOST:PORT PATH
 *     -m absolute   send requests in absolute form to HOST:PORT, a proxy (default)
 *     -m tunnel     CONNECT through HOST:PORT, then TLS inside
 *     -m origin     HOST:PORT is the origin itself
 *     -m tls        HOST:PORT is the origin itself, with TLS
 *     -c N          connections (64)          -d S   seconds (3)
 *     -n N          end after N requests, however long they take
 *     -r N          N requests a second, due at even intervals; latency counts from when one was due
 *     -o            one request a connection; latency counts from connect()
 *     -f            latency ends at the body's first byte, not its last
 *     -p FILE       POST the file as application/json, in place of GET
 *
 * The clock starts once all connections stand, or after ten seconds; with -o at once.
 * Prints one line of JSON: requests, errors, seconds, bytes (both ways, of HTTP), p50Ms, p99Ms, maxMs.
 * One thread, one epoll. Certificates are not checked and sessions not resumed. Answers are read strictly
 * enough to notice a wrong one (status 200, length or chunks); no trailers, no 1xx, no pipelining.
 * Linux. Build: cc -O2 -o load_generator load_generator.c -lssl -lcrypto
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_ROOM = 32768, READ_ROOM = 65536, MAX_ERRORS = 100000, EVENTS = 256, SETTLE_SECONDS = 10 };

enum phase { CONNECTING, ASKING_TUNNEL, AWAITING_TUNNEL, SHAKING_HANDS, IDLE, SENDING, READING_HEAD, READING_BODY };

/* Where in a chunked body the next byte belongs. */
enum chunk_place { CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_END, LAST_END };

/* What one read or write came to. */
enum outcome { MOVED, BLOCKED, ENDED, BROKEN };

struct connection {
  int fd;
  SSL *ssl; /* NULL without TLS, or before it */
  enum phase phase;
  uint32_t interest;
  size_t sent;
  char head[HEAD_ROOM];
  size_t head_length;
  bool chunked, closes, saw_body;
  enum chunk_place place;
  long long left; /* of the body, or of this chunk */
  double started; /* seconds of the monotonic clock */
};

struct text {
  char *bytes;
  size_t length;
};

static struct {
  bool tunnel, tls, absolute, one_shot, first_byte;
  int connections;
  double seconds;
  long limit, rate; /* 0: none */
  const char *post_file;
} options = {.absolute = true, .connections = 64, .seconds = 3};

static struct sockaddr_in peer;
static char origin_name[256];
static struct text tunnel_request, request;
static SSL_CTX *tls_context;
static int epoll_fd;
static double begin_time, end_time;

static long requests, errors, issued;
static long long bytes_moved;
static double *latencies;
static size_t latency_room;

/* Connections that wait: for the others to stand, then for a request to be due. */
static struct connection **idle;
static int idle_count;
static bool has_begun;
static long due; /* paced only: requests that are late because no connection was free */

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void die(const char *what) {
  fprintf(stderr, "load_generator: cannot %s: %s\n", what, errno ? strerror(errno) : "wrong");
  exit(2);
}

static bool is_over(void) {
  if (options.limit) return issued >= options.limit;
  return now() >= end_time;
}

static void watch(struct connection *c, uint32_t interest) {
  if (c->interest == interest) return;
  struct epoll_event event = {.events = interest, .data.ptr = c};
  if (epoll_ctl(epoll_fd, c->interest ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &event)) die("watch a socket");
  c->interest = interest;
}

static void record(double latency) {
  if ((size_t)requests == latency_room) {
    latency_room = latency_room ? latency_room * 2 : 1 << 16;
    latencies = realloc(latencies, latency_room * sizeof *latencies);
    if (!latencies) die("allocate memory");
  }
  latencies[requests++] = latency;
}

static void shut(struct connection *c) {
  if (c->ssl) SSL_free(c->ssl);
  if (c->fd >= 0) close(c->fd);
  c->ssl = NULL;
  c->fd = -1;
  c->interest = 0;
}

static void dial(struct connection *c) {
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) die("make a socket");
  int yes = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  c->phase = CONNECTING;
  c->sent = c->head_length = 0;
  c->started = now();
  if (options.one_shot) issued++;
  if (connect(c->fd, (struct sockaddr *)&peer, sizeof peer) && errno != EINPROGRESS) die("connect");
  watch(c, EPOLLOUT);
}

static void fail(struct connection *c) {
  shut(c);
  if (++errors > MAX_ERRORS) exit(3);
  if (!is_over()) dial(c);
}

static enum outcome after_tls(struct connection *c, int result) {
  switch (SSL_get_error(c->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return BLOCKED;
    case SSL_ERROR_ZERO_RETURN: return ENDED;
    default: return BROKEN;
  }
}

static enum outcome after_socket(ssize_t result) {
  if (result == 0) return ENDED;
  return errno == EAGAIN ? BLOCKED : BROKEN;
}

static enum outcome take(struct connection *c, char *into, size_t room, size_t *length) {
  ssize_t got = c->ssl ? SSL_read(c->ssl, into, (int)room) : recv(c->fd, into, room, 0);
  if (got <= 0) return c->ssl ? after_tls(c, (int)got) : after_socket(got);
  *length = (size_t)got;
  return MOVED;
}

/* Writes what is left of `text`; MOVED once all of it is. */
static enum outcome put(struct connection *c, const struct text *text) {
  while (c->sent < text->length) {
    const char *from = text->bytes + c->sent;
    size_t left = text->length - c->sent;
    ssize_t put = c->ssl ? SSL_write(c->ssl, from, (int)left) : send(c->fd, from, left, MSG_NOSIGNAL);
    if (put <= 0) return c->ssl ? after_tls(c, (int)put) : after_socket(put);
    c->sent += (size_t)put;
  }
  return MOVED;
}

static void ask(struct connection *c, double started) {
  c->phase = SENDING;
  c->sent = c->head_length = 0;
  c->chunked = c->closes = c->saw_body = false;
  if (!options.one_shot) {
    c->started = started;
    issued++;
  }
}

/* The connection can carry a request; false if there is none for it now. */
static bool next_request(struct connection *c) {
  if (!options.one_shot && is_over()) {
    shut(c);
    return false;
  }
  if (has_begun && !options.rate) {
    ask(c, now());
    return true;
  }
  if (due == 0) {
    c->phase = IDLE;
    idle[idle_count++] = c;
    watch(c, EPOLLIN);
    return false;
  }
  due--;
  ask(c, begin_time + (double)(issued + 1) / options.rate);
  return true;
}

/* The answer is complete; true if the same connection goes on with a request. */
static bool finish(struct connection *c) {
  if (!options.first_byte || !c->saw_body) record(now() - c->started);
  if (!options.one_shot && !c->closes) return next_request(c);
  shut(c);
  if (!is_over()) dial(c);
  return false;
}

static void see_body(struct connection *c) {
  if (options.first_byte && !c->saw_body) record(now() - c->started);
  c->saw_body = true;
}

/* Eats one byte of framing; false if it has no place here. */
static bool eat_framing(struct connection *c, char byte) {
  switch (c->place) {
    case CHUNK_SIZE: {
      if (byte == ';' || byte == '\r') {
        c->place = CHUNK_EXTENSION;
        return true;
      }
      const char *digits = "0123456789abcdef", *digit = strchr(digits, byte | 0x20);
      if (!digit || !byte) return false;
      c->left = c->left * 16 + (digit - digits);
      return true;
    }
    case CHUNK_EXTENSION:
      if (byte == '\n') c->place = c->left ? CHUNK_DATA : LAST_END;
      return true;
    case CHUNK_END:
      if (byte == '\n') c->place = CHUNK_SIZE;
      return byte == '\n' || byte == '\r';
    default: return byte == '\r' || byte == '\n';
  }
}

/* -1: wrong; 0: more to come; 1: the body is complete. */
static int eat_body(struct connection *c, const char *at, size_t length) {
  if (!c->chunked) {
    if (length) see_body(c);
    c->left -= (long long)length;
    return c->left < 0 ? -1 : c->left == 0;
  }
  const char *end = at + length;
  while (at < end) {
    if (c->place == CHUNK_DATA) {
      see_body(c);
      long long size = end - at < c->left ? end - at : c->left;
      at += size;
      if ((c->left -= size) == 0) c->place = CHUNK_END;
      continue;
    }
    if (c->place == LAST_END && *at == '\n') return at + 1 == end ? 1 : -1;
    if (!eat_framing(c, *at)) return -1;
    at++;
  }
  return 0;
}

/* Reads the framing from a complete head; false if the answer is not a 200 that can be read. */
static bool understand(struct connection *c) {
  if (c->head_length < 12 || memcmp(c->head + 9, "200", 3)) return false;
  const char *length = strcasestr(c->head, "\r\nContent-Length:");
  c->chunked = strcasestr(c->head, "\r\nTransfer-Encoding: chunked") != NULL;
  c->closes = strcasestr(c->head, "\r\nConnection: close") != NULL;
  c->place = CHUNK_SIZE;
  c->left = length && !c->chunked ? atoll(length + 17) : 0;
  return length || c->chunked;
}

/* As eat_body(). */
static int eat_head(struct connection *c, size_t length) {
  size_t seen = c->head_length > 3 ? c->head_length - 3 : 0;
  c->head_length += length;
  char *end = memmem(c->head + seen, c->head_length - seen, "\r\n\r\n", 4);
  if (!end) return c->head_length < HEAD_ROOM - 1 ? 0 : -1;
  char *body = end + 4;
  size_t body_length = c->head_length - (size_t)(body - c->head);
  char first = *body;
  *body = 0;
  bool is_right = understand(c);
  *body = first;
  if (!is_right) return -1;
  c->phase = READING_BODY;
  return eat_body(c, body, body_length);
}

static void start_tls(struct connection *c) {
  c->ssl = SSL_new(tls_context);
  SSL_set_fd(c->ssl, c->fd);
  SSL_set_tlsext_host_name(c->ssl, origin_name);
  SSL_set_connect_state(c->ssl);
  c->phase = SHAKING_HANDS;
}

/* Each of the steps below is true if there may be more to do at once. */

static bool connected(struct connection *c) {
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error) return fail(c), false;
  if (options.tunnel) return c->phase = ASKING_TUNNEL, true;
  if (options.tls) return start_tls(c), true;
  return next_request(c);
}

static bool shake_hands(struct connection *c) {
  int result = SSL_connect(c->ssl);
  if (result == 1) return next_request(c);
  if (after_tls(c, result) != BLOCKED) return fail(c), false;
  watch(c, SSL_want_write(c->ssl) ? EPOLLOUT : EPOLLIN);
  return false;
}

static bool send_text(struct connection *c, const struct text *text, enum phase then) {
  switch (put(c, text)) {
    case MOVED:
      bytes_moved += (long long)text->length;
      c->phase = then;
      c->head_length = 0;
      return true;
    case BLOCKED: return watch(c, EPOLLOUT), false;
    default: return fail(c), false;
  }
}

/* One byte at a time: what follows the head belongs to TLS. */
static bool await_tunnel(struct connection *c) {
  size_t length;
  enum outcome outcome = take(c, c->head + c->head_length, 1, &length);
  if (outcome == BLOCKED) return watch(c, EPOLLIN), false;
  if (outcome != MOVED || ++c->head_length > 4096) return fail(c), false;
  if (c->head_length < 4 || memcmp(c->head + c->head_length - 4, "\r\n\r\n", 4)) return true;
  if (memcmp(c->head + 9, "200", 3)) return fail(c), false;
  return start_tls(c), true;
}

static bool read_answer(struct connection *c) {
  static char scratch[READ_ROOM];
  bool in_head = c->phase == READING_HEAD;
  char *into = in_head ? c->head + c->head_length : scratch;
  size_t length, room = in_head ? HEAD_ROOM - 1 - c->head_length : sizeof scratch;
  enum outcome outcome = take(c, into, room, &length);
  if (outcome == BLOCKED) return watch(c, EPOLLIN), false;
  if (outcome != MOVED) return fail(c), false;
  bytes_moved += (long long)length;
  int state = in_head ? eat_head(c, length) : eat_body(c, scratch, length);
  if (state < 0) return fail(c), false;
  return state ? finish(c) : true;
}

/* TLS sends its tickets when it likes; else the peer closed a connection that waited, or spoke unasked. */
static bool disturb_idle(struct connection *c) {
  char byte;
  size_t length;
  if (take(c, &byte, 1, &length) == BLOCKED) return false;
  for (int i = 0; i < idle_count; i++) {
    if (idle[i] != c) continue;
    idle[i] = idle[--idle_count];
    break;
  }
  shut(c);
  if (!is_over()) dial(c);
  return false;
}

static bool step(struct connection *c) {
  switch (c->phase) {
    case CONNECTING: return connected(c);
    case ASKING_TUNNEL: return send_text(c, &tunnel_request, AWAITING_TUNNEL);
    case AWAITING_TUNNEL: return await_tunnel(c);
    case SHAKING_HANDS: return shake_hands(c);
    case IDLE: return disturb_idle(c);
    case SENDING: return send_text(c, &request, READING_HEAD);
    case READING_HEAD:
    case READING_BODY: return read_answer(c);
  }
  return false;
}

static void drive(struct connection *c) {
  while (c->fd >= 0 && step(c)) continue;
}

static int start_pacing(void) {
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  long interval = 1000000000L / options.rate;
  struct timespec each = {.tv_sec = interval / 1000000000L, .tv_nsec = interval % 1000000000L};
  struct itimerspec pace = {.it_interval = each, .it_value = each};
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (timer < 0 || timerfd_settime(timer, 0, &pace, NULL)) die("start a timer");
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer, &event)) die("watch a timer");
  return timer;
}

static void keep_pace(int timer) {
  uint64_t expirations;
  if (read(timer, &expirations, sizeof expirations) != sizeof expirations) return;
  due += (long)expirations;
  while (due > 0 && idle_count > 0) {
    struct connection *c = idle[--idle_count];
    if (next_request(c)) drive(c);
  }
}

static struct text read_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file || fseek(file, 0, SEEK_END)) die("open the body");
  struct text text = {.length = (size_t)ftell(file)};
  rewind(file);
  text.bytes = malloc(text.length + 1);
  if (!text.bytes || fread(text.bytes, 1, text.length, file) != text.length) die("read the body");
  fclose(file);
  return text;
}

static void make_requests(const char *authority, const char *path) {
  struct text body = {0};
  char framing[128] = "";
  if (options.post_file) {
    body = read_file(options.post_file);
    snprintf(framing, sizeof framing, "Content-Type: application/json\r\nContent-Length: %zu\r\n", body.length);
  }
  tunnel_request.length = (size_t)asprintf(
    &tunnel_request.bytes, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n", authority, authority);
  int head_length = asprintf(
    &request.bytes,
    "%s %s%s%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: load-generator/1\r\nAccept: application/json\r\n"
    "Accept-Language: en\r\nX-Request-Id: 7d1f\r\n%s%s\r\n",
    options.post_file ? "POST" : "GET", options.absolute ? "http://" : "", options.absolute ? authority : "", path,
    authority, framing, options.one_shot ? "Connection: close\r\n" : "");
  if (head_length < 0) die("make the request");
  request.length = (size_t)head_length + body.length;
  request.bytes = realloc(request.bytes, request.length + 1);
  if (!request.bytes) die("allocate memory");
  if (body.length) memcpy(request.bytes + head_length, body.bytes, body.length);
  free(body.bytes);
}

static void use_mode(const char *mode) {
  options.tunnel = !strcmp(mode, "tunnel");
  options.tls = !strcmp(mode, "tls");
  options.absolute = !strcmp(mode, "absolute");
  if (!options.tunnel && !options.tls && !options.absolute && strcmp(mode, "origin")) die("use this mode");
}

static void read_arguments(int count, char **arguments) {
  for (int option; (option = getopt(count, arguments, "m:c:d:n:r:ofp:")) != -1;) {
    switch (option) {
      case 'm': use_mode(optarg); break;
      case 'c': options.connections = atoi(optarg); break;
      case 'd': options.seconds = atof(optarg); break;
      case 'n': options.limit = atol(optarg); break;
      case 'r': options.rate = atol(optarg); break;
      case 'o': options.one_shot = true; break;
      case 'f': options.first_byte = true; break;
      case 'p': options.post_file = optarg; break;
      default: exit(2);
    }
  }
  if (count - optind != 3) die("go on without HOST:PORT, ORIGIN_HOST:PORT and PATH");
  char host[64], *authority = arguments[optind + 1];
  int port;
  if (sscanf(arguments[optind], "%63[^:]:%d", host, &port) != 2) die("read HOST:PORT");
  if (sscanf(authority, "%255[^:]:", origin_name) != 1) die("read ORIGIN_HOST:PORT");
  peer.sin_family = AF_INET;
  peer.sin_port = htons((uint16_t)port);
  if (inet_pton(AF_INET, host, &peer.sin_addr) != 1) die("read the address");
  make_requests(authority, arguments[optind + 2]);
}

static bool has_open(const struct connection *all) {
  for (int i = 0; i < options.connections; i++) {
    if (all[i].fd >= 0 && all[i].phase != IDLE) return true;
  }
  return false;
}

/* All connections stand, or have had their time to: the clock starts here. Returns the timer, if paced. */
static int begin(void) {
  has_begun = true;
  begin_time = now();
  end_time = begin_time + options.seconds;
  if (options.rate) return start_pacing();
  while (idle_count > 0) {
    struct connection *c = idle[--idle_count];
    if (next_request(c)) drive(c);
  }
  return -1;
}

static void run(struct connection *all) {
  double settle_time = now() + SETTLE_SECONDS;
  end_time = settle_time + options.seconds;
  for (int i = 0; i < options.connections; i++) dial(&all[i]);
  int timer = options.one_shot ? begin() : -1;
  struct epoll_event events[EVENTS];
  while (options.limit ? !has_begun || has_open(all) : now() < end_time) {
    if (!has_begun && (idle_count == options.connections || now() > settle_time)) timer = begin();
    int count = epoll_wait(epoll_fd, events, EVENTS, 100);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr) drive(events[i].data.ptr);
      else keep_pace(timer);
    }
  }
}

static int by_size(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static double percentile_ms(double fraction) {
  if (!requests) return 0;
  return latencies[(size_t)((double)(requests - 1) * fraction)] * 1e3;
}

int main(int count, char **arguments) {
  read_arguments(count, arguments);
  tls_context = SSL_CTX_new(TLS_client_method());
  if (!tls_context) die("start TLS");
  SSL_CTX_set_verify(tls_context, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  epoll_fd = epoll_create1(0);
  struct connection *all = calloc((size_t)options.connections, sizeof *all);
  idle = calloc((size_t)options.connections, sizeof(struct connection *));
  if (epoll_fd < 0 || !all || !idle) die("allocate memory");
  run(all);
  double seconds = now() - begin_time;
  qsort(latencies, (size_t)requests, sizeof *latencies, by_size);
  printf(
    "{\"requests\":%ld,\"errors\":%ld,\"seconds\":%.3f,\"bytes\":%lld,"
    "\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"maxMs\":%.4f}\n",
    requests, errors, seconds, bytes_moved, percentile_ms(0.5), percentile_ms(0.99), percentile_ms(1));
  return 0;
}
