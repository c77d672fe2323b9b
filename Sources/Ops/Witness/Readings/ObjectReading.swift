import JSON

/// Who an object is and whose, as its metadata says.
///
/// Readings take what they know from whatever the API sends: what is absent or of another type is
/// nil or empty, and nothing is refused but an object that nobody could name.
/// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/
struct ObjectReading: Sendable, Equatable {
  let name: String
  let uid: String
  /// Counts changes of the specification; 0 where the kind has none.
  let generation: Int64
  let labels: [String: String]
  let annotations: [String: String]
  /// When it was made, as the API writes it: texts of one form, which can be compared.
  let createdAt: String
  /// Whether its deletion was asked for.
  let isLeaving: Bool
  /// The uid of the object that made it and keeps it.
  let controller: String?

  /// Nil without a name and a uid.
  init?(_ object: JSONValue) {
    guard let metadata = object["metadata"], let name = metadata["name"]?.text,
      let uid = metadata["uid"]?.text
    else { return nil }
    self.name = name
    self.uid = uid
    generation = metadata["generation"]?.number ?? 0
    labels = metadata["labels"]?.texts ?? [:]
    annotations = metadata["annotations"]?.texts ?? [:]
    createdAt = metadata["creationTimestamp"]?.text ?? ""
    isLeaving = metadata["deletionTimestamp"]?.text != nil
    controller =
      metadata["ownerReferences"]?.elements?
      .first { $0["controller"]?.truth == true }?["uid"]?.text
  }
}

/// One line of an object's `status.conditions`.
struct ConditionReading: Sendable, Equatable {
  /// `Ready`, `Progressing`.
  let type: String
  /// True, false, or nil where the API does not know.
  let holds: Bool?
  let reason: String
  let message: String

  init?(_ condition: JSONValue) {
    guard let type = condition["type"]?.text else { return nil }
    self.type = type
    holds =
      switch condition["status"]?.text {
      case "True": true
      case "False": false
      default: nil
      }
    reason = condition["reason"]?.text ?? ""
    message = condition["message"]?.text ?? ""
  }
}

extension [ConditionReading] {
  /// The condition of a type, nil where there is none.
  subscript(_ type: String) -> ConditionReading? { first { $0.type == type } }
}

extension JSONValue {
  /// The members that are texts, by name.
  var texts: [String: String] {
    var texts: [String: String] = [:]
    for member in members ?? [] { texts[member.name] = member.value.text }
    return texts
  }

  /// The conditions of an object.
  var conditions: [ConditionReading] {
    (self["status"]?["conditions"]?.elements ?? []).compactMap(ConditionReading.init)
  }

  /// The member, as a count that is not negative and not absurd.
  func count(_ name: String) -> Int? {
    guard let number = self[name]?.number else { return nil }
    return Int(min(max(0, number), Int64(Int32.max)))
  }

  /// The same value with the members of all objects in the order of their names, and without
  /// those that are null: the form in which two values can be compared.
  var ordered: JSONValue {
    switch self {
    case .array(let elements): .array(elements.map(\.ordered))
    case .object(let members):
      .object(
        members.filter { $0.value != .null }.map { JSONMember($0.name, $0.value.ordered) }
          .sorted { $0.name < $1.name })
    default: self
    }
  }
}
