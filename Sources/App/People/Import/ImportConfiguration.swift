import Core
import HTTPServer

/// What an operator can set about imports by HTTP.
struct ImportConfiguration: Sendable {
  /// The largest file in bytes; the whole of it is in memory meanwhile.
  var bytesMax = 64 * 1024 * 1024
  /// How long one import may take, its upload included.
  var timeout: Duration = .seconds(300)

  /// Threads for imports, apart from all others; each holds a database connection.
  static let workers = 2
  /// Imports that may wait for one of them; one more is answered 503.
  static let queueMax = 2
  /// Bodies of the largest size that may be in memory at once: as many as run and wait.
  static let bodiesMax = workers + queueMax
}

extension Configuration {
  mutating func readImport(_ reader: inout EnvironmentReader) {
    peopleImport.bytesMax = reader.integer(
      "IMPORT_BYTES_MAX", in: 1024...1_073_741_824, default: peopleImport.bytesMax)
    peopleImport.timeout = reader.duration(
      "IMPORT_TIMEOUT", in: .seconds(1)...Duration.seconds(3600), default: peopleImport.timeout)
    server.largeBodiesBytesMax =
      ImportConfiguration.bodiesMax * max(peopleImport.bytesMax, server.bodyBytesMax)
  }
}
