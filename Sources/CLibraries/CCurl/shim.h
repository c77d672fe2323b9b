// Shims only for what Swift cannot import: variadic setters and getters.
// The parenthesised callee skips curl's type-checking macros.
#ifndef SLIPWAY_CCURL_H
#define SLIPWAY_CCURL_H

#include <curl/curl.h>

// https://curl.se/libcurl/c/curl_easy_setopt.html
static inline CURLcode slipway_curl_set_long(CURL *easy, CURLoption option, long value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode slipway_curl_set_large(CURL *easy, CURLoption option, curl_off_t value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode slipway_curl_set_string(CURL *easy, CURLoption option, const char *value) {
  return (curl_easy_setopt)(easy, option, value);
}

static inline CURLcode slipway_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
  return (curl_easy_setopt)(easy, option, value);
}

typedef size_t (*slipway_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode slipway_curl_set_callback(CURL *easy, CURLoption option,
                                                 slipway_curl_data_callback value) {
  return (curl_easy_setopt)(easy, option, value);
}

// https://curl.se/libcurl/c/CURLOPT_SEEKFUNCTION.html
static inline CURLcode slipway_curl_set_seek(CURL *easy, curl_seek_callback value, void *context) {
  CURLcode code = (curl_easy_setopt)(easy, CURLOPT_SEEKFUNCTION, value);
  return code ? code : (curl_easy_setopt)(easy, CURLOPT_SEEKDATA, context);
}

// https://curl.se/libcurl/c/CURLOPT_PREREQFUNCTION.html
static inline CURLcode slipway_curl_set_before_request(CURL *easy, curl_prereq_callback value,
                                                       void *context) {
  CURLcode code = (curl_easy_setopt)(easy, CURLOPT_PREREQFUNCTION, value);
  return code ? code : (curl_easy_setopt)(easy, CURLOPT_PREREQDATA, context);
}

// https://curl.se/libcurl/c/curl_easy_getinfo.html
static inline CURLcode slipway_curl_get_long(CURL *easy, CURLINFO info, long *value) {
  return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode slipway_curl_get_large(CURL *easy, CURLINFO info, curl_off_t *value) {
  return (curl_easy_getinfo)(easy, info, value);
}

static inline CURLcode slipway_curl_get_pointer(CURL *easy, CURLINFO info, void **value) {
  return (curl_easy_getinfo)(easy, info, value);
}

// https://curl.se/libcurl/c/curl_multi_setopt.html
static inline CURLMcode slipway_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return (curl_multi_setopt)(multi, option, value);
}

// https://curl.se/libcurl/c/CURLMOPT_SOCKETFUNCTION.html
// https://curl.se/libcurl/c/CURLMOPT_TIMERFUNCTION.html
static inline CURLMcode slipway_curl_multi_set_events(CURLM *multi, curl_socket_callback socket,
                                                      curl_multi_timer_callback timer,
                                                      void *context) {
  CURLMcode code = (curl_multi_setopt)(multi, CURLMOPT_SOCKETFUNCTION, socket);
  if (!code) code = (curl_multi_setopt)(multi, CURLMOPT_SOCKETDATA, context);
  if (!code) code = (curl_multi_setopt)(multi, CURLMOPT_TIMERFUNCTION, timer);
  if (!code) code = (curl_multi_setopt)(multi, CURLMOPT_TIMERDATA, context);
  return code;
}

#endif
