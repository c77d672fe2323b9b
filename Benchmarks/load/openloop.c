// An open-loop HTTP load generator: the requests keep coming at their rate whatever happens to
// the answers, so that an outage shows as failed requests and as latency, never as fewer requests.
// One thread, epoll. Built with: gcc -O2 -o openloop openloop.c
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "options.h"
#include "response.h"
#include "statistics.h"

enum { connectionsMax = 16384, eventsMax = 512, bindTriesMax = 16 };
/// The last byte of the source addresses, 127.0.0.2 to 127.0.0.250.
enum { sourceFirst = 2, sourceLast = 250 };
static const int64_t requestTimeoutNs = 2000000000LL;
/// A loop that slept longer than this was not given the processor: nobody's request timed out.
static const int64_t stallNs = 100000000LL;
/// What is due for longer than this is skipped: sending it at once would be a burst, not the rate.
static const int64_t lagMaxNs = 250000000LL;

enum state { FREE, CONNECTING, SENDING, READING, IDLE };

struct connection {
  int fd, previous, next;  // links of the list the connection is in; -1 ends it
  uint32_t generation;
  enum state state;
  enum kind kind;
  bool reused;
  int64_t dueNs, deadlineNs;
  size_t sentBytes;
  struct response response;
};

struct list { int first, last, count; };

static struct options options;
static struct connection *connections;
static struct list freeSlots = {-1, -1, 0}, busy = {-1, -1, 0}, idle = {-1, -1, 0};
static struct statistics total, window;
static int epollFd, signalFd, laneCount, sourceNext = sourceFirst;
static int64_t stalledNs;

static void listAppend(struct list *list, int index) {
  struct connection *c = &connections[index];
  c->previous = list->last, c->next = -1;
  if (list->last >= 0) connections[list->last].next = index;
  else list->first = index;
  list->last = index, list->count++;
}

static void listRemove(struct list *list, int index) {
  struct connection *c = &connections[index];
  if (c->previous >= 0) connections[c->previous].next = c->next;
  else list->first = c->next;
  if (c->next >= 0) connections[c->next].previous = c->previous;
  else list->last = c->previous;
  list->count--;
}

static void closeConnection(int index) {
  struct connection *c = &connections[index];
  listRemove(c->state == IDLE ? &idle : &busy, index);
  close(c->fd);
  if (c->kind == KEPT) laneCount--;
  c->state = FREE, c->generation++;
  listAppend(&freeSlots, index);
}

static void record(struct statistics *s, struct connection *c, enum outcome outcome, int64_t now) {
  s->outcomes[c->kind][outcome]++;
  if (outcome == OK) noteGap(s, now), s->lastSuccessNs = now;
  else noteFailure(s, c->kind, outcome, c->response.status);
  if (outcome > NON_2XX) return;
  s->statuses[c->response.status]++;
  noteRevision(s, c->response.revision);
  histogramAdd(&s->latency[c->kind], (uint64_t)(now - c->dueNs) / 1000);
  for (int i = 0; i < options.forbiddenCount; i++)
    if (!strcmp(options.forbidden[i], c->response.revision)) s->forbidden++;
}

static void fail(int index, enum outcome outcome) {
  int64_t now = monotonicNs();
  record(&total, &connections[index], outcome, now);
  record(&window, &connections[index], outcome, now);
  closeConnection(index);
}

static void failFromErrno(int index, int error) {
  enum outcome outcome = error == ECONNREFUSED                     ? REFUSED
                         : error == ECONNRESET || error == EPIPE   ? RESET
                         : error == ETIMEDOUT                      ? TIMEOUT
                                                                   : OTHER;
  fail(index, outcome);
}

static void complete(int index) {
  struct connection *c = &connections[index];
  enum outcome outcome = c->response.status / 100 == 2 ? OK : NON_2XX;
  int64_t now = monotonicNs();
  record(&total, c, outcome, now);
  record(&window, c, outcome, now);
  bool announced = c->response.close || c->response.framing == BY_CLOSE;
  if (c->kind == KEPT && announced) total.reconnectsAnnounced++, window.reconnectsAnnounced++;
  if (c->kind == NEW || announced) return closeConnection(index);
  listRemove(&busy, index);
  c->state = IDLE;
  listAppend(&idle, index);
}

static void ended(int index) {
  struct connection *c = &connections[index];
  struct response *r = &c->response;
  if (r->headDone && r->framing == BY_CLOSE) complete(index);
  else fail(index, r->headBytes ? TRUNCATED : UNANSWERED);
}

static void receive(int index) {
  static char bytes[64 * 1024];
  struct connection *c = &connections[index];
  while (c->state == READING) {
    ssize_t count = recv(c->fd, bytes, sizeof bytes, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count < 0) return failFromErrno(index, errno);
    if (count == 0) return ended(index);
    enum progress progress = responseFeed(&c->response, bytes, (size_t)count);
    if (progress == COMPLETE) return complete(index);
    if (progress == BROKEN) return fail(index, MALFORMED);
  }
}

static void reopen(int index);

static void transmit(int index) {
  struct connection *c = &connections[index];
  const char *request = options.requests[c->kind];
  size_t length = strlen(request);
  c->state = SENDING;
  while (c->sentBytes < length) {
    ssize_t count = send(c->fd, request + c->sentBytes, length - c->sentBytes, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (count < 0 && c->reused && !c->sentBytes) return reopen(index);
    // A refusal may have been answered before the request was read: the read tells.
    if (count < 0 && errno != EPIPE && errno != ECONNRESET) return failFromErrno(index, errno);
    if (count < 0) break;
    c->sentBytes += (size_t)count;
  }
  c->state = READING;
  receive(index);
}

/// Spread over 249 source addresses: with one, 1,000 connections a second would use up the ports
/// that wait in TIME_WAIT. See ip(7), IP_BIND_ADDRESS_NO_PORT.
static void bindSource(int fd) {
  if (!options.loopback4) return;
  int on = 1;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  struct sockaddr_in source = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f000000u + (uint32_t)sourceNext)};
  sourceNext = sourceNext == sourceLast ? sourceFirst : sourceNext + 1;
  (void)bind(fd, (struct sockaddr *)&source, sizeof source);
}

/// Returns a descriptor that is connected or about to be; -1 with errno.
static int dial(void) {
  for (int attempt = 0;; attempt++) {
    int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, on = 1;
    int fd = socket(options.address.ss_family, type, 0);
    if (fd < 0) return -1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    bindSource(fd);
    if (!connect(fd, (struct sockaddr *)&options.address, options.addressBytes)) return fd;
    if (errno == EINPROGRESS) return fd;
    int error = errno;
    close(fd);
    errno = error;
    if (error != EADDRNOTAVAIL || attempt == bindTriesMax) return -1;
  }
}

/// What this machine lacks says nothing about the server.
static bool ownShortage(int error) {
  return error == EADDRNOTAVAIL || error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

static void dispatchNew(enum kind kind, int64_t dueNs, int64_t deadlineNs) {
  int index = freeSlots.first;
  struct connection *c = &connections[index];
  int fd = dial(), error = errno;
  if (fd < 0 && ownShortage(error)) {
    total.sent[kind]--, window.sent[kind]--, total.skipped++, window.skipped++;
    return;
  }
  listRemove(&freeSlots, index);
  listAppend(&busy, index);
  c->fd = fd, c->kind = kind, c->state = CONNECTING, c->sentBytes = 0, c->reused = false;
  c->dueNs = dueNs, c->deadlineNs = deadlineNs;
  responseReset(&c->response);
  if (kind == KEPT) laneCount++;
  if (fd < 0) return failFromErrno(index, error);
  total.opened[kind]++, window.opened[kind]++;
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                              .data.u64 = (uint64_t)c->generation << 32 | (uint32_t)index};
  epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, &event);
}

/// Whether an idle lane can take a request; one that the server closed is no error, it is reopened.
static bool stillOpen(int index) {
  char byte;
  ssize_t count = recv(connections[index].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
  total.reconnectsIdle++, window.reconnectsIdle++;
  closeConnection(index);
  return false;
}

/// The server closed the lane before a byte of the request was written: no error either.
static void reopen(int index) {
  int64_t dueNs = connections[index].dueNs, deadlineNs = connections[index].deadlineNs;
  total.reconnectsIdle++, window.reconnectsIdle++;
  closeConnection(index);
  dispatchNew(KEPT, dueNs, deadlineNs);
}

static void dispatchKept(int64_t dueNs, int64_t deadlineNs) {
  while (idle.first >= 0 && !stillOpen(idle.first)) {}
  if (idle.first < 0 || laneCount < options.lanes) return dispatchNew(KEPT, dueNs, deadlineNs);
  int index = idle.first;
  struct connection *c = &connections[index];
  listRemove(&idle, index);
  listAppend(&busy, index);
  c->dueNs = dueNs, c->deadlineNs = deadlineNs, c->sentBytes = 0, c->reused = true;
  responseReset(&c->response);
  transmit(index);
}

static void dispatch(uint64_t number, int64_t dueNs, int64_t now) {
  // Spread evenly: request n is "new" when the running share of new ones falls below the wanted.
  uint64_t percent = (uint64_t)options.newPercent;
  enum kind kind = (number + 1) * percent / 100 > number * percent / 100 ? NEW : KEPT;
  if (now - dueNs > lagMaxNs || freeSlots.count == 0) {
    total.skipped++, window.skipped++;
    return;
  }
  total.sent[kind]++, window.sent[kind]++;
  histogramAdd(&total.lateness, (uint64_t)(now - dueNs) / 1000);
  histogramAdd(&window.lateness, (uint64_t)(now - dueNs) / 1000);
  int64_t deadlineNs = now - stalledNs + requestTimeoutNs;
  if (kind == NEW) dispatchNew(NEW, dueNs, deadlineNs);
  else dispatchKept(dueNs, deadlineNs);
}

static void advance(int index) {
  struct connection *c = &connections[index];
  if (c->state == IDLE) {
    stillOpen(index);
  } else if (c->state == CONNECTING) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) failFromErrno(index, error);
    else transmit(index);
  } else if (c->state == SENDING) {
    transmit(index);
  } else if (c->state == READING) {
    receive(index);
  }
}

static void expire(int64_t now) {
  while (busy.first >= 0 && connections[busy.first].deadlineNs <= now - stalledNs)
    fail(busy.first, TIMEOUT);
}

/// Returns how many signals ask for the end.
static int takeSignals(void) {
  struct signalfd_siginfo info;
  int ends = 0;
  while (read(signalFd, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo != SIGUSR1) { ends++; continue; }
    int64_t now = monotonicNs();
    noteGap(&window, now);
    printStatistics(stdout, "window", &window, now);
    int64_t lastSuccess = window.lastSuccessNs;
    statisticsBegin(&window, now);
    window.lastSuccessNs = lastSuccess;  // a gap that spans two windows counts whole in the second
  }
  return ends;
}

static void waitForEvents(int64_t untilNs, int *ends) {
  struct epoll_event events[eventsMax];
  int64_t before = monotonicNs(), sleep = untilNs > before ? untilNs - before : 0;
  struct timespec timeout = {sleep / 1000000000LL, sleep % 1000000000LL};
  int count = epoll_pwait2(epollFd, events, eventsMax, &timeout, NULL);
  int64_t late = monotonicNs() - before - sleep;
  if (late > stallNs) stalledNs += late, total.stalledNs += late, window.stalledNs += late;
  for (int i = 0; i < count; i++) {
    uint32_t index = (uint32_t)events[i].data.u64;
    if (index == UINT32_MAX) *ends += takeSignals();
    else if (connections[index].generation == (uint32_t)(events[i].data.u64 >> 32))
      advance((int)index);
  }
}

static void run(int64_t startNs) {
  uint64_t number = 0;
  int ends = 0;
  int64_t stopNs = options.seconds > 0 ? startNs + (int64_t)(options.seconds * 1e9) : INT64_MAX;
  int64_t awaitNs = INT64_MAX;
  while (ends < 2) {
    int64_t now = monotonicNs();
    bool sending = !ends && now < stopNs;
    int64_t due = startNs + (int64_t)((double)number * 1e9 / options.rate);
    for (; sending && due <= now; due = startNs + (int64_t)((double)number * 1e9 / options.rate))
      dispatch(number++, due, now);
    if (!sending && awaitNs == INT64_MAX) {
      noteGap(&total, now), noteGap(&window, now);
      awaitNs = now + requestTimeoutNs + lagMaxNs;
    }
    if (!sending && (!busy.count || now > awaitNs)) break;
    int64_t until = now + 50000000LL;
    waitForEvents(sending && due < until ? due : until, &ends);
    expire(monotonicNs());
  }
  total.unfinished = (uint64_t)busy.count;
}

static void prepare(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  int slots = limit.rlim_cur > connectionsMax + 64 ? connectionsMax : (int)limit.rlim_cur - 64;
  connections = calloc((size_t)slots, sizeof *connections);
  for (int i = 0; i < slots; i++) listAppend(&freeSlots, i);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM), sigaddset(&signals, SIGINT), sigaddset(&signals, SIGUSR1);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  signalFd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  epollFd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = UINT32_MAX};
  epoll_ctl(epollFd, EPOLL_CTL_ADD, signalFd, &event);
}

int main(int count, char **arguments) {
  options = parseOptions(count, arguments);
  prepare();
  int64_t startNs = monotonicNs();
  statisticsBegin(&total, startNs), statisticsBegin(&window, startNs);
  printf("{\"event\":\"start\",\"at\":\"%s\",\"pid\":%d,\"url\":\"%s\",\"rate\":%g,"
         "\"new_percent\":%d,\"lanes\":%d}\n",
         total.startedAt, getpid(), options.url, options.rate, options.newPercent, options.lanes);
  fflush(stdout);
  fprintf(stderr, "openloop: start %s %g req/s %s\n", total.startedAt, options.rate, options.url);
  run(startNs);
  int64_t now = monotonicNs();
  char at[32];
  wallClock(at);
  printStatistics(stdout, "end", &total, now);
  fprintf(stderr, "openloop: end %s sent %llu ok %llu non-2xx %llu socket errors %llu\n", at,
          (unsigned long long)(total.sent[NEW] + total.sent[KEPT]),
          (unsigned long long)(total.outcomes[NEW][OK] + total.outcomes[KEPT][OK]),
          (unsigned long long)(total.outcomes[NEW][NON_2XX] + total.outcomes[KEPT][NON_2XX]),
          (unsigned long long)(socketErrors(&total, NEW) + socketErrors(&total, KEPT)));
  return 0;
}
