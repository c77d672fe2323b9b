// Shims only for what Swift cannot import: variadic calls and `va_list` callbacks.
#ifndef SLIPWAY_CMICROHTTPD_H
#define SLIPWAY_CMICROHTTPD_H

#include <microhttpd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

// https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html#microhttpd_002dinit
// `options` ends with MHD_OPTION_END.
static inline struct MHD_Daemon *slipway_mhd_start_daemon(
    unsigned int flags, MHD_AccessHandlerCallback handler, void *context,
    struct MHD_OptionItem *options) {
  return MHD_start_daemon(flags, 0, NULL, NULL, handler, context, MHD_OPTION_ARRAY, options,
                          MHD_OPTION_END);
}

// Gives the library's message to `slipway_mhd_log.receive` as one text.
struct slipway_mhd_log {
  void (*receive)(void *context, const char *text);
  void *context;
};

static void slipway_mhd_format(void *log, const char *format, va_list arguments) {
  char text[512];
  struct slipway_mhd_log *target = (struct slipway_mhd_log *)log;
  if (vsnprintf(text, sizeof(text), format, arguments) >= 0)
    target->receive(target->context, text);
}

// An option of the kind MHD_OPTION_EXTERNAL_LOGGER; `log` must outlive the daemon.
static inline struct MHD_OptionItem slipway_mhd_logger(struct slipway_mhd_log *log) {
  struct MHD_OptionItem item = {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)&slipway_mhd_format, log};
  return item;
}

// Options whose value is a callback with its context.
static inline struct MHD_OptionItem slipway_mhd_on_target(
    void *(*callback)(void *, const char *, struct MHD_Connection *), void *context) {
  struct MHD_OptionItem item = {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)callback, context};
  return item;
}

static inline struct MHD_OptionItem slipway_mhd_on_unescape(
    size_t (*callback)(void *, struct MHD_Connection *, char *), void *context) {
  struct MHD_OptionItem item = {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)callback, context};
  return item;
}

static inline struct MHD_OptionItem slipway_mhd_on_completed(
    MHD_RequestCompletedCallback callback, void *context) {
  struct MHD_OptionItem item = {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)callback, context};
  return item;
}

static inline struct MHD_OptionItem slipway_mhd_on_connection(
    MHD_NotifyConnectionCallback callback, void *context) {
  struct MHD_OptionItem item = {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)callback, context};
  return item;
}

static inline struct MHD_OptionItem slipway_mhd_number(enum MHD_OPTION option, intptr_t value) {
  struct MHD_OptionItem item = {option, value, NULL};
  return item;
}

// A descriptor that ends the wait of MHD_run_wait when `slipway_mhd_wake` is called on it; -1 and
// errno on failure. The library ignores events without a pointer. Edge-triggered, so that nobody
// has to read it. https://man7.org/linux/man-pages/man2/eventfd.2.html
static inline int slipway_mhd_waker(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  int waker = info == NULL ? -1 : eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.ptr = NULL}};
  if (waker >= 0 && epoll_ctl(info->epoll_fd, EPOLL_CTL_ADD, waker, &event) != 0) {
    close(waker);
    return -1;
  }
  return waker;
}

static inline void slipway_mhd_wake(int waker) {
  uint64_t one = 1;
  // Fails only where the count is full, which is a wake-up already.
  ssize_t written = write(waker, &one, sizeof(one));
  (void)written;
}

// https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html#microhttpd_002dinfo-conn
static inline void *slipway_mhd_connection_context(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static inline int slipway_mhd_descriptor(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static inline const struct sockaddr *slipway_mhd_address(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
}

// Bytes from the first of the method to the end of the empty line; 0 while that is not known.
static inline size_t slipway_mhd_head_bytes(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info == NULL ? 0 : info->header_size;
}

// https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html#microhttpd_002dresponse-options
// The response does without chunks, and its connection is closed.
static inline void slipway_mhd_forbid_chunks(struct MHD_Response *response) {
  MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
}

// The status that was queued, 0 where none was.
static inline unsigned int slipway_mhd_status(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_HTTP_STATUS);
  return info == NULL ? 0 : info->http_status;
}

#endif
