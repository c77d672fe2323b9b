import JSON

/// Fields of objects by the keys that lead there.
extension JSONValue {
  /// What is behind these keys, nil where one is missing.
  func value(at path: [String]) -> JSONValue? {
    path.reduce(JSONValue?.some(self)) { $0?[$1] }
  }

  /// The same with another value at the end of `path`; what is missing on the way is made.
  func replacing(_ path: [String], with value: JSONValue) -> JSONValue {
    guard let name = path.first else { return value }
    let inner = (self[name] ?? .object([])).replacing(Array(path.dropFirst()), with: value)
    var members = members ?? []
    if let index = members.firstIndex(where: { $0.name == name }) {
      members[index] = JSONMember(name, inner)
    } else {
      members.append(JSONMember(name, inner))
    }
    return .object(members)
  }

  /// The same with one member more in the object at `path`.
  func adding(_ member: JSONMember, to path: [String]) -> JSONValue {
    replacing(path + [member.name], with: member.value)
  }
}
