import Core

/// What an operator can set about page views.
struct ViewConfiguration: Sendable {
  /// Where counts come from.
  var upstream = UpstreamAddress.wikimedia
  /// What is sent as `User-Agent`: product, version, and where its operator is reached.
  var userAgent = "slipway/\(Version.current) (+https://example.com/slipway)"
  /// How long a count may take to come, all attempts together.
  var timeout: Duration = .seconds(5)
  /// How long a count that may still change is answered without asking again.
  var recentTTL: Duration = .seconds(3600)
  /// The same for "no such count", which a title that is created or a load that is late ends.
  var negativeTTL: Duration = .seconds(600)
  /// How long beyond its time a count is answered when a new one can not be had.
  var staleMax: Duration = .seconds(7 * 86_400)
  /// How long after the end of a month its count is taken as final.
  var finalAfter: Duration = .seconds(3 * 86_400)
  /// How long final counts are kept in the database; then they are asked for again, since the
  /// upstream corrects itself now and then.
  var retention: Duration = .seconds(90 * 86_400)
  /// Most final counts in the database.
  var rowsMax = 1_000_000
  /// Most counts in memory.
  var entriesMax = 10_000
  /// Most bytes of memory for them.
  var bytesMax = 8 * 1024 * 1024
  /// Threads that wait for counts, apart from all others.
  var workers = 24

  /// Requests that may wait for one of them; one more is answered 503.
  static let workerQueueMax = 256
}

/// The base of the upstream's URLs.
struct UpstreamAddress: Sendable, Equatable {
  static let wikimedia = UpstreamAddress(
    url: "https://wikimedia.org/api/rest_v1/metrics/pageviews", host: "wikimedia.org")
  static let allowed = "an http or https URL without a user, a query and a fragment"

  /// Without a slash at its end.
  let url: String
  /// For the labels of metrics.
  let host: String

  init?(_ text: String) {
    var text = Substring(text)
    while text.last == "/" { text.removeLast() }
    let scheme = ["https://", "http://"].first { text.hasPrefix($0) }
    guard let scheme,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"?#@\"<>\\^`{|}".utf8.contains($0) })
    else { return nil }
    let authority = text.dropFirst(scheme.count).prefix { $0 != "/" }
    let host =
      authority.first == "["
      ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
    let port = authority.dropFirst(host.count)
    guard !host.isEmpty, port.isEmpty || port.first == ":" && UInt16(port.dropFirst()) != nil
    else { return nil }
    self.init(url: String(text), host: String(host))
  }

  private init(url: String, host: String) {
    self.url = url
    self.host = host
  }
}
