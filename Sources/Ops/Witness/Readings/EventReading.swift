import JSON

/// What a component of the cluster reports of an object, for an hour or so.
///
/// https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
struct EventReading: Sendable, Equatable {
  let object: ObjectReading
  /// The uid of what it is about.
  let about: String
  /// `Pod/app-7d9f`.
  let subject: String
  /// The container that it is about, nil where it is about the whole.
  let container: String?
  /// `FailedMount`, `Unhealthy`.
  let reason: String
  let message: String
  let isWarning: Bool
  /// How often it was seen.
  let count: Int
  /// When it was seen last, as the API writes it.
  let lastSeen: String

  init?(_ value: JSONValue) {
    guard let object = ObjectReading(value), let involved = value["involvedObject"],
      let about = involved["uid"]?.text
    else { return nil }
    self.object = object
    self.about = about
    subject = "\(involved["kind"]?.text ?? "")/\(involved["name"]?.text ?? "")"
    container = involved["fieldPath"]?.text.flatMap(Self.container)
    reason = value["reason"]?.text ?? ""
    message = value["message"]?.text ?? ""
    isWarning = value["type"]?.text == "Warning"
    count = value["series"]?.count("count") ?? value.count("count") ?? 1
    let times = [
      value["series"]?["lastObservedTime"], value["lastTimestamp"], value["eventTime"],
      value["firstTimestamp"],
    ]
    lastSeen = times.lazy.compactMap { $0?.text }.first ?? object.createdAt
  }

  /// `app` out of `spec.containers{app}`.
  private static func container(_ path: String) -> String? {
    guard let open = path.firstIndex(of: "{"), path.last == "}" else { return nil }
    return String(path[path.index(after: open)...].dropLast())
  }
}
