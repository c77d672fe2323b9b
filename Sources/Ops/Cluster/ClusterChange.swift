import JSON

/// What a watch tells of the objects of one kind.
enum ClusterChange: Sendable, Equatable {
  /// These are all there are; what was known before and is not among them is gone.
  case replaced(ResourceKind, [JSONValue])
  /// An object was made or changed.
  case updated(ResourceKind, JSONValue)
  /// An object is gone; this is how it was last.
  case deleted(ResourceKind, JSONValue)
  /// The cluster can not be asked at present; the reason in one line. What was known may be old.
  case lost(ResourceKind, String)
}
