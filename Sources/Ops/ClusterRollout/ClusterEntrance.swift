extension ClusterSite {
  /// The path that is polled.
  private static let healthPath = "/health"
  /// How long the API of a cluster may be away: a server that starts anew takes less.
  private static let awayMax: Duration = .seconds(60)

  /// Where clients come in: the address of the environment, and without one the Service.
  var entrance: Entrance {
    if let address = environment.url { return Entrance(url: address + Self.healthPath) }
    var entrance = Entrance(
      url: "http://localhost" + Self.healthPath,
      shown: "Service \(names.service) in namespace \(names.namespace), by port-forward")
    entrance.silenceMax = Self.awayMax
    // The API server and the node pass every byte on, in a time that says nothing of a release.
    entrance.latencyFloor = ProberSettings(url: entrance.url).timeout
    return entrance
  }

  /// The way to the Service; nil where an address leads there.
  func relay() throws -> EntranceRelay? {
    guard environment.url == nil else { return nil }
    return try EntranceRelay(client, service: names.service, in: names.namespace)
  }

  /// Begins to poll the entrance, `rate` times a second.
  func poll(rate: Int) throws -> any ProbeSource {
    var settings = ProberSettings(url: entrance.url)
    settings.ratePerSecond = rate
    guard let relay = try relay() else { return try Prober(settings) }
    settings.unixSocketPath = relay.socketPath
    settings.mark = relay.mark
    return RelayedProber(try Prober(settings), relay)
  }
}
