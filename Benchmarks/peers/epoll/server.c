// The physical limit: the least an HTTP server can do, in C. One thread per processor, each with
// its own SO_REUSEPORT socket and epoll; whatever ends in an empty line is answered with the same
// 15 bytes of JSON. No routing, no parsing: nobody should serve with this.
// Built with: gcc -O2 -pthread -o server server.c; run with: server PORT THREADS
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { eventsMax = 256, backlog = 4096, requestBytesMax = 16 * 1024 };
static const char answer[] =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
    "{\"status\":\"UP\"}";
static int port;

static int listenOn(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, backlog)) {
    perror("server: listen");
    exit(1);
  }
  return fd;
}

static void acceptAll(int epollFd, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, &event);
  }
}

/// wrk sends a request in one piece and awaits its answer; what does not end a request is dropped.
static void serve(int fd) {
  char request[requestBytesMax];
  ssize_t count = recv(fd, request, sizeof request, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    close(fd);
    return;
  }
  if (count >= 4 && !memcmp(request + count - 4, "\r\n\r\n", 4))
    (void)!send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL);
}

static void *loop(void *unused) {
  (void)unused;
  int listener = listenOn(), epollFd = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event events[eventsMax], event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epollFd, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    int count = epoll_wait(epollFd, events, eventsMax, -1);
    for (int i = 0; i < count; i++)
      if (events[i].data.fd == listener) acceptAll(epollFd, listener);
      else serve(events[i].data.fd);
  }
  return NULL;
}

int main(int count, char **arguments) {
  port = count == 3 ? atoi(arguments[1]) : 0;
  int threads = count == 3 ? atoi(arguments[2]) : 0;
  if (port < 1 || port > 65535 || threads < 1 || threads > 64) {
    fputs("usage: server PORT THREADS\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  pthread_t thread;
  for (int i = 1; i < threads; i++) pthread_create(&thread, NULL, loop, NULL);
  loop(NULL);
}
