/// One thing in which a restored copy is not what was backed up.
enum ProofDifference: Sendable, Equatable {
  /// The copy was not looked at as closely as the original.
  case mode(expected: Proof.Mode, found: Proof.Mode)
  case schema(expected: String, found: String)
  case tableMissing(String)
  case tableAdded(String)
  case rows(table: String, expected: Int64, found: Int64)
  /// As many rows, and others.
  case content(table: String)
  case largeObjects(expected: Int64, found: Int64)
  case largeObjectContent
  case sequenceMissing(String)
  case sequenceAdded(String)
  case sequence(
    String, expected: ClosedRange<Proof.Sequence.Position>, found: Proof.Sequence.Position)
  case extensionMissing(String)
  case extensionAdded(String)
}

extension Proof {
  /// All in which `copy` is not what this says; empty where it is the same.
  ///
  /// The server's version, the place in its log and the versions of extensions are no part of what
  /// is compared: a copy is on another server, and a dump does not ask for a version. Neither is
  /// the configuration of extensions where this was read by a release that left it out.
  func differences(in copy: Proof) -> [ProofDifference] {
    var found: [ProofDifference] = []
    let unread: Set<[UInt8]> =
      extensionConfiguration == nil
      ? Set((copy.extensionConfiguration ?? []).map { Array($0.utf8) }) : []
    if copy.mode != mode { found.append(.mode(expected: mode, found: copy.mode)) }
    if copy.schemaFingerprint != schemaFingerprint {
      found.append(.schema(expected: schemaFingerprint, found: copy.schemaFingerprint))
    }
    found += Self.differences(extensions, copy.extensions, by: \.name).flatMap(\.extensions)
    found += Self.differences(tables, copy.tables, by: \.title, unread).flatMap(\.tables)
    found += largeObjectDifferences(copy.largeObjects)
    found += Self.differences(sequences, copy.sequences, by: \.title, unread)
      .flatMap(\.sequences)
    return found
  }

  /// What is to be said where a copy is on a server of another major; nil where it is on the same.
  static func otherMajorWords(original: String, copy: String) -> String? {
    let majors = [original, copy].map { PostgresPrograms.major(of: $0) ?? 0 }
    if majors[0] == majors[1] { return nil }
    return
      "the copy is on version \(majors[1]), the original was on \(majors[0]): what differs may "
      + "be between these, and says nothing of the backup"
  }

  /// Something of both that has one name.
  fileprivate enum Pair<Element> {
    case missing(Element)
    case added(Element)
    case both(Element, Element)
  }

  /// What of both is not alike; of those whose titles are `unread` none counts as added.
  private static func differences<Element>(
    _ expected: [Element], _ found: [Element], by title: (Element) -> String,
    _ unread: Set<[UInt8]> = []
  ) -> [Pair<Element>] {
    // By bytes: two names that readers can not tell apart are two names for a database.
    var rest = Dictionary(found.map { (Array(title($0).utf8), $0) }) { first, _ in first }
    let ours = expected.map { element in
      rest.removeValue(forKey: Array(title(element).utf8)).map { Pair.both(element, $0) }
        ?? .missing(element)
    }
    let added = found.filter { element in
      let name = Array(title(element).utf8)
      return rest[name] != nil && !unread.contains(name)
    }
    return ours + added.map { .added($0) }
  }

  private func largeObjectDifferences(_ copy: LargeObjects?) -> [ProofDifference] {
    let (expected, found) = (largeObjects?.count ?? 0, copy?.count ?? 0)
    if expected != found { return [.largeObjects(expected: expected, found: found)] }
    return largeObjects?.digest == copy?.digest || expected == 0 ? [] : [.largeObjectContent]
  }
}

extension Proof.Pair<Proof.Table> {
  fileprivate var tables: [ProofDifference] {
    switch self {
    case .missing(let table): return [.tableMissing(table.title)]
    case .added(let table): return [.tableAdded(table.title)]
    case .both(let ours, let theirs):
      if ours.rows != theirs.rows {
        return [.rows(table: ours.title, expected: ours.rows, found: theirs.rows)]
      }
      return ours.digest == theirs.digest ? [] : [.content(table: ours.title)]
    }
  }
}

extension Proof.Pair<Proof.Sequence> {
  /// What a dump says of a sequence lies between what was read before and behind it.
  fileprivate var sequences: [ProofDifference] {
    switch self {
    case .missing(let sequence): return [.sequenceMissing(sequence.title)]
    case .added(let sequence): return [.sequenceAdded(sequence.title)]
    case .both(let ours, let theirs):
      let expected = min(ours.before, ours.after)...max(ours.before, ours.after)
      return expected.contains(theirs.before)
        ? [] : [.sequence(ours.title, expected: expected, found: theirs.before)]
    }
  }
}

extension Proof.Pair<Proof.Extension> {
  fileprivate var extensions: [ProofDifference] {
    switch self {
    case .missing(let ours): return [.extensionMissing(ours.name)]
    case .added(let theirs): return [.extensionAdded(theirs.name)]
    case .both: return []
    }
  }
}

extension ProofDifference: CustomStringConvertible {
  /// One line for people: the one place where a difference becomes words.
  var description: String {
    switch self {
    case .mode(let expected, let found):
      "the copy was read for \(found.rawValue), the original for \(expected.rawValue)"
    case .schema: "the schema is not the same"
    case .tableMissing(let table): "table \(table) is not there"
    case .tableAdded(let table): "table \(table) was not in the original"
    case .rows(let table, let expected, let found):
      "table \(table): \(expected) rows in the original, \(found) restored"
    case .content(let table): "table \(table): as many rows, and not the same ones"
    case .largeObjects(let expected, let found):
      "large objects: \(expected) in the original, \(found) restored"
    case .largeObjectContent: "large objects: as many, and not the same ones"
    case .sequenceMissing(let name): "sequence \(name) is not there"
    case .sequenceAdded(let name): "sequence \(name) was not in the original"
    case .sequence(let name, let expected, let found):
      expected.lowerBound == expected.upperBound
        ? "sequence \(name): \(expected.lowerBound) in the original, \(found) restored"
        : "sequence \(name): \(expected.lowerBound) to \(expected.upperBound) in the original, "
          + "\(found) restored"
    case .extensionMissing(let name): "extension \(name) is not there"
    case .extensionAdded(let name): "extension \(name) was not in the original"
    }
  }
}

extension Proof.Sequence.Position: CustomStringConvertible {
  var description: String { isCalled ? "\(value)" : "\(value) (not given yet)" }
}
