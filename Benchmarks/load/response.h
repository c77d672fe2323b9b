// An HTTP/1.x answer, read as its bytes come. The body is counted, not kept.
#ifndef RESPONSE_H
#define RESPONSE_H
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "statistics.h"

enum { headBytesMax = 16 * 1024, chunkLineBytesMax = 256 };
enum progress { MORE, COMPLETE, BROKEN };
enum framing { BY_LENGTH, BY_CHUNKS, BY_CLOSE };
enum chunkState { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER };

struct response {
  char head[headBytesMax + 1];
  int headBytes, status;
  bool headDone, close;
  enum framing framing;
  enum chunkState chunk;
  char line[chunkLineBytesMax];
  int lineBytes;
  uint64_t left;
  char revision[revisionBytesMax];
};

static void responseReset(struct response *r) {
  r->headBytes = r->status = r->lineBytes = 0;
  r->headDone = r->close = false;
  r->chunk = CHUNK_SIZE;
  strcpy(r->revision, "none");
}

/// A revision is printed inside JSON: what would need escaping is replaced.
static void takeRevision(struct response *r, const char *value, size_t length) {
  if (length >= revisionBytesMax) length = revisionBytesMax - 1;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)value[i];
    r->revision[i] = c < 32 || c > 126 || c == '"' || c == '\\' ? '?' : (char)c;
  }
  r->revision[length] = 0;
}

static bool containsToken(const char *value, size_t length, const char *token) {
  size_t tokenBytes = strlen(token);
  for (size_t i = 0; i + tokenBytes <= length; i++)
    if (!strncasecmp(value + i, token, tokenBytes)) return true;
  return false;
}

static bool takeHeader(struct response *r, char *line, size_t length) {
  char *colon = memchr(line, ':', length);
  if (!colon) return false;
  size_t nameBytes = (size_t)(colon - line);
  char *value = colon + 1, *end = line + length;
  while (value < end && (*value == ' ' || *value == '\t')) value++;
  while (end > value && (end[-1] == ' ' || end[-1] == '\t')) end--;
  size_t valueBytes = (size_t)(end - value);
  if (nameBytes == 14 && !strncasecmp(line, "content-length", 14)) {
    if (!valueBytes || !isdigit((unsigned char)*value)) return false;
    if (r->framing != BY_CHUNKS) r->framing = BY_LENGTH, r->left = strtoull(value, NULL, 10);
  } else if (nameBytes == 17 && !strncasecmp(line, "transfer-encoding", 17)) {
    if (containsToken(value, valueBytes, "chunked")) r->framing = BY_CHUNKS;
  } else if (nameBytes == 10 && !strncasecmp(line, "connection", 10)) {
    if (containsToken(value, valueBytes, "close")) r->close = true;
    if (containsToken(value, valueBytes, "keep-alive")) r->close = false;
  } else if (nameBytes == 10 && !strncasecmp(line, "x-revision", 10)) {
    takeRevision(r, value, valueBytes);
  }
  return true;
}

static bool parseHead(struct response *r) {
  char *line = r->head, *end = r->head + r->headBytes;
  *end = 0;
  if (strncmp(line, "HTTP/1.", 7) || !isdigit((unsigned char)line[7]) || line[8] != ' ')
    return false;
  r->close = line[7] == '0';
  r->status = atoi(line + 9);
  r->framing = BY_CLOSE;
  if (r->status < 100 || r->status > 599) return false;
  line = strchr(line, '\n') + 1;
  while (line < end) {
    char *newline = memchr(line, '\n', (size_t)(end - line));
    size_t length = (size_t)(newline - line);
    if (length && newline[-1] == '\r') length--;
    if (!length) break;
    if (!takeHeader(r, line, length)) return false;
    line = newline + 1;
  }
  if (r->status == 204 || r->status == 304) r->framing = BY_LENGTH, r->left = 0;
  return true;
}

/// Returns how many bytes belong to the head; `headDone` tells that it is whole.
static size_t feedHead(struct response *r, const char *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (r->headBytes == headBytesMax) return count;
    r->head[r->headBytes++] = bytes[i];
    if (bytes[i] != '\n' || r->headBytes < 4) continue;
    const char *end = r->head + r->headBytes;
    if (end[-2] == '\n' || (end[-2] == '\r' && end[-3] == '\n')) {
      r->headDone = true;
      return i + 1;
    }
  }
  return count;
}

/// A line of the chunked coding is whole: decide what follows it.
static enum progress takeChunkLine(struct response *r) {
  int bytes = r->lineBytes;
  r->line[bytes] = 0;
  r->lineBytes = 0;
  if (bytes && r->line[bytes - 1] == '\r') r->line[--bytes] = 0;
  switch (r->chunk) {
    case CHUNK_SIZE:
      if (!isxdigit((unsigned char)r->line[0])) return BROKEN;
      r->left = strtoull(r->line, NULL, 16);
      r->chunk = r->left ? CHUNK_DATA : CHUNK_TRAILER;
      return MORE;
    case CHUNK_DATA_END:
      r->chunk = CHUNK_SIZE;
      return bytes ? BROKEN : MORE;
    default:
      return bytes ? MORE : COMPLETE;  // a trailer is skipped, the empty line ends the answer
  }
}

static enum progress feedChunks(struct response *r, const char *bytes, size_t count) {
  for (size_t i = 0; i < count;) {
    if (r->chunk == CHUNK_DATA) {
      size_t take = count - i < r->left ? count - i : (size_t)r->left;
      i += take, r->left -= take;
      if (!r->left) r->chunk = CHUNK_DATA_END;
    } else if (bytes[i++] == '\n') {
      enum progress progress = takeChunkLine(r);
      if (progress != MORE) return progress;
    } else if (r->lineBytes < chunkLineBytesMax - 1) {
      r->line[r->lineBytes++] = bytes[i - 1];
    } else {
      return BROKEN;
    }
  }
  return MORE;
}

static enum progress responseFeed(struct response *r, const char *bytes, size_t count) {
  while (!r->headDone) {
    size_t used = feedHead(r, bytes, count);
    bytes += used, count -= used;
    if (!r->headDone) return r->headBytes == headBytesMax ? BROKEN : MORE;
    if (!parseHead(r)) return BROKEN;
    if (r->status < 200) responseReset(r);  // an interim answer: the real one follows
  }
  if (r->framing == BY_CHUNKS) return feedChunks(r, bytes, count);
  if (r->framing == BY_CLOSE) return MORE;
  r->left -= count < r->left ? count : r->left;
  return r->left ? MORE : COMPLETE;
}
#endif
