/// A role that a dump of globals makes.
struct DumpedRole: Sendable, Equatable {
  let name: String
  var canLogIn = false
  var inherits = true
  /// The roles that it is a member of.
  var groups: [String] = []

  /// Makes it: never as a superuser, without a password and without rights over others.
  var statement: String {
    "CREATE ROLE \(QualifiedName.quoted(name))\(canLogIn ? " LOGIN" : "")"
      + (inherits ? "" : " NOINHERIT")
  }
}

/// The roles that a dump of globals makes.
///
/// Nothing of such a dump is run: of each line that is about a role its names are read, and of what
/// the role may do, whether it may log in.
enum DumpedRoles {
  /// The roles in `text`, as `pg_dumpall --globals-only` writes it.
  static func read(_ text: String) -> [DumpedRole] {
    var roles: [DumpedRole] = []
    func change(_ name: String, _ body: (inout DumpedRole) -> Void) {
      if let index = roles.firstIndex(where: { $0.name == name }) { body(&roles[index]) }
    }
    for line in text.split(separator: "\n") where line.hasSuffix(";") {
      var rest = line.dropLast()
      if take("CREATE ROLE ", &rest) {
        if let name = identifier(&rest), rest.isEmpty { roles.append(DumpedRole(name: name)) }
      } else if take("ALTER ROLE ", &rest) {
        guard let name = identifier(&rest), take(" WITH ", &rest) else { continue }
        let words = rest.split(separator: " ").prefix { $0 != "PASSWORD" }
        change(name) { role in
          role.canLogIn = words.contains("LOGIN")
          role.inherits = !words.contains("NOINHERIT")
        }
      } else if take("GRANT ", &rest) {
        guard let group = identifier(&rest), take(" TO ", &rest), let name = identifier(&rest)
        else { continue }
        change(name) { $0.groups.append(group) }
      }
    }
    return roles
  }

  private static func take(_ words: String, _ rest: inout Substring) -> Bool {
    guard rest.hasPrefix(words) else { return false }
    rest = rest.dropFirst(words.count)
    return true
  }

  /// An identifier as SQL writes it, bare or in quotes that are doubled within, taken from `rest`.
  private static func identifier(_ rest: inout Substring) -> String? {
    guard rest.first == "\"" else {
      let bare = rest.prefix { $0 == "_" || $0.isASCII && ($0.isLowercase || $0.isNumber) }
      rest = rest.dropFirst(bare.count)
      return bare.isEmpty ? nil : String(bare)
    }
    var name = ""
    rest.removeFirst()
    while let character = rest.popFirst() {
      if character != "\"" {
        name.append(character)
      } else if rest.first == "\"" {
        name.append(rest.removeFirst())
      } else {
        return name.isEmpty ? nil : name
      }
    }
    return nil
  }
}
