import JSON
import ObjectStorage

/// What becomes of an object that is deleted from a store.
struct BucketTraits: Sendable, Equatable {
  /// Whether deleted objects stay as old versions; nil where that may not be asked.
  var keepsVersions: Bool?
  /// The mode and time that objects are locked for; nil where they are not, or where that may not
  /// be asked.
  var lock: String?

  /// What the bucket says of itself; a store that is none just deletes.
  static func ask(_ bucket: S3Storage?) -> BucketTraits {
    guard let bucket else { return BucketTraits(keepsVersions: false) }
    let versioning = try? bucket.versioning()
    return BucketTraits(
      keepsVersions: versioning.map { $0 != .off },
      lock: (try? bucket.objectLock()).flatMap(\.self))
  }

  /// What whoever prunes has to know, a line each.
  var notes: [String] {
    var notes: [String] = []
    if let lock {
      notes.append(
        "the bucket locks objects (\(lock)): what is removed is hidden at once, and its bytes go "
          + "when their lock ends and a lifecycle rule expires old versions")
    } else if keepsVersions == true {
      notes.append(
        "the bucket keeps versions: what is removed is hidden at once, and its bytes go when a "
          + "lifecycle rule expires old versions")
    } else if keepsVersions == nil {
      notes.append("the store does not tell whether it keeps old versions of what is removed")
    }
    return notes
  }

  var json: JSONValue {
    [
      "versions": keepsVersions.map { .boolean($0) } ?? .null,
      "lock": lock.map { .string($0) } ?? .null,
    ]
  }
}
