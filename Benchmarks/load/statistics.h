// What is counted: outcomes, revisions, statuses, latencies; and how it is printed.
#ifndef STATISTICS_H
#define STATISTICS_H
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum outcome {
  OK, NON_2XX, REFUSED, RESET, UNANSWERED, TRUNCATED, MALFORMED, TIMEOUT, OTHER, OUTCOMES
};
static const char *const outcomeNames[OUTCOMES] = {
    "ok",        "non_2xx",   "refused", "reset", "closed_unanswered",
    "truncated", "malformed", "timeout", "other"};

enum kind { NEW, KEPT, KINDS };
static const char *const kindNames[KINDS] = {"new", "kept"};

enum { revisionsMax = 64, revisionBytesMax = 80, firstErrorsMax = 20 };

/// Logarithmic with 64 steps in each power of two: 1.6 % of error, 1 us to 70 min.
enum { bucketSteps = 64, buckets = 27 * bucketSteps };
struct histogram { uint64_t counts[buckets], total, maximum, sum; };

static int bucketOf(uint64_t us) {
  if (us < bucketSteps) return (int)us;
  int power = 63 - __builtin_clzll(us) - 6;
  int bucket = (power + 1) * bucketSteps + (int)((us >> power) - bucketSteps);
  return bucket < buckets ? bucket : buckets - 1;
}

static double upperEdge(int bucket) {
  if (bucket < bucketSteps) return bucket;
  int power = bucket / bucketSteps - 1;
  return (double)((uint64_t)(bucket % bucketSteps + bucketSteps + 1) << power) - 1;
}

static void histogramAdd(struct histogram *h, uint64_t us) {
  h->counts[bucketOf(us)]++, h->total++, h->sum += us;
  if (us > h->maximum) h->maximum = us;
}

/// In milliseconds; 0 when nothing was measured.
static double percentile(const struct histogram *h, double share) {
  uint64_t wanted = (uint64_t)(share * (double)h->total + 0.999999), seen = 0;
  for (int bucket = 0; bucket < buckets && h->total; bucket++) {
    seen += h->counts[bucket];
    if (seen < wanted) continue;
    double edge = upperEdge(bucket);
    return (edge < (double)h->maximum ? edge : (double)h->maximum) / 1000;
  }
  return 0;
}

struct revision { char name[revisionBytesMax]; uint64_t count; };
struct failure { char at[32]; enum outcome outcome; enum kind kind; int status; };

struct statistics {
  int64_t startNs, lastSuccessNs, longestGapNs, stalledNs;
  char startedAt[32], longestGapAt[32];
  uint64_t sent[KINDS], outcomes[KINDS][OUTCOMES], statuses[600], forbidden, skipped, unfinished;
  uint64_t opened[KINDS], reconnectsAnnounced, reconnectsIdle;
  struct revision revisions[revisionsMax];
  struct failure failures[firstErrorsMax];
  int revisionCount, failureCount;
  struct histogram latency[KINDS], lateness;
};

static int64_t monotonicNs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void wallClock(char out[32]) {
  struct timespec t;
  struct tm utc;
  clock_gettime(CLOCK_REALTIME, &t);
  gmtime_r(&t.tv_sec, &utc);
  size_t length = strftime(out, 24, "%Y-%m-%dT%H:%M:%S", &utc);
  snprintf(out + length, 32 - length, ".%03ldZ", t.tv_nsec / 1000000);
}

static void statisticsBegin(struct statistics *s, int64_t now) {
  memset(s, 0, sizeof *s);
  s->startNs = s->lastSuccessNs = now;
  wallClock(s->startedAt);
}

/// Also called at the end, so that an outage that lasts until then is seen.
static void noteGap(struct statistics *s, int64_t now) {
  if (now - s->lastSuccessNs <= s->longestGapNs) return;
  s->longestGapNs = now - s->lastSuccessNs;
  wallClock(s->longestGapAt);
}

static void noteRevision(struct statistics *s, const char *name) {
  int i = 0;
  while (i < s->revisionCount && strcmp(s->revisions[i].name, name)) i++;
  if (i == revisionsMax) i = revisionsMax - 1;  // the last slot takes what does not fit
  if (i == s->revisionCount) {
    s->revisionCount++;
    snprintf(s->revisions[i].name, revisionBytesMax, "%s",
             i == revisionsMax - 1 ? "(others)" : name);
  }
  s->revisions[i].count++;
}

static void noteFailure(struct statistics *s, enum kind kind, enum outcome outcome, int status) {
  if (s->failureCount == firstErrorsMax) return;
  struct failure *f = &s->failures[s->failureCount++];
  wallClock(f->at);
  f->kind = kind, f->outcome = outcome, f->status = status;
}

static uint64_t socketErrors(const struct statistics *s, enum kind kind) {
  uint64_t sum = 0;
  for (int outcome = REFUSED; outcome < OUTCOMES; outcome++) sum += s->outcomes[kind][outcome];
  return sum;
}

static void printLatency(FILE *f, const char *name, const struct histogram *h) {
  fprintf(f,
          "\"%s\":{\"count\":%llu,\"mean\":%.3f,\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,"
          "\"p999\":%.3f,\"max\":%.3f}",
          name, (unsigned long long)h->total,
          h->total ? (double)h->sum / (double)h->total / 1000 : 0, percentile(h, .5),
          percentile(h, .9), percentile(h, .99), percentile(h, .999), (double)h->maximum / 1000);
}

static void printKind(FILE *f, const struct statistics *s, enum kind kind) {
  fprintf(f, ",\"%s\":{\"sent\":%llu,\"ok\":%llu,\"non_2xx\":%llu,\"socket_errors\":%llu,"
          "\"connections_opened\":%llu,",
          kindNames[kind], (unsigned long long)s->sent[kind],
          (unsigned long long)s->outcomes[kind][OK], (unsigned long long)s->outcomes[kind][NON_2XX],
          (unsigned long long)socketErrors(s, kind), (unsigned long long)s->opened[kind]);
  printLatency(f, "latency_ms", &s->latency[kind]);
  fputc('}', f);
}

static void printCounts(FILE *f, const struct statistics *s) {
  const char *comma = "";
  fputs(",\"statuses\":{", f);
  for (int status = 0; status < 600; status++)
    if (s->statuses[status]) {
      fprintf(f, "%s\"%d\":%llu", comma, status, (unsigned long long)s->statuses[status]);
      comma = ",";
    }
  fputs("},\"revisions\":{", f), comma = "";
  for (int i = 0; i < s->revisionCount; i++, comma = ",")
    fprintf(f, "%s\"%s\":%llu", comma, s->revisions[i].name,
            (unsigned long long)s->revisions[i].count);
  fputs("},\"errors\":{", f), comma = "";
  for (int outcome = NON_2XX; outcome < OUTCOMES; outcome++) {
    uint64_t count = s->outcomes[NEW][outcome] + s->outcomes[KEPT][outcome];
    if (!count) continue;
    fprintf(f, "%s\"%s\":%llu", comma, outcomeNames[outcome], (unsigned long long)count);
    comma = ",";
  }
  fputs("},\"first_errors\":[", f), comma = "";
  for (int i = 0; i < s->failureCount; i++, comma = ",") {
    const struct failure *e = &s->failures[i];
    fprintf(f, "%s{\"at\":\"%s\",\"connection\":\"%s\",\"error\":\"%s\",\"status\":%d}", comma,
            e->at, kindNames[e->kind], outcomeNames[e->outcome], e->status);
  }
  fputc(']', f);
}

/// One line of JSON; `failed` is what a client would have seen fail.
static void printStatistics(FILE *f, const char *event, const struct statistics *s, int64_t now) {
  static struct histogram both;
  char at[32];
  wallClock(at);
  both = s->latency[NEW];
  for (int i = 0; i < buckets; i++) both.counts[i] += s->latency[KEPT].counts[i];
  both.total += s->latency[KEPT].total, both.sum += s->latency[KEPT].sum;
  if (s->latency[KEPT].maximum > both.maximum) both.maximum = s->latency[KEPT].maximum;
  uint64_t non2xx = s->outcomes[NEW][NON_2XX] + s->outcomes[KEPT][NON_2XX];
  uint64_t errors = socketErrors(s, NEW) + socketErrors(s, KEPT);
  uint64_t sent = s->sent[NEW] + s->sent[KEPT];
  double seconds = (double)(now - s->startNs) / 1e9;
  fprintf(f, "{\"event\":\"%s\",\"at\":\"%s\",\"started_at\":\"%s\",\"seconds\":%.3f,"
          "\"sent\":%llu,\"sent_per_second\":%.1f,\"ok\":%llu,\"non_2xx\":%llu,"
          "\"socket_errors\":%llu,\"failed\":%llu,\"skipped\":%llu,\"unfinished\":%llu,"
          "\"forbidden_revision\":%llu,\"longest_gap_ms\":%.3f,\"longest_gap_at\":\"%s\","
          "\"reconnects\":{\"announced\":%llu,\"idle\":%llu},",
          event, at, s->startedAt, seconds, (unsigned long long)sent,
          seconds > 0 ? (double)sent / seconds : 0,
          (unsigned long long)(s->outcomes[NEW][OK] + s->outcomes[KEPT][OK]),
          (unsigned long long)non2xx, (unsigned long long)errors,
          (unsigned long long)(non2xx + errors), (unsigned long long)s->skipped,
          (unsigned long long)s->unfinished, (unsigned long long)s->forbidden,
          (double)s->longestGapNs / 1e6, s->longestGapAt,
          (unsigned long long)s->reconnectsAnnounced, (unsigned long long)s->reconnectsIdle);
  printLatency(f, "latency_ms", &both);
  printKind(f, s, NEW);
  printKind(f, s, KEPT);
  printCounts(f, s);
  fputc(',', f);
  printLatency(f, "generator_late_ms", &s->lateness);
  fprintf(f, ",\"generator_stalled_ms\":%.3f}\n", (double)s->stalledNs / 1e6);
  fflush(f);
}
#endif
