import JSON

/// One line of a watch.
///
/// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
enum WatchLine: Sendable, Equatable {
  /// An object was made or changed, and the moment of it.
  case updated(JSONValue, resourceVersion: String)
  case deleted(JSONValue, resourceVersion: String)
  /// Nothing changed up to that moment.
  case bookmark(resourceVersion: String)
  /// The watch ends for this reason.
  case failed(ClusterAnswer)
  /// No line of a watch: it was cut within.
  case malformed

  init(_ bytes: [UInt8]) {
    guard let line = try? JSONReader.read(bytes), let object = line["object"],
      let type = line["type"]?.text
    else {
      self = .malformed
      return
    }
    let version = object["metadata"]?["resourceVersion"]?.text
    switch (type, version) {
    case ("ADDED", let version?), ("MODIFIED", let version?):
      self = .updated(object, resourceVersion: version)
    case ("DELETED", let version?): self = .deleted(object, resourceVersion: version)
    case ("BOOKMARK", let version?): self = .bookmark(resourceVersion: version)
    case ("ERROR", _): self = .failed(ClusterAnswer(object))
    default: self = .malformed
    }
  }
}
