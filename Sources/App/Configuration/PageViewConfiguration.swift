import Core

extension Configuration {
  mutating func readPageViews(_ reader: inout EnvironmentReader) {
    var views = pageViews
    views.upstream =
      reader.value(
        "PAGEVIEWS_BASE_URL", default: views.upstream, allowed: UpstreamAddress.allowed,
        shown: \.url, parse: { UpstreamAddress($0) }) ?? views.upstream
    views.userAgent =
      reader.value(
        "PAGEVIEWS_USER_AGENT", default: views.userAgent,
        allowed: "1 to 200 printable ASCII characters", shown: { $0 },
        parse: { text in
          let isPrintable = text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
          return isPrintable && (1...200).contains(text.utf8.count) ? text : nil
        }) ?? views.userAgent
    views.timeout = reader.duration(
      "PAGEVIEWS_TIMEOUT", in: .milliseconds(100)...Duration.seconds(60), default: views.timeout)
    views.workers = reader.integer("PAGEVIEWS_WORKERS", in: 1...256, default: views.workers)
    readFinalCounts(&reader, &views)
    readRecentCounts(&reader, &views)
    pageViews = views
  }

  private func readFinalCounts(
    _ reader: inout EnvironmentReader, _ views: inout ViewConfiguration
  ) {
    views.finalAfter = reader.duration(
      "PAGEVIEWS_FINAL_AFTER", in: .zero...Duration.seconds(30 * 86_400),
      default: views.finalAfter)
    views.retention = reader.duration(
      "PAGEVIEWS_RETENTION", in: .seconds(60)...Duration.seconds(3650 * 86_400),
      default: views.retention)
    views.rowsMax = reader.integer(
      "PAGEVIEWS_ROWS_MAX", in: 0...1_000_000_000, default: views.rowsMax)
  }

  private func readRecentCounts(
    _ reader: inout EnvironmentReader, _ views: inout ViewConfiguration
  ) {
    let range = Duration.zero...Duration.seconds(30 * 86_400)
    views.recentTTL = reader.duration("PAGEVIEWS_RECENT_TTL", in: range, default: views.recentTTL)
    views.negativeTTL = reader.duration(
      "PAGEVIEWS_NEGATIVE_TTL", in: range, default: views.negativeTTL)
    views.staleMax = reader.duration("PAGEVIEWS_STALE_MAX", in: range, default: views.staleMax)
    views.entriesMax = reader.integer(
      "PAGEVIEWS_CACHE_ENTRIES_MAX", in: 0...10_000_000, default: views.entriesMax)
    views.bytesMax = reader.integer(
      "PAGEVIEWS_CACHE_BYTES_MAX", in: 0...1_073_741_824, default: views.bytesMax)
  }
}
