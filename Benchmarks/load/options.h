// The command line, and the address it names.
#ifndef OPTIONS_H
#define OPTIONS_H
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { forbiddenMax = 16, rateMax = 200000, lanesMax = 4096 };

struct options {
  const char *url;
  double rate, seconds;  // seconds 0: until a signal
  int newPercent, lanes;
  const char *forbidden[forbiddenMax];
  int forbiddenCount;
  struct sockaddr_storage address;
  socklen_t addressBytes;
  bool loopback4;
  char requests[2][1024];  // by enum kind
};

static const char usage[] =
    "usage: openloop --rate N --url http://HOST[:PORT]/PATH (--seconds N | --until-signal)\n"
    "                [--new-percent 50] [--lanes 64] [--expect-revision-not R]...\n"
    "\n"
    "Sends N GET requests a second whatever the answers take, a share of them on new connections,\n"
    "the rest on kept-alive ones. Prints one JSON line at the start and one at the end; SIGUSR1\n"
    "prints one for the time since the last (\"event\":\"window\"). SIGTERM or SIGINT ends it:\n"
    "what is in flight is awaited (at most 2 s); a second signal ends it at once.\n"
    "A kept-alive connection that the server closes while it is idle, or after an answer with\n"
    "Connection: close, is opened again: no error. One closed after a request was written is.\n"
    "Latency counts from the moment a request was due. Exit: 0, or 2 when misused.\n";

static void misuse(const char *what, const char *value) {
  fprintf(stderr, "openloop: %s%s%s\n%s", what, value ? " " : "", value ? value : "", usage);
  exit(2);
}

static double number(const char *name, const char *text, double low, double high) {
  char *end;
  double value = text ? strtod(text, &end) : 0;
  if (!text || end == text || *end || !(value >= low && value <= high)) misuse("bad", name);
  return value;
}

static void resolve(struct options *o, const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_INET}, *found = NULL;
  if (getaddrinfo(host, port, &hints, &found)) {
    hints.ai_family = AF_INET6;
    if (getaddrinfo(host, port, &hints, &found)) misuse("cannot resolve", host);
  }
  memcpy(&o->address, found->ai_addr, found->ai_addrlen);
  o->addressBytes = found->ai_addrlen;
  const struct sockaddr_in *in = (const struct sockaddr_in *)&o->address;
  o->loopback4 = found->ai_family == AF_INET && ntohl(in->sin_addr.s_addr) >> 24 == 127;
  freeaddrinfo(found);
}

static void parseURL(struct options *o) {
  char host[256], port[8] = "80";
  if (strncmp(o->url, "http://", 7)) misuse("not an http:// URL:", o->url);
  const char *authority = o->url + 7, *path = strchr(authority, '/');
  size_t length = path ? (size_t)(path - authority) : strlen(authority);
  if (!length || length >= sizeof host) misuse("bad host in", o->url);
  memcpy(host, authority, length), host[length] = 0;
  char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
  char *colon = strchr(bracket ? bracket : host, ':');
  if (colon) *colon = 0, snprintf(port, sizeof port, "%s", colon + 1);
  if (bracket) *bracket = 0;
  resolve(o, bracket ? host + 1 : host, port);
  for (int kind = 0; kind < 2; kind++) {
    int bytes = snprintf(o->requests[kind], sizeof o->requests[kind],
                         "GET %s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: openloop\r\n%s\r\n",
                         path ? path : "/", (int)length, authority,
                         kind == 0 ? "Connection: close\r\n" : "");
    if (bytes >= (int)sizeof o->requests[kind]) misuse("too long:", o->url);
  }
}

static struct options parseOptions(int count, char **arguments) {
  static struct options o = {.newPercent = 50, .lanes = 64};
  bool untilSignal = false;
  for (int i = 1; i < count; i++) {
    const char *name = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
    if (!strcmp(name, "--until-signal")) { untilSignal = true; continue; }
    if (!strcmp(name, "--help")) { fputs(usage, stdout); exit(0); }
    i++;
    if (!strcmp(name, "--rate")) o.rate = number(name, value, 0.1, rateMax);
    else if (!strcmp(name, "--seconds")) o.seconds = number(name, value, 0.1, 1e6);
    else if (!strcmp(name, "--new-percent")) o.newPercent = (int)number(name, value, 0, 100);
    else if (!strcmp(name, "--lanes")) o.lanes = (int)number(name, value, 1, lanesMax);
    else if (!strcmp(name, "--url") && value) o.url = value;
    else if (!strcmp(name, "--expect-revision-not") && value && o.forbiddenCount < forbiddenMax)
      o.forbidden[o.forbiddenCount++] = value;
    else misuse("bad option", name);
  }
  if (!o.url || o.rate == 0) misuse("--rate and --url are needed", NULL);
  if (untilSignal == (o.seconds > 0)) misuse("one of --seconds and --until-signal", NULL);
  parseURL(&o);
  return o;
}
#endif
